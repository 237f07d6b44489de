/** What stands where on the agent's page: calls of the centre and lines of the phone brought together. Pure. */

import type { DeskCall, WrapUpDue } from '@/api/desk-types'
import type { Line } from '@/phone/machine'

/** One thing on the stage: the centre's call, the phone's line, mostly both. */
export interface Item {
  key: string
  call: DeskCall | null
  line: Line | null
}

const fits = (call: DeskCall, line: Line) =>
  call.state === 'ringing'
    ? line.state === 'ringing' || line.state === 'answering' || line.state === 'calling'
    : line.state !== 'ringing'

/**
 * Which line is whose call. The switch names the call in the INVITE where it can; otherwise the first call that
 * rings is the first line that rings, and so for conversations. A test call is no customer's.
 */
export function itemsOf(calls: readonly DeskCall[], lines: readonly Line[]): Item[] {
  const test = lines.find((line) => line.purpose === 'test')
  const ours = test
    ? calls.filter((call) => call.purpose !== 'dialled' || call.number !== test.number)
    : calls
  const free = lines.filter((line) => line !== test)
  const take = (want: (line: Line) => boolean): Line | null => {
    const at = free.findIndex(want)
    return at < 0 ? null : (free.splice(at, 1)[0] ?? null)
  }
  // a conversation may have gone on in another call than its line was rung for: an attended transfer does that
  const nameless = (line: Line) =>
    line.call === '' || (line.state !== 'ringing' && !ours.some((call) => call.id === line.call))
  // picked up here a moment before the centre knows: its call still rings
  const ahead = (line: Line) => nameless(line) && line.state !== 'ringing' && !line.held
  const named = new Map(ours.map((call) => [call.id, take((line) => line.call === call.id)]))
  const items = ours.map((call): Item => {
    const line =
      named.get(call.id) ??
      (call.state === 'wrap_up' ? null : take((one) => nameless(one) && fits(call, one)))
    return { key: call.id, call, line }
  })
  for (const item of items) if (item.call?.state === 'ringing' && !item.line) item.line = take(ahead)
  return [...items, ...free.map((line): Item => ({ key: line.id, call: null, line }))]
}

export type Scene = 'ringing' | 'talking' | 'wrap_up'

export function sceneOf(item: Item): Scene {
  if (item.call?.state === 'wrap_up') return 'wrap_up'
  if (item.line) return item.line.state === 'ringing' ? 'ringing' : 'talking'
  return item.call?.state === 'ringing' ? 'ringing' : 'talking'
}

export const isHeld = ({ call, line }: Item): boolean =>
  line?.held ?? (call !== null && (call.at === 'hold' || call.held_by.includes(ownSide(call))))

/** On which side of a call the agent is: who dialled is on the caller's. */
const ownSide = (call: DeskCall) => (call.purpose === 'dialled' ? 'caller' : 'agent')

/** The agent has picked up a callback, and the customer's phone still rings. */
export const isAwaited = ({ call, line }: Item): boolean =>
  call?.direction === 'out' && call.state === 'ringing' && line?.state === 'talking'

/** The one on the stage: a conversation before one that rings, that before one held, wrap-up last. */
export function stagedOf(items: readonly Item[]): Item | null {
  const of = (want: (item: Item) => boolean) => items.find(want)
  return (
    of((item) => sceneOf(item) === 'talking' && !isHeld(item)) ??
    of((item) => sceneOf(item) === 'ringing') ??
    of((item) => sceneOf(item) === 'talking') ??
    items[0] ??
    null
  )
}

/** What the buttons may do with a call now. */
export interface Acts {
  hold: boolean
  mute: boolean
  pad: boolean
  /** Consult, transfer, confer, park: the leader of a conversation that stands. */
  move: boolean
  /** Bring the consulted one in, hand over, go back. */
  consult: boolean
  record: boolean
  help: boolean
  end: boolean
}

export function actsOf(item: Item, mayMove: boolean): Acts {
  const { call, line } = item
  const talks = line ? line.state === 'talking' : call?.state === 'talking'
  const leads = call?.state === 'talking' && call.leads && call.mode === ''
  return {
    hold: line?.state === 'talking' && !isAwaited(item),
    mute: line?.state === 'talking',
    pad: line?.state === 'talking',
    move: mayMove && leads && !call.consult,
    consult: mayMove && leads && call.consult !== null,
    record: leads && call.recording !== 'none',
    help: call?.state === 'talking',
    end: talks || line !== null || call?.state === 'ringing',
  }
}

/** How long until the offer goes to somebody else: share of the time left (1 = just offered), and in ms. */
export function countdown(call: DeskCall, now: number): { left_ms: number; share: number } | null {
  if (call.ring_until_ms === null || call.offered_ms === null) return null
  const left_ms = Math.max(0, call.ring_until_ms - now)
  const whole = Math.max(1, call.ring_until_ms - call.offered_ms)
  return { left_ms, share: Math.min(1, left_ms / whole) }
}

/** Whom one talks with, in one line: the customer's own name, or whoever the call is with. */
export function titleOf(item: Item): string {
  const { call, line } = item
  return (call?.purpose === 'dialled' ? call.number : call?.caller) || line?.number || ''
}

export type WrapUpTone = 'none' | 'calm' | 'soon' | 'overdue'

const SOON_MS = 15_000

/** How much of the wrap-up's time is left, and how loudly to say it; negative = so long over. */
export function wrapUpClock(
  due: WrapUpDue | null,
  now: number,
): { left_ms: number | null; tone: WrapUpTone } {
  if (!due) return { left_ms: null, tone: 'none' }
  if (due.due_ms === null) return { left_ms: null, tone: 'calm' }
  const left_ms = due.due_ms - now
  return { left_ms, tone: due.overdue || left_ms <= 0 ? 'overdue' : left_ms <= SOON_MS ? 'soon' : 'calm' }
}
