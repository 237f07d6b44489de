/** The queues as a leader looks at them: the figures of the board and what a leader has set. */

import type { Monitor, QueueControl, Warning } from '@/api/monitor-types'
import type { QueueView, Wallboard } from '@/api/types'

export interface QueueRow {
  queue: QueueView
  control: QueueControl | null
  warnings: Warning[]
}

export function queueRows(board: Wallboard, monitor: Monitor | null): QueueRow[] {
  return board.queues.map((queue) => ({
    queue,
    control: monitor?.queues.find((one) => one.id === queue.id) ?? null,
    warnings: monitor?.warnings.filter((one) => one.queue === queue.id) ?? [],
  }))
}

/** The wait of somebody who came now. */
export function estimateOf(row: Pick<QueueRow, 'queue' | 'control'>): number | null {
  return row.control?.estimate_ms ?? row.queue.estimate_ms ?? null
}

/** Has a leader changed how this queue takes callers? */
export function isChanged(control: QueueControl | null): boolean {
  return control !== null && (control.door !== 'hours' || control.divert !== null)
}
