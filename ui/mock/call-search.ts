/** The mock centre's list of calls: those that fit what is asked for, a page at a time. */

import type { Call, CallPage } from '../src/api/types'

export function foundIn(calls: readonly Call[], terms: URLSearchParams): CallPage {
  const is = (name: string, value: string | null) => !terms.get(name) || terms.get(name) === value
  const query = (terms.get('query') ?? '').toLowerCase()
  const from = Number(terms.get('from_ms') ?? 0)
  const to = Number(terms.get('to_ms') ?? Infinity)
  const limit = Number(terms.get('limit') ?? 50)
  const start = Number(terms.get('cursor') ?? 0)
  const found = calls
    .filter(
      (c) => is('queue', c.queue) && is('outcome', c.outcome) && is('state', c.state) && is('agent', c.agent),
    )
    .filter((c) => c.began_ms >= from && c.began_ms < to)
    .filter((c) =>
      [c.id, c.caller, c.caller_name, c.number, c.agent_name ?? ''].join(' ').toLowerCase().includes(query),
    )
    .sort((a, b) => b.began_ms - a.began_ms)
  return {
    calls: found.slice(start, start + limit),
    next: start + limit < found.length ? String(start + limit) : null,
  }
}
