/** The button's states: one table, and what each step makes of what is shown. */

import type { Trouble } from './words'

export type State = 'idle' | 'microphone' | 'asking' | 'calling' | 'talking' | 'over'

export type Step =
  | { kind: 'press' }
  | { kind: 'microphone' }
  | { kind: 'admitted' }
  | { kind: 'answered'; at: number }
  | { kind: 'muted'; on: boolean }
  | { kind: 'ended' }
  | { kind: 'failed'; trouble: Trouble; wait_s?: number; opens_ms?: number }
  | { kind: 'closed' }

export interface Shown {
  state: State
  muted: boolean
  since: number
  trouble: Trouble | ''
  wait_s: number
  opens_ms: number
}

export const IDLE: Shown = { state: 'idle', muted: false, since: 0, trouble: '', wait_s: 0, opens_ms: 0 }

const TABLE: Record<State, Partial<Record<Step['kind'], State>>> = {
  idle: { press: 'microphone' },
  microphone: { microphone: 'asking', ended: 'idle', failed: 'over' },
  asking: { admitted: 'calling', ended: 'idle', failed: 'over' },
  calling: { answered: 'talking', ended: 'over', failed: 'over' },
  talking: { muted: 'talking', ended: 'over', failed: 'over' },
  over: { press: 'microphone', closed: 'idle' },
}

/** What is shown after a step; what is not in the table changes nothing. */
export function after(shown: Shown, step: Step): Shown {
  const state = TABLE[shown.state][step.kind]
  if (state === undefined) return shown
  switch (step.kind) {
    case 'answered':
      return { ...IDLE, state, since: step.at }
    case 'muted':
      return { ...shown, state, muted: step.on }
    case 'failed':
      return { ...IDLE, state, trouble: step.trouble, wait_s: step.wait_s ?? 0, opens_ms: step.opens_ms ?? 0 }
    default:
      return { ...IDLE, state }
  }
}

/** Whether a call is under way or on its way. */
export const busy = ({ state }: Shown): boolean => state !== 'idle' && state !== 'over'
