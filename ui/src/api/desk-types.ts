/** What the centre tells an agent's desk (docs/api.md), written by hand until it is generated. */

import type { AgentState, ChosenState, Fact, Instant, Length } from './types'

export interface DeskAgent {
  id: string
  name: string
  extension: string
  state: AgentState
  since_ms: Instant
  reason: string
  /** Who set it; empty = the agent or the system. */
  by: string
  /** Noted, happens when the call is over. */
  next: { state: ChosenState; reason: string } | null
  queue: string | null
  queues: { id: string; name: string }[]
  reachable: boolean
}

/** Today's totals up to `counted_ms`; the running state is in them up to then. */
export interface DeskFigures {
  day_began_ms: Instant
  calls: number
  outgoing: number
  /** Offers not answered. */
  missed: number
  talk_ms: Length
  wrap_up_ms: Length
  ready_ms: Length
  break_ms: Length
  longest_break_ms: Length
  breaks: number
  signed_in_ms: Instant | null
  counted_ms: Instant
}

/** Which page has the phone; `loan` empty = none. */
export interface DeskPhone {
  loan: string
  /** Of two loans the later one counts. */
  lent_ms: Instant
  since_ms: Instant
  address: string
  browser: string
}

export type Purpose =
  'talk' | 'consult' | 'join' | 'supervise' | 'retrieve' | 'pick_up' | 'dialled' | 'callback' | 'redial'

/** The same for readers of either language. */
export interface Words {
  zh: string
  en: string
}

/** What the service book asks for now; of each call there is one at most. */
export interface Hint {
  call: string
  rule: string
  kind: 'procedure' | 'warn' | 'expect'
  /** The rule's. */
  title: Words
  /** The phrase to say, in the language of the call. */
  say: Words
  hint: Words
  since_ms: Instant
  /** What is to be done must wait until then. */
  not_before_ms: Instant | null
  due_ms: Instant | null
  /** Of a procedure, from 1; 0 = it is none. */
  step: number
  of_steps: number
}

export type At = 'room' | 'aside' | 'hold' | 'away'

export const URGENT_KINDS = ['medical', 'fire', 'crime', 'threat', 'other'] as const
export type UrgentKind = (typeof URGENT_KINDS)[number]

export interface PartyView {
  role: 'agent' | 'consulted' | 'leader' | 'outside'
  agent: string
  number: string
  at: At
  answered: boolean
  mode: '' | 'listen' | 'whisper' | 'barge'
}

/** Whom one asks aside: an agent, a number, or a queue that looks for somebody; the others are empty. */
export interface Consult {
  agent: string
  number: string
  queue: string
  state: 'ringing' | 'talking' | 'looking'
}

export interface Earlier {
  call: string
  at_ms: Instant
  agent: string
  agent_name: string
  queue: string
  outcome: string
  disposition: string
  summary: string
  talk_ms: Length | null
}

export interface DeskCallHead {
  id: string
  direction: 'in' | 'out'
  purpose: Purpose
  state: 'ringing' | 'talking' | 'wrap_up'
  caller: string
  caller_name: string
  number: string
  number_name: string
  queue: string | null
  queue_name: string
  language: string
  began_ms: Instant
  queued_ms: Instant | null
  waited_ms: Length | null
  offered_ms: Instant | null
  /** When the offer goes to somebody else; null = no end set. */
  ring_until_ms: Instant | null
  answered_ms: Instant | null
  ended_ms: Instant | null
  at: At
  caller_at: At
  slot: string
  consult: Consult | null
  parties: PartyView[]
  held_by: ('caller' | 'agent' | 'outsider')[]
  /** `broken`: it cannot be written, and is tried again. */
  recording: 'none' | 'running' | 'paused' | 'broken'
  urgent: '' | UrgentKind
  /** I lead the conversation. */
  leads: boolean
  mode: '' | 'listen' | 'whisper' | 'barge'
  /** As this page, or one before it, last told. */
  muted: boolean
}

export interface PlaceName {
  zh: string
  en: string
}

