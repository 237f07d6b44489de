/** The verdicts of a call as a list: which to show, in which order, and which say nothing for want of words. Pure. */

import type { Rule } from '@/api/book-types'
import type { Assessment, Finding, VerdictKind } from '@/api/quality-types'
import { VERDICT_ORDER } from './looks'

export type Filter = VerdictKind | 'all'

/** How many there are of each verdict; `all` leaves out what did not apply. */
export function countOf(findings: readonly Finding[]): Record<Filter, number> {
  const counts: Record<Filter, number> = { breach: 0, unsure: 0, pass: 0, not_applicable: 0, all: 0 }
  for (const { verdict } of findings) {
    counts[verdict]++
    if (verdict !== 'not_applicable') counts.all++
  }
  return counts
}

/** Rules about words that could not be judged, since nothing was transcribed. */
export function unheardOf(assessment: Assessment, rules: ReadonlyMap<string, Rule>): Set<string> {
  if (assessment.words) return new Set()
  return new Set(
    assessment.findings
      .filter((one) => one.verdict === 'unsure' && rules.get(one.rule)?.looks_at.includes('P'))
      .map((one) => one.rule),
  )
}

/** Those asked for, gravest first and then as they happened. What was not heard is told once, not rule by rule. */
export function listed(
  findings: readonly Finding[],
  filter: Filter,
  unheard: ReadonlySet<string>,
): Finding[] {
  const order = (finding: Finding) => VERDICT_ORDER.indexOf(finding.verdict)
  return findings
    .filter((one) => (filter === 'all' ? one.verdict !== 'not_applicable' : one.verdict === filter))
    .filter((one) => one.verdict !== 'unsure' || !unheard.has(one.rule))
    .sort((a, b) => order(a) - order(b) || a.from_ms - b.from_ms)
}
