/** The mock centre's proposals to change the book: one at a time, put in force or sent back. */

import type { Overrides, Proposal } from '../src/api/book-types'
import { PEOPLE, type Viewer } from './quality-forms.ts'

type Answer = [number, unknown]
const refuse = (status: number, code: string): Answer => [
  status,
  { error: { code, message: 'This cannot be done to the proposal now.', why: { code } } },
]

export class MockProposals {
  private newest: Proposal | null = null

  get open(): Proposal | null {
    return this.newest?.state === 'open' ? this.newest : null
  }

  answer(
    verb: string,
    path: string,
    body: Record<string, unknown>,
    base: Overrides,
    me: Viewer,
  ): Answer | null {
    const [, number, act] = /^book\/proposal(?:\/(\d+)\/(return))?$/.exec(path) ?? []
    if (act === 'return') {
      const one = this.open
      if (one?.number !== Number(number)) return refuse(409, 'proposal_answered')
      if (one?.by !== me.user && me.role !== 'manager') return refuse(403, 'forbidden')
      this.close('returned', me, String(body['word'] ?? ''))
    } else if (verb === 'POST') {
      if (this.open) return refuse(409, 'proposal_open')
      this.newest = {
        number: (this.newest?.number ?? 0) + 1,
        from_number: Number(body['from_number']),
        base,
        overrides: body['overrides'] as Overrides,
        why: String(body['why']),
        by: me.user,
        by_name: PEOPLE[me.user] ?? me.user,
        at_ms: Date.now(),
        state: 'open',
        answered_by: '',
        answered_by_name: '',
        answered_ms: null,
        word: '',
        became: null,
      }
    }
    return [200, { proposal: this.newest }]
  }

  close(state: 'published' | 'returned', me: Viewer, word = '', became: number | null = null): void {
    if (this.newest)
      this.newest = {
        ...this.newest,
        state,
        answered_by: me.user,
        answered_by_name: PEOPLE[me.user] ?? me.user,
        answered_ms: Date.now(),
        word,
        became,
      }
  }
}
