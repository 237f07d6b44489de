/** What the wallboard adds up: the totals of the chosen queues, and agents in the order a screen shows them. */

import { AGENT_STATES, type AgentState, type AgentView, type QueueView } from '@/api/types'

export interface Totals {
  waiting: number
  longest_since_ms: number | null
  offered: number
  answered: number
  abandoned: number
  /** Callers who left to be called back. */
  calledBack: number
  /** Share of abandoned among offered; null before the first call. */
  abandonRate: number | null
  /** Weighted by offered calls; null before the first. */
  serviceLevel: number | null
  goalShare: number | null
  averageWait: number | null
}

/** The mean of values that have one, weighted; null when nothing has weight. */
export function weighted(pairs: [value: number | null, weight: number][]): number | null {
  let sum = 0
  let weights = 0
  for (const [value, weight] of pairs) {
    if (value === null || weight <= 0) continue
    sum += value * weight
    weights += weight
  }
  return weights ? sum / weights : null
}

export function totalsOf(queues: readonly QueueView[]): Totals {
  const sum = (of: (queue: QueueView) => number) => queues.reduce((all, queue) => all + of(queue), 0)
  const since = queues.flatMap((queue) => (queue.longest_since_ms === null ? [] : [queue.longest_since_ms]))
  const offered = sum((queue) => queue.offered)
  const abandoned = sum((queue) => queue.abandoned)
  return {
    waiting: sum((queue) => queue.waiting),
    longest_since_ms: since.length ? Math.min(...since) : null,
    offered,
    answered: sum((queue) => queue.answered),
    abandoned,
    calledBack: sum((queue) => queue.called_back),
    abandonRate: offered ? abandoned / offered : null,
    serviceLevel: weighted(queues.map((queue) => [queue.service_level, queue.offered])),
    goalShare: weighted(queues.map((queue) => [queue.goal_share, Math.max(queue.offered, 1)])),
    averageWait: weighted(queues.map((queue) => [queue.average_wait_ms, queue.answered])),
  }
}

/** Does someone in one of these queues wait longer than its goal? */
export function overGoal(queues: readonly QueueView[], now: number): boolean {
  return queues.some(
    (queue) => queue.longest_since_ms !== null && now - queue.longest_since_ms > queue.goal_ms,
  )
}

/** Agents of one state, whoever is in it longest first; who is signed out, in order of their ids. */
export function byState(agents: readonly AgentView[]): { state: AgentState; agents: AgentView[] }[] {
  return AGENT_STATES.map((state) => ({
    state,
    agents: agents
      .filter((agent) => agent.state === state)
      .sort((a, b) => (state === 'signed_out' ? 0 : a.since_ms - b.since_ms) || a.id.localeCompare(b.id)),
  })).filter((group) => group.agents.length > 0)
}
