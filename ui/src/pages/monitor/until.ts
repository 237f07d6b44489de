/** Until when something a leader sets holds, as a leader thinks of it. */

import type { Formats } from '@/format/time'

export const UNTIL = ['open', 'half_hour', 'hour', 'two_hours', 'day'] as const
export type Until = (typeof UNTIL)[number]

const LENGTHS: Partial<Record<Until, number>> = {
  half_hour: 30 * 60_000,
  hour: 60 * 60_000,
  two_hours: 120 * 60_000,
}

/** The instant; undefined = until somebody ends it. `day` is midnight in the centre's time zone. */
export function instantOf(until: Until, now: number, formats: Pick<Formats, 'dayStart'>): number | undefined {
  if (until === 'open') return undefined
  if (until === 'day') return formats.dayStart(now, -1)
  return now + (LENGTHS[until] ?? 0)
}
