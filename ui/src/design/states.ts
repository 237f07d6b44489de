/** Each state's own shape and colour, so that it reads without colour too; the word always stands beside it. */

import type { AgentState, CallState, Outcome } from '@/api/types'

export type Shape =
  | 'disc'
  | 'diamond'
  | 'square'
  | 'half'
  | 'bars'
  | 'cross'
  | 'ring'
  | 'dots'
  | 'triangle'
  | 'tick'
  | 'gap'
  | 'back'
  | 'stop'
  | 'dotted'
  | 'dash'
  | 'out'

export interface Look {
  shape: Shape
  /** The token's name. */
  colour: string
}

export const AGENT_LOOKS: Record<AgentState, Look> = {
  ready: { shape: 'disc', colour: 'ready' },
  ringing: { shape: 'diamond', colour: 'ringing' },
  calling: { shape: 'out', colour: 'talking' },
  talking: { shape: 'square', colour: 'talking' },
  wrap_up: { shape: 'half', colour: 'wrap_up' },
  break: { shape: 'bars', colour: 'break' },
  unavailable: { shape: 'cross', colour: 'unavailable' },
  signed_out: { shape: 'ring', colour: 'signed_out' },
}

export const CALL_LOOKS: Record<CallState, Look> = {
  flow: { shape: 'dots', colour: 'signed_out' },
  waiting: { shape: 'triangle', colour: 'ringing' },
  ringing: { shape: 'diamond', colour: 'ringing' },
  talking: { shape: 'square', colour: 'talking' },
  parked: { shape: 'square', colour: 'wrap_up' },
  ended: { shape: 'ring', colour: 'signed_out' },
}

export const OUTCOME_LOOKS: Record<Outcome, Look> = {
  answered: { shape: 'tick', colour: 'ready' },
  abandoned: { shape: 'gap', colour: 'break' },
  self_service: { shape: 'dots', colour: 'signed_out' },
  callback: { shape: 'back', colour: 'wrap_up' },
  unanswered: { shape: 'ring', colour: 'break' },
  busy: { shape: 'bars', colour: 'break' },
  not_found: { shape: 'dotted', colour: 'signed_out' },
  cancelled: { shape: 'dash', colour: 'signed_out' },
  refused: { shape: 'stop', colour: 'signed_out' },
  failed: { shape: 'cross', colour: 'unavailable' },
}
