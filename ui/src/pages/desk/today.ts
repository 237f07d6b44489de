/** Today's figures of an agent, going on with the clock between two words of the centre. Pure. */

import type { DeskAgent, DeskFigures } from '@/api/desk-types'

export interface Today {
  calls: number
  outgoing: number
  missed: number
  /** null before the first call. */
  average_talk_ms: number | null
  average_wrap_up_ms: number | null
  signed_in_ms: number | null
  break_ms: number
}

const RUNNING: Partial<Record<DeskAgent['state'], 'talk_ms' | 'wrap_up_ms' | 'ready_ms' | 'break_ms'>> = {
  calling: 'talk_ms',
  talking: 'talk_ms',
  wrap_up: 'wrap_up_ms',
  ready: 'ready_ms',
  break: 'break_ms',
}

export function todayOf(figures: DeskFigures, agent: DeskAgent, now: number): Today {
  const counted = { ...figures }
  const running = RUNNING[agent.state]
  if (running) counted[running] += Math.max(0, now - Math.max(figures.counted_ms, agent.since_ms))
  const all = figures.calls + figures.outgoing
  return {
    calls: figures.calls,
    outgoing: figures.outgoing,
    missed: figures.missed,
    average_talk_ms: all ? Math.round(counted.talk_ms / all) : null,
    average_wrap_up_ms: all ? Math.round(counted.wrap_up_ms / all) : null,
    signed_in_ms: figures.signed_in_ms === null ? null : Math.max(0, now - figures.signed_in_ms),
    break_ms: counted.break_ms,
  }
}
