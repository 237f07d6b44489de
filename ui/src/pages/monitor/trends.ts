/** The last hours as lines: one queue's points, or all queues' added up. */

import type { TrendPoint, Trends } from '@/api/monitor-types'

export const CURVES = ['calls', 'level', 'wait'] as const
/** What is drawn: how many came and went, the service level, or how long they waited. */
export type Curve = (typeof CURVES)[number]

const sum = (points: readonly TrendPoint[], of: (point: TrendPoint) => number) =>
  points.reduce((all, point) => all + of(point), 0)

/** The points of one instant, of several queues, as one: counts added, shares and means weighed by their calls. */
export function joined(at_ms: number, points: readonly TrendPoint[]): TrendPoint {
  const offered = sum(points, (point) => point.offered)
  const answered = sum(points, (point) => point.answered)
  const inGoal = sum(points, (point) => point.answered_in_goal)
  const rated = points.filter((point) => point.service_level !== null)
  const level = sum(rated, (point) => (point.service_level ?? 0) * point.offered)
  const ratedOffered = sum(rated, (point) => point.offered)
  const waited = points.filter((point) => point.average_wait_ms !== null)
  const waits = sum(waited, (point) => (point.average_wait_ms ?? 0) * point.answered)
  const waitedAnswered = sum(waited, (point) => point.answered)
  return {
    at_ms,
    offered,
    answered,
    abandoned: sum(points, (point) => point.abandoned),
    answered_in_goal: inGoal,
    service_level: ratedOffered ? level / ratedOffered : null,
    average_wait_ms: waitedAnswered ? Math.round(waits / waitedAnswered) : null,
    longest_wait_ms: Math.max(0, ...points.map((point) => point.longest_wait_ms)),
    agents: sum(points, (point) => point.agents),
  }
}

/** The points of `queue` (empty = of all), by time. */
export function pointsOf(trends: Trends, queue: string): TrendPoint[] {
  if (queue) return trends.queues.find((one) => one.id === queue)?.points ?? []
  const at = new Map<number, TrendPoint[]>()
  for (const { points } of trends.queues)
    for (const point of points) at.set(point.at_ms, [...(at.get(point.at_ms) ?? []), point])
  return [...at.keys()].sort((a, b) => a - b).map((instant) => joined(instant, at.get(instant) ?? []))
}

export function isEmpty(points: readonly TrendPoint[]): boolean {
  return points.every((point) => !point.offered && !point.answered && !point.abandoned)
}
