/** What the centre tells a shift leader's page (docs/api.md), written by hand until it is generated. */

import type { Callback, HelpRequest, PlaceName, UrgentKind, Words } from './desk-types'
import type { CallState, Instant, Length } from './types'

/** What a leader set for a queue's door; `hours` = as the flow and its calendar say. */
export const DOORS = ['hours', 'open', 'closed'] as const
export type Door = (typeof DOORS)[number]

/** Where new callers of a queue go at once: exactly one. */
export type DivertTo = { queue: string } | { number: string } | { flow: string } | { hang_up: true }

export interface Divert {
  queue?: string
  number?: string
  flow?: string
  hang_up?: boolean
  by: string
  by_name: string
  at_ms: Instant
  /** null = until a leader ends it. */
  until_ms: Instant | null
  note: string
}

export interface WaitingCall {
  call: string
  caller: string
  /** In the line, from 1. */
  place: number
  queued_ms: Instant
  language: string
  priority: number
  /** Whose phone rings for them; empty = nobody's. */
  offered: string
}

export interface QueueControl {
  id: string
  door: Door
  door_by: string
  door_by_name: string
  door_ms: Instant | null
  door_until_ms: Instant | null
  door_note: string
  divert: Divert | null
  /** The wait of somebody who came now; null = not known. */
  estimate_ms: Length | null
  members: string[]
  /** Moved here, or away, by a leader. */
  added: string[]
  taken: string[]
  notices: string[]
  waiting_calls: WaitingCall[]
  /** Callbacks of the queue that are owed, in order. */
  callbacks: Callback[]
}

export const RULES = [
  'wrap_up_long',
  'break_long',
  'break_sum',
  'unavailable_long',
  'talk_long',
  'offers_missed',
] as const
/** A rule about an agent's states that is not kept now. */
export type Rule = (typeof RULES)[number]

export interface Departure {
  rule: Rule
  /** The service book's rule behind it; empty = none. */
  book: string
  since_ms: Instant
  /** Milliseconds, or offers. */
  value: number
  limit: number
}

export interface Moved {
  queues: string[]
  /** What the configuration says. */
  before: string[]
  by: string
  by_name: string
  at_ms: Instant
  until_ms: Instant | null
  reason: string
}

export interface Seat {
  id: string
  with: {
    call: string
    number: string
    agent: string
    direction: 'in' | 'out'
    since_ms: Instant
    held: boolean
  } | null
  /** The day up to here: the running state is in the figures up to then. */
  counted_ms: Instant
  talk_ms: Length
  ready_ms: Length
  wrap_up_ms: Length
  break_ms: Length
  breaks: number
  missed: number
  calls: number
  outgoing: number
  moved: Moved | null
  departs: Departure[]
}

export const LOST_STATES = ['open', 'asked', 'called_back', 'came_again', 'set_aside'] as const
export type LostState = (typeof LOST_STATES)[number]

/** Somebody who hung up while waiting, today. */
export interface LostCall {
  call: string
  queue: string
  caller: string
  /** What they had dialled. */
  number: string
  place: PlaceName | null
  lost_ms: Instant
  waited_ms: Length
  /** Calls of this number lost today. */
  times: number
  /** The number is known and may be called. */
  callable: boolean
  state: LostState
  callback: string
  /** Of the callback: how often it was tried (why in vain last is in `note`), and when it is again. */
  attempts: number
  due_ms: Instant | null
  by: string
  by_name: string
  note: string
  dealt_ms: Instant | null
  /** The call that dealt with it. */
  dealt_call: string
}

export const WARNING_KINDS = [
  'longest_wait',
  'waiting',
  'service_level',
  'abandoned_share',
  'no_agent',
  'wrap_up_long',
  'break_long',
  'talk_long',
  'unavailable_long',
  'offers_missed',
  'switch_down',
  'toll_stop',
  'disk',
  'not_writing',
] as const
export type WarningKind = (typeof WARNING_KINDS)[number]

export interface Warning {
  id: string
  kind: WarningKind
  book: string
  /** Empty = about none. */
  queue: string
  agent: string
  value: number
  limit: number
  unit: 'ms' | 'count' | 'share' | 'bytes' | ''
  since_ms: Instant
  seen_by: string
  seen_by_name: string
  seen_ms: Instant | null
}

export interface LiveCall {
  id: string
  caller: string
  number: string
  queue: string
  agent: string
  direction: 'in' | 'out'
  state: Exclude<CallState, 'ended'>
  since_ms: Instant
  began_ms: Instant
  urgent: '' | UrgentKind
  supervised_by: { agent: string; mode: Mode }[]
}

export interface Monitor {
  at_ms: Instant
  queues: QueueControl[]
  seats: Seat[]
  lost: LostCall[]
  warnings: Warning[]
  calls: LiveCall[]
  troubles: TroubledCall[]
}

export type MonitorChange =
  | { queue: QueueControl }
  | { queue_removed: string }
  | { seat: Seat }
  | { seat_removed: string }
  | { lost: LostCall }
  | { lost_removed: string }
  | { warning: Warning }
  | { warning_removed: string }
  | { call: LiveCall }
  | { call_removed: string }
  | { trouble: TroubledCall }
  | { trouble_removed: string }

/** A call that goes wrong by the service book: the higher the score, the more. */
export interface TroubledCall {
  call: string
  agent: string
  score: number
  rule: string
  /** What weighs most. */
  reason: Words
  since_ms: Instant
  breaches: number
  /** What weighs most goes on at this moment. */
  now: boolean
}

/** A call that somebody said is urgent. */
export interface Alarm {
  id: string
  kind: UrgentKind
  call: string
  agent: string
  agent_name: string
  text: string
  at_ms: Instant
  seen_by: string
  seen_ms: Instant | null
}

export interface HelpBoard {
  at_ms: Instant
  requests: HelpRequest[]
  alarms: Alarm[]
}

export type HelpChange =
  { request: HelpRequest } | { request_removed: string } | { alarm: Alarm } | { alarm_removed: string }

export const MODES = ['listen', 'whisper', 'barge'] as const
/** How a leader is beside a call: hears all; is heard by the agent; is heard by all. */
export type Mode = (typeof MODES)[number]

export interface TrendPoint {
  at_ms: Instant
  offered: number
  answered: number
  abandoned: number
  answered_in_goal: number
  service_level: number | null
  average_wait_ms: Length | null
  longest_wait_ms: Length
  /** Who took calls. */
  agents: number
}

export interface Trends {
  step_ms: Length
  from_ms: Instant
  to_ms: Instant
  queues: { id: string; points: TrendPoint[] }[]
}

export interface Notice {
  id: string
  queue: string
  number: string
  prompts: string[]
  sound: boolean
  on: boolean
  from_ms: Instant
  /** 0 = until taken down. */
  until_ms: Instant
  created_ms: Instant
  by: string
  note: string
}