/** What comes to a call piece by piece, some of it before the call itself. */
export interface About {
  place: PlaceName | null
  earlier: Earlier[]
  facts: Fact[]
}

export interface DeskCall extends DeskCallHead, About {}

export interface WrapUpDue {
  call: string
  queue: string
  began_ms: Instant
  /** null = no end. */
  due_ms: Instant | null
  /** Not ready before it is filed. */
  required: boolean
  overdue: boolean
  filed: boolean
}

export interface Callback {
  id: string
  kind: 'callback' | 'redial'
  state: string
  queue: string
  number: string
  agent: string
  created_ms: Instant
  queued_ms: Instant
  expires_ms: Instant
  due_ms: Instant | null
  ended_ms: Instant | null
  attempts: number
  /** Attempts in a row that the line did not carry: each waits longer than the one before. */
  broken?: number
  reason: string
  origin: string
  call: string | null
}

export interface Voicemail {
  id: string
  call: string
  queue: string
  state: 'new' | 'taken' | 'done'
  created_ms: Instant
  caller: string
  caller_name: string
  number: string
  language: string
  length_ms: Length
  taken_by: string
  taken_ms: Instant | null
  done_by: string
  done_ms: Instant | null
  note: string
}

export interface Tasks {
  callbacks: Callback[]
  redials: Callback[]
  voicemails: Voicemail[]
}

export interface HelpRequest {
  id: string
  agent: string
  agent_name: string
  call: string
  text: string
  at_ms: Instant
  state: 'open' | 'taken' | 'closed' | 'withdrawn'
  taken_by: string
  taken_by_name: string
  taken_ms: Instant | null
  closed_ms: Instant | null
  answer: string
}

export interface News {
  id: string
  at_ms: Instant
  kind:
    | 'state_set'
    | 'missed'
    | 'phone_lost'
    | 'phone_taken'
    | 'help_taken'
    | 'help_closed'
    | 'message'
    | 'queues_set'
    | 'queues_back'
    | 'inspected'
    | 'appeal_decided'
    | 'not_reached'
  /** The state set; of an inspection's news, the inspection's id. */
  state: string
  by: string
  by_name: string
  reason: string
  /** That one serves from now on. */
  queues?: string[]
  /** Who was called back in vain, and when they are called next. */
  number?: string
  due_ms?: Instant | null
}

export interface Desk {
  at_ms: Instant
  agent: DeskAgent
  figures: DeskFigures
  phone: DeskPhone
  calls: DeskCallHead[]
  /** By call. */
  about: Record<string, About>
  wrap_up: WrapUpDue | null
  tasks: Tasks
  help: HelpRequest[]
  /** Newest last. */
  news: News[]
  hints: Hint[]
}

export type DeskChange =
  | { agent: DeskAgent }
  | { figures: DeskFigures }
  | { phone: DeskPhone }
  | { call: DeskCallHead }
  | { call_removed: string }
  | { fact: { call: string; fact: Fact } }
  | { facts: { call: string; facts: Fact[] } }
  | { earlier: { call: string; earlier: Earlier[] } }
  | { place: { call: string; zh: string; en: string } }
  | { wrap_up: WrapUpDue }
  | { wrap_up_over: string }
  | { tasks: Tasks }
  | { help: HelpRequest }
  | { news: News }
  | { hint: Hint }
  | { hint_over: string }

export interface Disposition {
  id: string
  name: string
  name_en: string
  deadline_ms: Length | null
  children: Disposition[]
}

export interface Note {
  call: string
  text: string
  /** 0 = never written. */
  version: number
  by: string
  at_ms: Instant
}

export interface WrapUp {
  call: string
  agent: string
  agent_name: string
  disposition: string
  summary: string
  deadline_ms: Instant | null
  at_ms: Instant
  version: number
}

/** Whom a call goes to, or who joins it: exactly one. */
export type Target = { agent: string } | { queue: string } | { number: string }

export interface NumberView {
  number: string
  place: PlaceName
  kind: string
  leads_to: string
  allowed: boolean
  why: string
  costly: boolean
}
