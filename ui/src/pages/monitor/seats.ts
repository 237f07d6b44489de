/** The seats as a leader looks at them: the agent, the call they are in, and which rules of their state are not kept. */

import type { HelpRequest } from '@/api/desk-types'
import type { Departure, HelpBoard, LiveCall, Monitor, Seat } from '@/api/monitor-types'
import type { AgentView, Wallboard } from '@/api/types'
import { byState } from '../wallboard/figures'

export interface SeatRow {
  agent: AgentView
  seat: Seat | null
  call: LiveCall | null
  /** Their open request for a leader. */
  help: HelpRequest | null
  departs: Departure[]
}

export const SHOWN = ['all', 'departs', 'talking', 'free', 'away'] as const
/** Which seats are shown; `departs` = those that need a look. */
export type Shown = (typeof SHOWN)[number]

const OF: Record<Shown, (row: SeatRow) => boolean> = {
  all: () => true,
  departs: (row) => needsALook(row),
  talking: ({ agent }) => ['talking', 'calling', 'ringing'].includes(agent.state),
  free: ({ agent }) => agent.state === 'ready',
  away: ({ agent }) => ['wrap_up', 'break', 'unavailable', 'signed_out'].includes(agent.state),
}

export function needsALook(row: SeatRow): boolean {
  return row.departs.length > 0 || row.help?.state === 'open' || Boolean(row.call?.urgent)
}

/** In the order of their states, whoever is in one longest first. */
export function seatRows(board: Wallboard, monitor: Monitor | null, help: HelpBoard | null): SeatRow[] {
  const seats = new Map(monitor?.seats.map((seat) => [seat.id, seat]))
  const calls = new Map(monitor?.calls.map((call) => [call.id, call]))
  const asked = new Map(
    help?.requests
      .filter((one) => one.state === 'open' || one.state === 'taken')
      .map((one) => [one.agent, one]),
  )
  return byState(board.agents).flatMap((group) =>
    group.agents.map((agent) => {
      const seat = seats.get(agent.id) ?? null
      return {
        agent,
        seat,
        call: calls.get(seat?.with?.call ?? agent.call ?? '') ?? null,
        help: asked.get(agent.id) ?? null,
        departs: seat?.departs ?? [],
      }
    }),
  )
}

/** Those of one kind, of one queue (empty = any), and whose name or extension has these letters. */
export function chosenSeats(rows: readonly SeatRow[], shown: Shown, queue: string, text: string): SeatRow[] {
  const wanted = text.trim().toLowerCase()
  return rows.filter(
    (row) =>
      OF[shown](row) &&
      (!queue || row.agent.queues.includes(queue)) &&
      (!wanted || `${row.agent.name} ${row.agent.extension}`.toLowerCase().includes(wanted)),
  )
}

export function countShown(rows: readonly SeatRow[]): Record<Shown, number> {
  return Object.fromEntries(SHOWN.map((shown) => [shown, rows.filter(OF[shown]).length])) as Record<
    Shown,
    number
  >
}

const RUNNING: Partial<Record<AgentView['state'], 'talk_ms' | 'ready_ms' | 'wrap_up_ms' | 'break_ms'>> = {
  calling: 'talk_ms',
  talking: 'talk_ms',
  ready: 'ready_ms',
  wrap_up: 'wrap_up_ms',
  break: 'break_ms',
}

/** How long of today an agent was in a state, with what the running one has added since it was counted. */
export function spentIn(
  row: SeatRow,
  what: 'talk_ms' | 'ready_ms' | 'wrap_up_ms' | 'break_ms',
  now: number,
): number {
  const { agent, seat } = row
  if (!seat) return 0
  const runs = RUNNING[agent.state] === what
  return seat[what] + (runs ? Math.max(0, now - Math.max(agent.since_ms, seat.counted_ms)) : 0)
}

/** The call of a seat that can be listened to now; null = there is nothing to hear. */
export function audibleCall(row: SeatRow): string | null {
  if (row.agent.state !== 'talking') return null
  return row.seat?.with?.call ?? row.agent.call
}
