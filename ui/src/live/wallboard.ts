/** The wallboard as a value: a snapshot plus changes gives the newer snapshot. No socket, no clock. */

import type { Change, Wallboard } from '@/api/types'

function put<T extends { id: string }>(list: readonly T[], item: T): T[] {
  const at = list.findIndex((one) => one.id === item.id)
  return at < 0 ? [...list, item] : [...list.slice(0, at), item, ...list.slice(at + 1)]
}

function without<T extends { id: string }>(list: readonly T[], id: string): T[] {
  return list.filter((one) => one.id !== id)
}

/** The wallboard after one change; the one before is left as it was. A change of an unknown kind is passed over. */
export function apply(before: Wallboard, change: Change): Wallboard {
  if ('queue' in change) return { ...before, queues: put(before.queues, change.queue) }
  if ('agent' in change) return { ...before, agents: put(before.agents, change.agent) }
  if ('queue_removed' in change) return { ...before, queues: without(before.queues, change.queue_removed) }
  if ('agent_removed' in change) return { ...before, agents: without(before.agents, change.agent_removed) }
  if ('calls' in change) return { ...before, calls: change.calls }
  if ('switch' in change) return { ...before, switch: change.switch }
  return before
}
