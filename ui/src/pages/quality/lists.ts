/** The order of what waits for somebody. Pure. */

import type { Brief } from '@/api/quality-types'

/** Whom a form may be given to: not who has it, not whose call it is; whoever has fewest open first. */
export function mayTake<T extends { user: string; open: number }>(
  all: readonly T[],
  form: { inspector: string; agent: string | null },
): T[] {
  return all
    .filter((one) => one.user !== form.inspector && one.user !== form.agent)
    .sort((a, b) => a.open - b.open)
}

/** What is due first stands first; what has no date, in the order it came, last. */
export function dueOrder(all: readonly Brief[]): Brief[] {
  return [...all].sort(
    (a, b) => (a.due_ms ?? Infinity) - (b.due_ms ?? Infinity) || a.created_ms - b.created_ms,
  )
}
