/** A sampling plan as it is filled in. Pure. */

import type { PlanWanted, Stratum } from '@/api/quality-types'

/** What a new plan begins with: last week, the twenty worst, and ±10 % at 90 % for each agent. */
export function newPlan(from_ms: number, to_ms: number, name: string): PlanWanted {
  return {
    name,
    from_ms,
    to_ms,
    queues: [],
    agents: [],
    inspectors: [],
    risk: 20,
    margin: 0.1,
    confidence: 0.9,
    expected: 0.5,
    most_per_agent: 5,
    due_days: 5,
    seed: null,
  }
}

/** Why a plan cannot be asked for; the words' key, or null. */
export function fault(wanted: PlanWanted): 'name' | 'period' | 'empty' | null {
  if (!wanted.name.trim()) return 'name'
  if (wanted.from_ms >= wanted.to_ms) return 'period'
  if (wanted.risk === 0 && wanted.margin === 0) return 'empty'
  return null
}

/** The largest error that any agent's estimate has: what may be said of all of them. */
export function worstMargin(strata: readonly Stratum[]): number | null {
  return strata.length ? Math.max(...strata.map((one) => one.margin)) : null
}

/** Agents whose stated error is not reached, since too few of their calls may be inspected. */
export function missed(strata: readonly Stratum[], margin: number): Stratum[] {
  return margin ? strata.filter((one) => one.margin > margin + 0.0005) : []
}
