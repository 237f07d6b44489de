/** What inspection speaks (docs/api.md): verdicts, transcripts, and what people make of them. */

import type { Instant } from './types'

/** A text in both languages of the screens. */
export interface Both {
  zh: string
  en: string
}

export const VERDICTS = ['pass', 'breach', 'not_applicable', 'unsure'] as const
export type VerdictKind = (typeof VERDICTS)[number]
export const SEVERITIES = ['minor', 'major', 'fatal'] as const
export type Severity = (typeof SEVERITIES)[number]

/** What findings and the items of a form say of their rule. */
export interface RuleBrief {
  rule: string
  title: Both
  /** The part's id, such as `opening`. */
  part: string
  source: string
  severity: Severity
  /** What a breach costs. */
  points: number
}

export interface Finding extends RuleBrief {
  id: string
  /** Of the rule. */
  version: number
  verdict: VerdictKind
  party: string
  /** Whose it is; "" = nobody knows. */
  agent: string
  /** False: of an agent who never came to the call. It costs that agent, and not the call. */
  scored: boolean
  from_ms: Instant
  to_ms: Instant
  expected: Both
  found: Both
  hint: Both
  /** Why the rule is. */
  reason: Both
  /** 0–1 */
  confidence: number
}

export interface PartScore {
  part: string
  title: Both
  kept: number
  possible: number
}

export interface Score {
  /** 0–100; null = nothing applied. */
  total: number | null
  parts: PartScore[]
}

export interface Assessment {
  call: string
  version: string
  judged_ms: Instant
  agent: string | null
  agent_name: string | null
  words: boolean
  fatal: boolean
  score: Score
  findings: Finding[]
  not_applicable: string[]
  by_people: string[]
  inspections: {
    id: string
    state: InspectionState
    inspector: string
    inspector_name: string
    score: number | null
    submitted_ms: Instant | null
  }[]
  state: 'judged' | 'waiting'
  /** I may appeal against the machine alone until then; null: may not. */
  appeal_until_ms: Instant | null
}

export const TRANSCRIPT_STATES = ['none', 'waiting', 'partial', 'done', 'failed'] as const

/** Why something could not be done: what `cause.*` has words for, with values. */
export type Cause = { code: string } & Record<string, string | number>

export interface Transcript {
  turns: Turn[]
  state: (typeof TRANSCRIPT_STATES)[number]
  /** The recogniser that heard it. */
  by: string
  /** Why it is not heard, what it waits for besides its turn, or why it failed. */
  why?: Cause | null
  /** The last of these in English, for whoever looks after the machines. */
  error?: string
}

export interface Turn {
  /** `outsider`: a third party outside the centre, on the agent's side of the recording. */
  party: 'caller' | 'agent' | 'outsider'
  from_ms: Instant
  to_ms: Instant
  text: string
  /** Text, from, to, confidence. */
  words: [string, Instant, Instant, number][]
  masked: boolean
}

/** A judged call in a list. */
export interface Judged {
  call: string
  began_ms: Instant
  ended_ms: Instant
  agent: string | null
  agent_name: string | null
  queue: string | null
  caller: string
  total: number | null
  fatal: boolean
  words: boolean
  breaches: number
  unsure: number
  version: string
  worst: { rule: string; title: Both; points: number; severity: Severity }[]
  inspected: '' | InspectionState
  /** I may appeal against the machine alone until then; null: may not. */
  appeal_until_ms: Instant | null
  /** False: it is mine because my phone rang and I did not come. */
  came: boolean
}

/** A page of a list; `next` is the cursor of the following one. */
export interface Slice<T> {
  rows: T[]
  next: string | null
}

export interface Backlog {
  waiting: number
  oldest_ms: Instant | null
  without_words: number
  broken: { call: string; at_ms: Instant; why: Cause; detail: string; attempts: number }[]
  judged_today: number
}

/** Recordings that wait to be heard. */
export interface Hearings {
  waiting: number
  claimed: number
  failed: number
  /** Of sound that waits. */
  waiting_ms: number
  oldest_ms: Instant | null
  /** Time to hear ÷ time of sound; null: none heard yet. */
  factor: number | null
  workers: number
  live: boolean
}

export const WHYS = ['fatal', 'lost_points', 'complaint', 'long', 'dropped', 'unsure', 'stratum'] as const
/** Why a call was chosen. */
export interface Why {
  kind: string
  value: number | null
  text: Both
}

