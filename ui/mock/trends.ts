/** The mock centre's day in steps: as many calls as the hour and the queue make likely. */

import type { Trends } from '../src/api/monitor-types'
import { Chance } from './chance.ts'
import { QUEUES } from './people.ts'

export function trendsOf(hours: number, step: number, now: number): Trends {
  const from = Math.floor((now - hours * 3_600_000) / step) * step
  const count = Math.floor((now - from) / step) + 1
  return {
    step_ms: step,
    from_ms: from,
    to_ms: now,
    queues: QUEUES.map((queue, q) => ({
      id: queue.id,
      points: Array.from({ length: count }, (_, i) => {
        const at_ms = from + i * step
        const chance = new Chance(at_ms / step + q * 977)
        const busy = 1 + Math.sin(at_ms / 5_400_000 + q)
        const offered = Math.round(busy * queue.weight * chance.next() * (step / 300_000))
        const abandoned = chance.hit(0.4) ? Math.min(offered, Math.round(busy * chance.next() * 2)) : 0
        const answered = offered - abandoned
        const inGoal = Math.round(answered * (1 - 0.3 * busy * chance.next()))
        return {
          at_ms,
          offered,
          answered,
          abandoned,
          answered_in_goal: inGoal,
          service_level: offered ? inGoal / offered : null,
          average_wait_ms: answered ? Math.round(4_000 + busy * 12_000 * chance.next()) : null,
          longest_wait_ms: offered ? Math.round(9_000 + busy * 40_000 * chance.next()) : 0,
          agents: 3,
        }
      }),
    })),
  }
}
