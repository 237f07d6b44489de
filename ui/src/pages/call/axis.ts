/** Where the instants of a call lie on the axis that all its lanes share, as CSS positions. Pure. */

import { ruler, type Span, type Timeline } from './timeline'

type Position = Record<string, string>

export interface Axis {
  /** How far along an instant is, in per cent of the call's length. */
  share: (at: number) => number
  /** From the left edge to an instant. */
  at: (at: number) => Position
  /** The whole width of a stretch of time. */
  place: (span: { from: number; to: number }) => Position
  /** A span of the agents' lane in the row of whom it is about, where the lane has rows. */
  inRow: (span: Span) => Position
  /** How many rows lie below the sound of the agents' channel: one for each of several agents, else none. */
  rows: number
  /** Instants for the ruler when the axis is drawn `zoom` times as wide as the page. */
  ticks: (zoom: number) => number[]
}

export function axisOf(timeline: Timeline): Axis {
  const { length, agents } = timeline
  const share = (at: number) => (at / length) * 100
  const rows = agents.length > 1 ? agents.length : 0
  const at = (instant: number) => ({ left: `${share(instant)}%` })
  const place = (span: { from: number; to: number }) => ({
    left: `${share(span.from)}%`,
    width: `${share(span.to - span.from)}%`,
  })
  const inRow = (span: Span) =>
    span.lane !== 'agent' || !rows
      ? place(span)
      : {
          ...place(span),
          top: `calc(var(--voice) + ${span.row ?? 0} * var(--row))`,
          bottom: 'auto',
          height: 'var(--row)',
        }
  // a label at the very end would be cut off
  const ticks = (zoom: number) => ruler(length, 10 * zoom).filter((tick) => share(tick) < 100 - 3 / zoom)
  return { share, at, place, inRow, rows, ticks }
}
