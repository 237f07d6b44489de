/** What the centre's HTTP interface speaks (docs/api.md), written by hand until it is generated. */

/** Unix time in milliseconds. */
export type Instant = number
/** A length of time in milliseconds. */
export type Length = number

export interface Me {
  user: string
  name: string
  role: string
  language: string
  csrf: string
  /** What this person may do now. */
  permissions?: string[]
  /** Takes calls: has a desk. */
  agent?: boolean
  /** The telephone account of this person; empty = none. */
  phone?: string
  /** Only the first password so far: nothing but a new one is taken. */
  must_change?: boolean
  /** Required and not enrolled: nothing but enrolling is taken. */
  second_factor?: { enrolled: boolean; required: boolean }
}

/** What an app for sign-in codes is given. */
export interface Enrolment {
  secret: string
  uri: string
  /** An SVG image of `uri`, for a phone's camera. */
  qr: string
}

export type SwitchState = 'up' | 'down'

export interface Centre {
  company: string
  company_en: string
  version: string
  time_zone: string
  demo: boolean
  switch: SwitchState
  numbers: { number: string; name: string }[]
  breaks: { id: string; name: string; name_en: string }[]
  people: { user: string; name: string }[]
  simulation: { on: boolean; callers: number } | null
}

export const AGENT_STATES = [
  'talking',
  'calling',
  'ringing',
  'ready',
  'wrap_up',
  'break',
  'unavailable',
  'signed_out',
] as const
/** In the order a screen shows them: who is with a caller first, who is away last. */
export type AgentState = (typeof AGENT_STATES)[number]

export interface QueueView {
  id: string
  name: string
  waiting: number
  /** Callers who hung up and keep their place, to be called back. */
  callbacks: number
  /** Who was not reached, and is out of the line until the next try. */
  callbacks_paused: number
  /** Messages that nobody has done yet. */
  voicemails: number
  longest_since_ms: Instant | null
  ready: number
  ringing: number
  /** Make a call that nobody has answered yet; not among those who talk. */
  calling: number
  talking: number
  wrap_up: number
  on_break: number
  signed_in: number
  offered: number
  answered: number
  abandoned: number
  /** Callers who left to be called back. */
  called_back: number
  answered_in_goal: number
  /** 0–1; null while no call has been offered. */
  service_level: number | null
  goal_share: number
  goal_ms: Length
  average_wait_ms: Length | null
  /** The wait of somebody who came now; null = not known. */
  estimate_ms?: Length | null
}

export interface AgentView {
  id: string
  name: string
  extension: string
  state: AgentState
  since_ms: Instant
  reason: string
  call: string | null
  /** The number of whom they talk with. */
  caller: string | null
  queue: string | null
  queues: string[]
  calls_today: number
  reachable: boolean
  /** The voicemail that is their work, until then. */
  task?: string
  task_until_ms?: number | null
}

/** What a person can choose; the other states follow from calls. */
export const CHOSEN_STATES = ['ready', 'break', 'signed_out'] as const
export type ChosenState = (typeof CHOSEN_STATES)[number]

export interface CallCounts {
  active: number
  waiting: number
  talking: number
}

export interface Wallboard {
  at_ms: Instant
  queues: QueueView[]
  agents: AgentView[]
  calls: CallCounts
  company: string
  switch: SwitchState
}

export type Change =
  | { queue: QueueView }
  | { agent: AgentView }
  | { queue_removed: string }
  | { agent_removed: string }
  | { calls: CallCounts }
  | { switch: SwitchState }

export const CALL_STATES = ['flow', 'waiting', 'ringing', 'talking', 'parked', 'ended'] as const
export type CallState = (typeof CALL_STATES)[number]
export const OUTCOMES = [
  'answered',
  'abandoned',
  'self_service',
  'callback',
  'unanswered',
  'busy',
  'not_found',
  'cancelled',
  'refused',
  'failed',
] as const
export type Outcome = (typeof OUTCOMES)[number]
export type Party = 'caller' | 'agent' | 'centre'

export interface Recording {
  length_ms: Length
  size: number
  /** `failed`: its writing broke off; what was written can be played. `deleted`: it is kept no longer. */
  state: 'running' | 'complete' | 'partial' | 'failed' | 'deleted'
}

export interface Call {
  id: string
  direction: 'in' | 'out'
  caller: string
  caller_name: string
  number: string
  flow: string
  language: string
  /** Empty or null before there is one; so for the two below. */
  queue: string | null
  agent: string | null
  agent_name: string | null
  /** The agent from whose phone it comes; empty: nobody here dialled it. */
  dialled_by?: string
  dialled_by_name?: string
  began_ms: Instant
  answered_ms: Instant | null
  queued_ms: Instant | null
  bridged_ms: Instant | null
  ended_ms: Instant | null
  waited_ms: Length | null
  talk_ms: Length | null
  state: CallState
  outcome: Outcome | null
  ended_by: Party | null
  reason: string
  recording: Recording | null
  survey: Survey | null
  /** What it was about; empty = nothing filed. */
  disposition?: string
  voicemail: { id: string; queue: string; length_ms: Length } | null
}

/** What the caller said of a call that is over; `comment_ms` 0 = nothing was spoken. */
export interface Survey {
  score: number
  at_ms: Instant
  agent: string
  queue: string
  comment_ms: Length
}

/** One line of a call's timeline; which fields stand beside these depends on the kind. */
export interface Fact {
  seq: number
  at_ms: Instant
  kind: string
  party: Party | 'outsider'
  [field: string]: unknown
}

export interface CallWithFacts extends Call {
  facts: Fact[]
}

export interface CallPage {
  calls: Call[]
  next: string | null
}

export interface Waveform {
  length_ms: Length
  began_ms: Instant
  left: number[]
  right: number[]
}

export interface Simulation {
  available: boolean
  on: boolean
  callers: number
  calls_per_minute: number
}

/** Lists that can be taken away as files. */
export type Exported = 'calls' | 'trends' | 'figures'

export interface CallSearch {
  query?: string
  state?: CallState | ''
  queue?: string
  agent?: string
  outcome?: Outcome | ''
  from_ms?: Instant
  to_ms?: Instant
  limit?: number
  cursor?: string
}
