/** The order of what waits for somebody. Pure. */

import type { Brief } from '@/api/quality-types'

/** What is due first stands first; what has no date, in the order it came, last. */
export function dueOrder(all: readonly Brief[]): Brief[] {
  return [...all].sort(
    (a, b) => (a.due_ms ?? Infinity) - (b.due_ms ?? Infinity) || a.created_ms - b.created_ms,
  )
}
