/** The service standard: read, tried out, published. */

import type { Book, BookChange, BookProblem, BookVersion, Overrides, Proposal, Trial } from './book-types'
import { queryOf, request } from './client'
import { linesOf } from './lines'

interface Newest {
  proposal: Proposal | null
}

/** Changes to the version that they were made of, and why. */
export interface Changed {
  overrides: Overrides
  why: string
  from_number: number
}

export const bookApi = {
  book: (version?: number) => request<Book>('GET', `/book${queryOf({ version })}`),
  check: async (overrides: Overrides) =>
    (await request<{ problems: BookProblem[] }>('POST', '/book/check', { body: { overrides } })).problems,
  /** How far it is, told as it goes on; aborted, it ends at the centre too. */
  trial: (wanted: { overrides: Overrides; calls: number }, signal: AbortSignal) =>
    linesOf<Trial>('POST', '/book/trial', { body: wanted, signal }),
  versions: async () => (await request<{ versions: BookVersion[] }>('GET', '/book/versions')).versions,
  changes: async (from: number, to: number) =>
    (await request<{ changes: BookChange[] }>('GET', `/book/changes${queryOf({ from, to })}`)).changes,
  proposal: async () => (await request<Newest>('GET', '/book/proposal')).proposal,
  propose: async (wanted: Changed) =>
    (await request<Newest>('POST', '/book/proposal', { body: wanted })).proposal,
  sendBack: async (number: number, word: string) =>
    (await request<Newest>('POST', `/book/proposal/${number}/return`, { body: { word } })).proposal,
  /** `proposal`: the one that the changes come of. */
  publish: (wanted: Changed & { proposal: number | null }) =>
    request<{ number: number; version: string }>('POST', '/book/publish', { body: wanted }),
  rollBack: (to: number, why: string) =>
    request<{ number: number; version: string }>('POST', '/book/roll_back', { body: { to, why } }),
}
