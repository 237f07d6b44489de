/** How a callback stands, in words. Pure: the catalogue is handed in. */

import type { Callback } from '@/api/desk-types'
import type { Words } from '@/format/use'

/** Of a callback, what tells how it stands. */
export type Standing = Pick<Callback, 'state' | 'reason' | 'due_ms' | 'attempts' | 'broken'>

/** Nobody was called for these: once it may be placed again they tell nothing. */
const PUT_OFF: ReadonlySet<string> = new Set(['closed', 'not_allowed'])

/** Why somebody was not reached. */
export const whyWords = (reason: string, { t, te }: Words): string =>
  te(`reason.${reason}`) ? t(`reason.${reason}`) : reason

/** The same to the agent who called: what one did oneself is not told of somebody else. */
export const ownWhyWords = (reason: string, words: Words): string =>
  words.te(`desk.own_reason.${reason}`) ? words.t(`desk.own_reason.${reason}`) : whyWords(reason, words)

/** When they are called next, with the day when it is another one; null: no more. */
export function nextWords(due_ms: number | null, now: number, { t, format }: Words): string {
  if (due_ms === null) return t('owed.no_more')
  return t('owed.next', { at: format.timeOrDay(due_ms, now) })
}

/** What came of the attempts so far, and when the next is due; empty: nothing yet. */
export function standing(one: Standing, now: number, words: Words): string {
  const { t } = words
  if (one.state === 'placing') return t('owed.placing')
  const paused = one.state === 'paused'
  const why = one.reason && (paused || !PUT_OFF.has(one.reason)) ? whyWords(one.reason, words) : ''
  return [
    one.attempts ? t('owed.attempts', { n: one.attempts }) : '',
    paused && one.broken ? t('owed.held_back') : '',
    why && one.broken && one.broken > 1 ? t('owed.times', { what: why, n: one.broken }) : why,
    paused ? nextWords(one.due_ms, now, words) : '',
  ]
    .filter(Boolean)
    .join(t('owed.comma'))
}
