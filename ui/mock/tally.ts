/** The day's figures of a queue, call by call. */

import type { Call, QueueView } from '../src/api/types'
import type { Queue } from './script.ts'

export function freshTally(queue: Queue): QueueView {
  return {
    id: queue.id,
    name: queue.name,
    waiting: 0,
    callbacks: 0,
    callbacks_paused: 0,
    voicemails: 0,
    called_back: 0,
    longest_since_ms: null,
    ready: 0,
    ringing: 0,
    calling: 0,
    talking: 0,
    wrap_up: 0,
    on_break: 0,
    signed_in: 0,
    offered: 0,
    answered: 0,
    abandoned: 0,
    answered_in_goal: 0,
    service_level: null,
    goal_share: queue.goal_share,
    goal_ms: queue.goal_ms,
    average_wait_ms: null,
  }
}

/** With one call more, whose fate is known; who never came into the line does not count. */
export function countIn(queue: QueueView, call: Call): void {
  if (call.queued_ms === null) return
  queue.offered++
  if (call.outcome === 'answered') {
    const waited = call.waited_ms ?? 0
    queue.average_wait_ms = Math.round(
      ((queue.average_wait_ms ?? 0) * queue.answered + waited) / (queue.answered + 1),
    )
    queue.answered++
    if (waited <= queue.goal_ms) queue.answered_in_goal++
  } else if (call.outcome === 'callback') queue.called_back++
  else queue.abandoned++
  queue.service_level = queue.answered_in_goal / queue.offered
}
