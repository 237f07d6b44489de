/** The mock centre's backlog of judging and hearing: what waits, what cannot be judged, what is judged anew. */

import type { Backlog, Hearings } from '../src/api/quality-types'

const ANEW_MS = 3_000

export class MockBacklog {
  private readonly retried = new Set<string>()
  private readonly anew = new Map<string, number>()

  /** `calls`: those that were judged; the oldest of them stands for one that could not be. */
  view(calls: readonly { id: string; began_ms: number }[], now: number): Backlog {
    const torn = calls.at(-1)
    const broken =
      torn && !this.retried.has(torn.id)
        ? [
            {
              call: torn.id,
              at_ms: torn.began_ms,
              why: { code: 'fact_lacks', fact: 'talk', at_ms: torn.began_ms, field: 'began_ms' },
              detail: "the fact 'talk' cannot be understood: 'began_ms' is missing",
              attempts: 3,
            },
          ]
        : []
    return { waiting: 2, oldest_ms: now - 9_000, without_words: 4, broken, judged_today: 61 }
  }

  hearings(now: number): Hearings {
    return {
      waiting: 4,
      claimed: 1,
      failed: 1,
      waiting_ms: 960_000,
      oldest_ms: now - 240_000,
      factor: 0.31,
      workers: 1,
      live: false,
    }
  }

  retry(call: string): void {
    this.retried.add(call)
  }

  judge(call: string, now: number): void {
    this.anew.set(call, now + ANEW_MS)
  }

  waits(call: string, now: number): boolean {
    return now < (this.anew.get(call) ?? 0)
  }
}
