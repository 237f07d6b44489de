/** The leader beside a call: which ring of the page's phone is the one just asked for, and which call one is in. */

import type { LiveCall } from '@/api/monitor-types'
import type { Line } from '@/phone/machine'

/** What was asked of the centre: it rings the leader's own phone in the caller's name. */
export interface Asked {
  /** Empty = a new one, whose name is not known yet: somebody is called back. */
  call: string
  caller: string
  /** Of this machine's clock. */
  at: number
}

/** The centre rings for half a minute; a ring after that is another matter. */
export const EXPECTED_MS = 35_000

/** Digits only: a number may be dressed as `+86…` on one side. */
const bare = (number: string) => number.replace(/\D/g, '')

/**
 * The ringing line that the leader asked for, to be picked up without another press. By the call's name where the
 * switch tells it, otherwise by the caller's number; without a number (withheld) the only ring there is.
 */
export function expectedLine(asked: Asked | null, lines: readonly Line[], now: number): Line | null {
  if (!asked || now - asked.at > EXPECTED_MS) return null
  const ringing = lines.filter((line) => line.state === 'ringing' && line.since >= asked.at - 1_000)
  const fits = ringing.find((line) =>
    line.call && asked.call
      ? line.call === asked.call
      : bare(line.number) !== '' && bare(line.number) === bare(asked.caller),
  )
  if (fits) return fits
  const only = ringing.length === 1 ? ringing[0] : undefined
  return only && !only.call && (!bare(asked.caller) || !bare(only.number)) ? only : null
}

/** The call somebody listens to, whispers in or has barged into. */
export function besideOf(calls: readonly LiveCall[], me: string): LiveCall | null {
  return calls.find((call) => call.supervised_by.some((one) => one.agent === me)) ?? null
}
