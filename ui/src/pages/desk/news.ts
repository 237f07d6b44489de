/** Which of the news stands on the desk's line. Pure. */

import type { DeskAgent, News } from '@/api/desk-types'

const FRESH_MS = 10 * 60_000

/** Tells why no calls come: of no use to who is ready again. */
const WHILE_UNAVAILABLE: ReadonlySet<string> = new Set<News['kind']>(['phone_lost', 'missed'])

/** The newest that is not read, not old and still so. */
export function newsNow(
  news: readonly News[],
  state: DeskAgent['state'],
  read: ReadonlySet<string>,
  now: number,
): News | null {
  const stands = (one: News) => !WHILE_UNAVAILABLE.has(one.kind) || state === 'unavailable'
  return news.filter((one) => now - one.at_ms < FRESH_MS && !read.has(one.id) && stands(one)).at(-1) ?? null
}
