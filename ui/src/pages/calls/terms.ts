/** What is searched for, as the page's address holds it and as the centre is asked. */

import { OUTCOMES, type CallSearch, type Outcome } from '@/api/types'
import type { Formats } from '@/format/time'

/** `dates`: from one day to another, both with it, each of which may be left open. */
export const PERIODS = ['today', 'yesterday', 'week', 'any', 'dates'] as const
export type Period = (typeof PERIODS)[number]

export interface Terms {
  query: string
  outcome: Outcome | ''
  queue: string
  /** Has the call, or had it and sent the caller on. */
  agent: string
  period: Period
  /** Days as `2026-11-21`; empty = open. */
  from: string
  to: string
}

export const NO_TERMS: Terms = {
  query: '',
  outcome: '',
  queue: '',
  agent: '',
  period: 'any',
  from: '',
  to: '',
}

type Query = Record<string, unknown>

const text = (value: unknown) => (typeof value === 'string' ? value : '')
const day = (value: unknown) => (/^\d{4}-\d\d-\d\d$/.test(text(value)) ? text(value) : '')

export function termsOf(query: Query): Terms {
  return {
    query: text(query['q']),
    outcome: OUTCOMES.find((one) => one === query['outcome']) ?? '',
    queue: text(query['queue']),
    agent: text(query['agent']),
    period: PERIODS.find((one) => one === query['period']) ?? 'any',
    from: day(query['from']),
    to: day(query['to']),
  }
}

export function queryFor(terms: Terms): Record<string, string> {
  const query: Record<string, string> = {}
  if (terms.query) query['q'] = terms.query
  if (terms.outcome) query['outcome'] = terms.outcome
  if (terms.queue) query['queue'] = terms.queue
  if (terms.agent) query['agent'] = terms.agent
  if (terms.period !== 'any') query['period'] = terms.period
  if (terms.period === 'dates' && terms.from) query['from'] = terms.from
  if (terms.period === 'dates' && terms.to) query['to'] = terms.to
  return query
}

/** Periods are days of the centre, not of the one who looks. */
export function searchFor(terms: Terms, now: number, format: Formats): CallSearch {
  const search: CallSearch = { limit: 50 }
  // numbers are shown in groups; whoever copies one searches with its gaps
  const query = terms.query.trim()
  if (query) search.query = /^[\d\s*+-]+$/.test(query) ? query.replace(/[\s-]/g, '') : query
  if (terms.outcome) search.outcome = terms.outcome
  if (terms.queue) search.queue = terms.queue
  if (terms.agent) search.agent = terms.agent
  if (terms.period === 'today') search.from_ms = format.dayStart(now)
  if (terms.period === 'yesterday') {
    search.from_ms = format.dayStart(now, 1)
    search.to_ms = format.dayStart(now)
  }
  if (terms.period === 'week') search.from_ms = format.dayStart(now, 6)
  if (terms.period === 'dates') {
    search.from_ms = format.dayNamed(terms.from) ?? undefined
    search.to_ms = format.dayNamed(terms.to, 1) ?? undefined
  }
  return search
}
