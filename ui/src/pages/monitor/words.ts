/** The sentences of warnings and departures, with their values as people read them. */

import type { Departure, Divert, LostCall, Warning } from '@/api/monitor-types'
import { clockLength, type Formats } from '@/format/time'

export type Translate = (key: string, values?: Record<string, unknown>) => string

export interface Names {
  queue: (id: string | null | undefined) => string
  agent: (id: string | null | undefined) => string
}

const LENGTHS: ReadonlySet<string> = new Set([
  'longest_wait',
  'wrap_up_long',
  'break_long',
  'talk_long',
  'unavailable_long',
])
const SHARES: ReadonlySet<string> = new Set(['service_level', 'abandoned_share', 'disk'])

/** Who or what a warning is about; empty = the centre as a whole. */
export function subjectOf(warning: Warning, names: Names): string {
  return warning.agent ? names.agent(warning.agent) : names.queue(warning.queue)
}

/** What is wrong; a length that still runs is told as it is now. */
export function warningWords(warning: Warning, now: number, t: Translate, format: Formats): string {
  const { kind } = warning
  const value = (of: number) =>
    LENGTHS.has(kind) ? clockLength(of) : SHARES.has(kind) ? format.percent(of) : format.number(of)
  const runs = LENGTHS.has(kind)
    ? Math.max(warning.value, warning.limit + now - warning.since_ms)
    : warning.value
  return t(`monitor.warning.${kind}`, { value: value(runs), limit: value(warning.limit) })
}

export function departureWords(departure: Departure, t: Translate, format: Formats): string {
  const limit = departure.limit_n ?? departure.limit_ms ?? 0
  return t(`monitor.rule.${departure.rule}`, {
    limit: departure.rule === 'offers_missed' ? format.number(limit) : clockLength(limit),
  })
}

/** Where new callers go at once. */
export function divertWords(divert: Divert, t: Translate, names: Names): string {
  if (divert.queue) return t('monitor.divert.to_queue', { name: names.queue(divert.queue) })
  if (divert.number) return t('monitor.divert.to_number', { number: divert.number })
  if (divert.flow) return t('monitor.divert.to_flow', { name: divert.flow })
  return t('monitor.divert.to_nothing')
}

export function lostWords(lost: LostCall, t: Translate): string {
  const waited = t('monitor.lost.waited', { length: clockLength(lost.waited_ms) })
  return lost.times > 1 ? `${waited} · ${t('monitor.lost.times', { n: lost.times })}` : waited
}
