/** The shift leader's screens as values: a snapshot plus changes gives the newer snapshot. No socket, no clock. */

import type {
  HelpBoard,
  HelpChange,
  LostCall,
  Monitor,
  MonitorChange,
  TroubledCall,
} from '@/api/monitor-types'
import { put, without } from './lists'

const id = (one: { id: string }) => one.id
const call = (one: LostCall | TroubledCall) => one.call

/** The monitor after one change; the one before is left as it was. A change of an unknown kind is passed over. */
export function applyToMonitor(before: Monitor, change: MonitorChange): Monitor {
  if ('queue' in change) return { ...before, queues: put(before.queues, change.queue, id) }
  if ('queue_removed' in change)
    return { ...before, queues: without(before.queues, change.queue_removed, id) }
  if ('seat' in change) return { ...before, seats: put(before.seats, change.seat, id) }
  if ('seat_removed' in change) return { ...before, seats: without(before.seats, change.seat_removed, id) }
  if ('lost' in change) return { ...before, lost: put(before.lost, change.lost, call) }
  if ('lost_removed' in change) return { ...before, lost: without(before.lost, change.lost_removed, call) }
  if ('warning' in change) return { ...before, warnings: put(before.warnings, change.warning, id) }
  if ('warning_removed' in change)
    return { ...before, warnings: without(before.warnings, change.warning_removed, id) }
  if ('call' in change) return { ...before, calls: put(before.calls, change.call, id) }
  if ('call_removed' in change) return { ...before, calls: without(before.calls, change.call_removed, id) }
  if ('trouble' in change) return { ...before, troubles: put(before.troubles, change.trouble, call) }
  if ('trouble_removed' in change)
    return { ...before, troubles: without(before.troubles, change.trouble_removed, call) }
  return before
}

/** The board of requests and alarms after one change. */
export function applyToHelp(before: HelpBoard, change: HelpChange): HelpBoard {
  if ('request' in change) return { ...before, requests: put(before.requests, change.request, id) }
  if ('request_removed' in change)
    return { ...before, requests: without(before.requests, change.request_removed, id) }
  if ('alarm' in change) return { ...before, alarms: put(before.alarms, change.alarm, id) }
  if ('alarm_removed' in change)
    return { ...before, alarms: without(before.alarms, change.alarm_removed, id) }
  return before
}
