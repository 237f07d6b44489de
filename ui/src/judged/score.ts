/** Points as they are shown. Pure. */

import type { PartScore } from '@/api/quality-types'

/** The parts of the book that this call could win points in, with the share kept (0–1). */
export function partsOf(parts: readonly PartScore[]): (PartScore & { share: number })[] {
  return parts
    .filter((one) => one.possible > 0)
    .map((one) => ({ ...one, share: Math.min(1, Math.max(0, one.kept / one.possible)) }))
}

/** A score of 0–100 as people say it: whole, never rounded up to a full hundred. */
export function scoreWords(total: number | null): string | null {
  if (total === null) return null
  const whole = Math.round(total)
  return String(whole === 100 && total < 100 ? 99 : whole)
}