export const INSPECTION_STATES = ['draft', 'submitted', 'told', 'appealed', 'decided', 'closed'] as const
export type InspectionState = (typeof INSPECTION_STATES)[number]

export interface Brief {
  id: string
  call: string
  state: InspectionState
  plan: string | null
  plan_name: string | null
  round: string | null
  inspector: string
  inspector_name: string
  agent: string | null
  agent_name: string | null
  queue: string | null
  began_ms: Instant
  why: Why[]
  created_ms: Instant
  due_ms: Instant | null
  overdue: boolean
  machine_total: number | null
  /** People's. */
  total: number | null
  appeal_until_ms: Instant | null
  appeal: Appeal | null
  version: number
  /** False: it is about a ring that the agent did not answer. */
  came: boolean
}

export type Stand = '' | 'agree' | 'overrule' | 'judged'
/** What people may say; only the machine is unsure. */
export type Ruling = 'pass' | 'breach' | 'not_applicable'
export const RULINGS: readonly Ruling[] = ['pass', 'breach', 'not_applicable']

export interface Item extends RuleBrief {
  id: string
  by: 'machine' | 'person'
  finding: Finding | null
  machine: 'pass' | 'breach' | 'unsure' | null
  stand: Stand
  verdict: Ruling | null
  reason: string
}

export type May = 'save' | 'submit' | 'tell' | 'appeal' | 'decide' | 'reassign'

export interface Inspection extends Brief {
  comment: string
  praise: string
  fatal: boolean
  items: Item[]
  score: Score
  machine_score: Score
  book_version: string
  words: boolean
  steps: { at_ms: Instant; by: string; by_name: string; what: string; note: string }[]
  may: May[]
}

export interface Appeal {
  by: string
  by_name: string
  at_ms: Instant
  text: string
  items: string[]
  decided_by: string
  decided_by_name: string
  decided_ms: Instant | null
  decide_until_ms: Instant
  decisions: Decision[]
  reason: string
}

export interface Decision {
  item: string
  outcome: 'upheld' | 'changed'
  verdict?: Ruling | null
}

export type BriefWithAppeal = Brief & { appeal: Appeal }

export interface ItemWanted {
  id: string
  stand: Stand
  verdict?: Ruling | null
  reason?: string
}

export interface PlanWanted {
  name: string
  from_ms: Instant
  to_ms: Instant
  queues: string[]
  agents: string[]
  inspectors: string[]
  risk: number
  /** ±, as a share; 0 = no stratified part. */
  margin: number
  confidence: number
  expected: number
  most_per_agent: number | null
  due_days: number
  seed: number | null
}

export interface Stratum {
  agent: string
  agent_name: string
  calls: number
  sample: number
  /** The error reached. */
  margin: number
}

export interface Chosen {
  call: string
  agent: string | null
  agent_name: string | null
  began_ms: Instant
  total: number | null
  inspector: string
  inspector_name: string
  why: Why[]
}

export interface Inspector {
  user: string
  name: string
  inspections: number
}

export interface Preview {
  population: number
  risk: number
  sample: number
  seed: number
  chosen: Chosen[]
  strata: Stratum[]
  inspectors: Inspector[]
  left_out: { why: string; calls: number }[]
}

export interface Plan {
  id: string
  name: string
  state: 'draft' | 'started' | 'done'
  by: string
  by_name: string
  at_ms: Instant
  started_ms: Instant | null
  wanted: PlanWanted
  population: number
  risk: number
  sample: number
  strata: Stratum[]
  inspectors: Inspector[]
  done: number
  open: number
  chosen?: Chosen[]
}

export interface Round {
  id: string
  name: string
  state: 'open' | 'complete'
  by: string
  by_name: string
  at_ms: Instant
  calls: string[]
  inspectors: { user: string; name: string; submitted: number; of: number }[]
}

export interface Agreed {
  items: number
  percent: number | null
  kappa: number | null
  how: 'fleiss' | 'cohen'
}

export interface RuleAgreement {
  rule: string
  title: Both
  items: number
  people: Agreed
  with_machine: Agreed
  pairs: { a: string; b: string; same: number; of: number; percent: number | null; kappa: number | null }[]
  votes: { call: string; item: string; votes: Record<string, VerdictKind | null> }[]
}

export interface Agreement {
  overall: Agreed
  people: Agreed
  rules: RuleAgreement[]
}

export type RoundWithAgreement = Round & { agreement: Agreement | null; forms: Brief[] }
