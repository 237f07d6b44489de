/** The sentences of warnings and departures, with their values as people read them. */

import type { Departure, Divert, LostCall, Warning } from '@/api/monitor-types'
import { clockLength, type Formats } from '@/format/time'
import { isWithheld, type Words } from '@/format/use'
import { standing, whyWords } from '../desk/owed'

export type Translate = (key: string, values?: Record<string, unknown>) => string

export interface Names {
  queue: (id: string | null | undefined) => string
  agent: (id: string | null | undefined) => string
}

/** Who or what a warning is about; empty = the centre as a whole. */
export function subjectOf(warning: Warning, names: Names): string {
  return warning.agent ? names.agent(warning.agent) : names.queue(warning.queue)
}

/** What is wrong; a length that still runs is told as it is now. */
export function warningWords(warning: Warning, now: number, t: Translate, format: Formats): string {
  const { kind, unit } = warning
  const value = (of: number) => {
    if (unit === 'ms') return clockLength(of)
    if (unit === 'share') return format.percent(of)
    return unit === 'bytes' ? format.bytes(of) : format.number(of)
  }
  const runs = unit === 'ms' ? Math.max(warning.value, warning.limit + now - warning.since_ms) : warning.value
  return t(`monitor.warning.${kind}`, { value: value(runs), limit: value(warning.limit) })
}

export function departureWords(departure: Departure, t: Translate, format: Formats): string {
  const { limit } = departure
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

/** How a callback that is asked for stands, why one came to nothing, or why none is to be made. */
export function lostNote(lost: LostCall, now: number, words: Words): string {
  const { note, state, attempts, due_ms } = lost
  if (state === 'set_aside') return note
  if (state === 'asked')
    return standing(
      { state: due_ms === null ? 'waiting' : 'paused', reason: note, due_ms, attempts },
      now,
      words,
    )
  if (!note || state !== 'open') return ''
  if (note === 'cancelled') return words.t('monitor.lost.withdrawn')
  const reason = whyWords(note, words)
  return attempts
    ? words.t('monitor.lost.no_more', { n: attempts, reason })
    : words.t('monitor.lost.came_back', { reason })
}

/** Why they cannot be called: no number was shown, or no rule allows it; empty: they can. */
export function lostBar({ caller, callable }: LostCall, t: Translate): string {
  if (callable) return ''
  return t(isWithheld(caller) ? 'monitor.lost.unknown' : 'monitor.lost.not_allowed')
}

export function lostWords(lost: LostCall, t: Translate): string {
  const waited = t('monitor.lost.waited', { length: clockLength(lost.waited_ms) })
  return lost.times > 1 ? `${waited} · ${t('monitor.lost.times', { n: lost.times })}` : waited
}
