/** The last hours as lines: one queue's points, or all queues' added up. */

import type { TrendPoint, Trends } from '@/api/monitor-types'
import type { QueueView } from '@/api/types'
import type { Column } from '@/format/workbook'

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

/** A queue's point as a line of a file. */
export interface TrendRow extends TrendPoint {
  queue: string
}

/** The points of `queue` (empty = of each, one after the other), by time. */
export function trendRows(trends: Trends, queues: readonly QueueView[], queue: string): TrendRow[] {
  const nameOf = (id: string) => queues.find((one) => one.id === id)?.name ?? id
  return trends.queues
    .filter(({ id }) => !queue || id === queue)
    .flatMap(({ id, points }) => points.map((point) => ({ ...point, queue: nameOf(id) })))
}

export function trendColumns(
  t: (key: string, values?: Record<string, unknown>) => string,
): Column<TrendRow>[] {
  const seconds = (key: string) => t('export.in_seconds', { what: t(key) })
  return [
    { title: t('calls.queue'), kind: 'text', width: 16, of: (row) => row.queue },
    { title: t('monitor.trends.time'), kind: 'instant', width: 20, of: (row) => row.at_ms },
    { title: t('wallboard.offered'), kind: 'count', width: 10, of: (row) => row.offered },
    { title: t('wallboard.answered'), kind: 'count', width: 10, of: (row) => row.answered },
    { title: t('wallboard.abandoned'), kind: 'count', width: 10, of: (row) => row.abandoned },
    { title: t('monitor.trends.level'), kind: 'share', width: 10, of: (row) => row.service_level },
    { title: seconds('monitor.asa'), kind: 'seconds', width: 14, of: (row) => row.average_wait_ms },
    { title: seconds('wallboard.longest'), kind: 'seconds', width: 14, of: (row) => row.longest_wait_ms },
  ]
}
