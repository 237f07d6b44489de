/** What a web site's pages need for the button by which its visitors call (`web-call/main.ts` reads it). */

import type { Parts } from '@/api/settings-types'
import { at, isTable, listOf, textOf, wordsOf } from './draft/plain'

/** For the first number that visitors may call; while none is chosen, for the first that is open to strangers. */
export function buttonLine(parts: Parts, origin: string): string {
  const [chosen] = wordsOf(at(parts, ['web_callers', 'numbers']))
  const open = listOf(parts['numbers']).find((one) => isTable(one) && textOf(one['public']) === 'true')
  const number = chosen ?? (isTable(open) ? textOf(open['number']) : '')
  return `<script src="${origin}/call.js" data-number="${number}"></script>`
}
