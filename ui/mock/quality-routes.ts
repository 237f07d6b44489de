/** Inspection and the book, as the mock centre's interface answers of them. */

import type { Book } from '../src/api/book-types'
import type { MockCentre } from './centre.ts'
import { PARTS, PHRASES, RULES } from './quality-book.ts'
import { assessmentOf, BOOK_VERSION, transcriptOf } from './quality-calls.ts'

export type Answer = [number, unknown]

export const refuse = (status: number, code: string, message: string, more: object = {}): Answer => [
  status,
  { error: { code, message, ...more } },
]

export class QualityRoutes {
  constructor(private centre: MockCentre) {}

  anew(centre: MockCentre): void {
    this.centre = centre
  }

  /** As [status, body]; null when it is not this part's to answer. */
  answer(route: string, now: number): Answer | null {
    if (route === 'GET /book') return [200, this.book()]
    const [, id = '', what = ''] = /^GET \/calls\/([^/]+)\/(assessment|transcript)$/.exec(route) ?? []
    if (!what) return null
    const call = this.centre.scripts.get(id)?.whole(now)
    if (!call) return refuse(404, 'not_found', `There is no call ${id}.`)
    if (what === 'transcript') return [200, transcriptOf(call)]
    if (call.ended_ms === null || call.bridged_ms === null)
      return refuse(404, 'not_judged', 'This call has not been judged.', { why: { state: 'none', why: '' } })
    return [200, assessmentOf(call)]
  }

  private book(): Book {
    return {
      version: BOOK_VERSION,
      number: 0,
      parts: PARTS,
      rules: [...RULES],
      phrases: [...PHRASES],
      overrides: {},
    }
  }
}
