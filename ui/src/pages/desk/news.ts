/** Which of the news stands on the desk's line. Pure. */

import type { DeskAgent, News } from '@/api/desk-types'

const FRESH_MS = 10 * 60_000

/** The newest that is not read, not old and still so: of a lost phone nothing once it is back. */
export function newsNow(
  news: readonly News[],
  state: DeskAgent['state'],
  read: ReadonlySet<string>,
  now: number,
): News | null {
  const stands = (one: News) => one.kind !== 'phone_lost' || state === 'unavailable'
  return news.filter((one) => now - one.at_ms < FRESH_MS && !read.has(one.id) && stands(one)).at(-1) ?? null
}
