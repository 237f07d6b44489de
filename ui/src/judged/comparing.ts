/** What another judgement of the same call says otherwise. Pure. */

import type { Assessment } from '@/api/quality-types'
import { countOf } from './findings'

export interface Compared {
  before: { total: number | null; breaches: number; version: string }
  after: { total: number | null; breaches: number; version: string }
  same: boolean
}

/** Null: it was not judged again yet. */
export function compared(before: Assessment | null, after: Assessment | null): Compared | null {
  if (!before || !after || before.call !== after.call || after.judged_ms <= before.judged_ms) return null
  const of = (one: Assessment) => ({
    total: one.score.total,
    breaches: countOf(one.findings).breach,
    version: one.version,
  })
  const verdicts = (one: Assessment) => one.findings.map((each) => `${each.rule} ${each.verdict}`).sort()
  const same =
    before.score.total === after.score.total &&
    JSON.stringify(verdicts(before)) === JSON.stringify(verdicts(after))
  return { before: of(before), after: of(after), same }
}
