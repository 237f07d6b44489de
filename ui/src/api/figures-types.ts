/** What inspection counts (docs/api.md): shares with their intervals, before and after a change of the book. */

import type { Both } from './quality-types'
import type { Instant } from './types'

export const FIGURES_BY = ['rule', 'agent', 'queue', 'team', 'day', 'week'] as const
export type FiguresBy = (typeof FIGURES_BY)[number]

export interface FigureRow {
  key: string
  title: Both
  calls: number
  breaches: number
  unsure: number
  rate: number | null
  low: number | null
  high: number | null
  /** Rows whose intervals overlap have the same. */
  rank: number | null
  score: number | null
  score_low: number | null
  score_high: number | null
}

export interface Figures {
  by: FiguresBy
  from_ms: Instant
  to_ms: Instant
  confidence: number
  rows: FigureRow[]
}

export interface Share {
  version: string
  calls: number
  breaches: number
  rate: number | null
  low: number | null
  high: number | null
}

export interface FigureChanges {
  version: string
  before_version: string | null
  published_ms: Instant | null
  why: string
  rows: {
    rule: string
    title: Both
    before: Share
    after: Share
    difference: number | null
    low: number | null
    high: number | null
    clear: boolean
  }[]
}
