/** The mock centre's calibration: one round that is over, and those that somebody begins. */

import type { Round } from '../src/api/quality-types'
import { agreementOf } from './quality-figures.ts'
import { PEOPLE, type Form } from './quality-forms.ts'
import { sliced } from './sliced.ts'

type Answer = [number, unknown]
/** A form of a round for that inspector; null when there is no such call. */
type Make = (call: string, inspector: string, round: string, at: number) => Form | null

export class MockRounds {
  private readonly rounds: Round[] = []

  constructor(
    private readonly make: Make,
    private readonly forms: (now: number) => Form[],
  ) {}

  /** A round in which everybody has handed in. */
  finished(calls: string[], at: number): void {
    const round = this.begin('校准：开头语与查询', calls, ['inspector', 'insp2'], 'manager', at)
    for (const form of this.forms(at))
      if (form.round === round.id && form.state === 'draft') form.fill(form.inspector, at)
  }

  answer(
    verb: string,
    id: string,
    terms: URLSearchParams,
    body: Record<string, unknown>,
    user: string,
    now: number,
  ): Answer {
    this.forms(now)
    if (id) {
      const known = this.rounds.find((one) => one.id === id)
      return known
        ? [200, this.view(known, now)]
        : [404, { error: { code: 'not_found', message: `There is no round ${id}.` } }]
    }
    if (verb === 'GET') {
      const rounds = this.rounds.map((one) => this.counted(one, now))
      return [200, sliced('rounds', rounds, terms)]
    }
    const inspectors = body['inspectors'] as string[]
    const round = this.begin(String(body['name']), body['calls'] as string[], inspectors, user, now)
    return [200, this.view(round, now)]
  }

  private begin(name: string, calls: string[], inspectors: string[], by: string, now: number): Round {
    const id = `r${this.rounds.length + 1}`
    for (const user of inspectors)
      for (const call of calls) {
        const form = this.make(call, user, id, now)
        // the other inspector of the mock is quick
        if (form && user === 'insp2') form.fill(user, now)
      }
    const round: Round = {
      id,
      name,
      state: 'open',
      by,
      by_name: PEOPLE[by] ?? by,
      at_ms: now,
      calls,
      inspectors: inspectors.map((user) => ({
        user,
        name: PEOPLE[user] ?? user,
        submitted: 0,
        of: calls.length,
      })),
    }
    this.rounds.unshift(round)
    return round
  }

  private formsOf(round: Round, now: number): Form[] {
    return this.forms(now).filter((form) => form.round === round.id)
  }

  private counted(round: Round, now: number): Round {
    const done = this.formsOf(round, now).filter((form) => form.state !== 'draft')
    for (const each of round.inspectors)
      each.submitted = done.filter((form) => form.inspector === each.user).length
    if (round.inspectors.every((each) => each.submitted === each.of)) round.state = 'complete'
    return round
  }

  private view(round: Round, now: number): object {
    return {
      ...this.counted(round, now),
      agreement: round.state === 'complete' ? agreementOf(round) : null,
      forms: this.formsOf(round, now).map((form) => form.brief(now)),
    }
  }
}
