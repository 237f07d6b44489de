/** The service standard as the centre speaks of it (docs/api.md): rules, phrases, and changes to them. */

import type { Both, Severity, VerdictKind } from './quality-types'
import type { Instant, Length } from './types'

/** Values as they are written: `3s`, `500ms`, 6, 2.5. */
export interface Threshold {
  value: number | string
  shipped: number | string
}

export interface Rule {
  id: string
  part: string
  title: Both
  source: string
  severity: Severity
  points: number
  /** Of T (times), P (words), V (voice), W (work), H (a person judges). */
  looks_at: string[]
  reason: Both
  hint: Both
  say: Both[]
  /** Phrases that must not be said. */
  banned: string[]
  thresholds: Record<string, Threshold>
  phrases: string[]
  off: boolean
  version: number
  changed: boolean
  shipped: { points: number; severity: Severity; off: boolean }
}

export interface Phrase {
  id: string
  zh: string[]
  en: string[]
  how: string
  negatable: boolean
  changed: boolean
  shipped: { zh: string[]; en: string[] }
}

/** What a centre has changed of the shipped book. */
export interface Overrides {
  rules?: Record<string, Record<string, unknown>>
  phrases?: Record<string, Record<string, unknown>>
  [more: string]: unknown
}

export interface Book {
  version: string
  /** 0 = as shipped. */
  number: number
  parts: { id: string; title: Both }[]
  rules: Rule[]
  phrases: Phrase[]
  overrides: Overrides
}

export interface BookProblem {
  /** Such as `rules.open.greeting.points`. */
  where: string
  line: number | null
  message: string
  /** The kind of mistake, and what it is of: worded by the pages. */
  code?: string
  about?: Record<string, string>
}

export interface TriedRule {
  rule: string
  title: Both
  gained: number
  lost: number
  same: number
  breaches_before: number
  breaches_after: number
  rate_before: number | null
  rate_after: number | null
}

export interface TriedChange {
  call: string
  rule: string
  began_ms: Instant
  agent: string | null
  /** `other`: neither made a breach nor took one away. */
  kind: 'gained' | 'lost' | 'other'
  before: VerdictKind | null
  after: VerdictKind | null
  from_ms: Instant
  to_ms: Instant
  found: Both
}

export interface Tried {
  version: string
  tried_version: string
  calls: number
  took_ms: Length
  skipped: number
  rules: TriedRule[]
  changes: TriedChange[]
  scores: { before: number | null; after: number | null; changed: number }
}

/** How far a trial is; `of` null: another's goes first. */
export interface Trial {
  tried: number
  of: number | null
  result: Tried | null
}

export interface BookVersion {
  number: number
  version: string
  /** Null: as shipped. */
  at_ms: Instant | null
  by: string
  by_name: string
  /** Empty: whoever published it. */
  proposed_by: string
  proposed_by_name: string
  why: string
  rolled_back_to: number | null
  current: boolean
  changes: number
}

export interface BookChange {
  sign: '+' | '-' | '~'
  what: string
  before: unknown
  after: unknown
}

/** Changes handed to whoever may publish them. */
export interface Proposal {
  number: number
  /** The version that was changed, and what it had otherwise than the shipped book. */
  from_number: number
  base: Overrides
  overrides: Overrides
  why: string
  by: string
  by_name: string
  at_ms: Instant
  state: 'open' | 'published' | 'returned'
  answered_by: string
  answered_by_name: string
  answered_ms: Instant | null
  /** What it was sent back with. */
  word: string
  /** The version it was published as. */
  became: number | null
}
