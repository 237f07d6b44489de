/** What the centre says of its configuration, its prompts and a flow played without a phone. */

export type Plain = string | number | boolean | null | Plain[] | { [name: string]: Plain }
/** The file as plain values: its own names, and its own ways of writing (`15s`). */
export type Parts = { [part: string]: Plain }
export type Path = readonly (string | number)[]

export interface KeptConfiguration {
  version: number
  at_ms: number
  by: string
  by_name: string
  comment: string
  text: string
  /** None: an old version that cannot be read any more; `problems` say why. */
  parts: Parts | null
  problems?: Problem[]
  phones_with_secret: string[]
  people_with_password: string[]
}

export interface VersionLine {
  version: number
  at_ms: number
  by: string
  by_name: string
  comment: string
  /** How many things it changed, as far as that is known. */
  changes: number | null
}

export interface Change {
  sign: '+' | '-' | '~'
  what: string
  before: string
  after: string
}

export interface Problem {
  path: (string | number)[]
  line: number | null
  column: number | null
  message: string
  message_zh: string
  code: string
}

export interface Checked {
  problems: Problem[]
  warnings: Problem[]
  /** Against what is in force; none while there are problems. */
  changes: Change[]
  /** What would be kept; empty while there are problems. */
  text: string
  /** None: the text could not be read. */
  parts: Parts | null
}

export interface Secrets {
  people: Record<string, string>
  endpoints: Record<string, string>
}

export interface Saved {
  version: number
  passwords: Secrets
}

export interface PromptUse {
  part: 'flow' | 'queue' | 'machine'
  name: string
  step: string
}

export interface Prompt {
  id: string
  language: string
  source: 'shipped' | 'own'
  text: string
  length_ms: number
  at_ms: number | null
  by: string
  comment: string
  /** 0 = the shipped one, −1 = a file put there by hand. */
  version: number
  versions: number
  used_by: PromptUse[]
  /** There is no recording in this language: the Chinese one is heard. */
  fallback: boolean
}

export interface VoiceChoice {
  id: string
  language: string
  name: string
}

export interface PromptList {
  prompts: Prompt[]
  voices: VoiceChoice[]
  /** Why nothing can be rendered here; empty where it can. */
  voice_why: string
}

/** What the centre did to a recording so that it sounds like the others. */
export interface SoundLevel {
  speech_db: number
  peak_db: number
  changed_db: number
  cut_ms: number
  from_rate: number
  from_channels: number
  notes: ('raised' | 'lowered' | 'cut' | 'limited')[]
}

export interface PutPrompt {
  prompt: Prompt
  level: SoundLevel
}

export interface PromptVersion {
  version: number
  at_ms: number
  by: string
  by_name: string
  comment: string
  text: string
  length_ms: number
  rendered: boolean
  current: boolean
}

export type Act =
  /** `into`: so many ms into the prompt, which the keys stop; without it after the prompt. */
  | { press: string; into?: number }
  | { wait: number }
  | { nothing: true }
  | { speak: number }
  | { hang_up: true }
  | { agent: 'answers' | 'no_answer' | 'none' | 'hangs_up' }
  | { lookup: { [name: string]: Plain } | 'not_found' | 'fails' }

export const PLAYED = [
  'step',
  'says',
  'asks',
  'music',
  'hears',
  'sets',
  'language',
  'queues',
  'rings',
  'talks',
  'looks_up',
  'records',
  'recorded',
  'rates',
  'leads',
  'ends',
] as const

export interface Played {
  /** Since the beginning. */
  at_ms: number
  kind: (typeof PLAYED)[number]
  flow?: string
  step?: string
  prompts?: string[]
  words?: string
  length_ms?: number
  digits?: string
  queue?: string
  agent?: string
  number?: string
  service?: string
  variables?: Record<string, string>
  why?: string
  /** The act that brought it; −1: none did. */
  act: number
}

export interface WaitsFor {
  kind: 'key' | 'digits' | 'speech' | 'agent' | 'talk' | 'lookup' | 'echo'
  flow?: string
  step?: string
  /** Keys that mean something. */
  keys?: string[]
  so_far?: string
  /** Then it ends by itself. */
  until_ms?: number | null
  queue?: string
  agent?: string
  service?: string
  take?: Record<string, string>
}

export interface Play {
  played: Played[]
  waits_for: WaitsFor | null
  ended: { how: 'centre' | 'caller' | 'agent' | 'callback'; reason: string } | null
  variables: Record<string, string>
  language: string
  at_ms: number
  /** An act that did not fit; those after it were not played. */
  refused: { act: number; code: string; why: string; why_zh: string } | null
}

export interface PlayWish {
  parts: Parts
  flow?: string
  number?: string
  caller?: string
  language?: string
  /** Played as if it were then. */
  at_ms?: number
  acts: Act[]
}

/** A day off, or a weekend day that is worked to make up for one (it has no name). */
export interface PublicHoliday {
  date: string
  kind: 'off' | 'work'
  name: string
}
