/** What was said and what was promised, in words: the facts that the service standard looks at besides sounds. Pure. */

import type { Fact } from '@/api/types'
import type { Words } from './sentence'

export const BOOK_FACTS: ReadonlySet<string> = new Set([
  'talk_began',
  'level',
  'said',
  'heard',
  'filed',
  'ticket_opened',
  'promised',
  'followed_up',
  'ticket_closed',
])

export function bookSentence(fact: Fact, words: Words): string {
  const { t, te, format } = words
  const text = (name: string) => (fact[name] === null || fact[name] === undefined ? '' : String(fact[name]))
  const party = t(`party.${fact.party}`)
  const agent = words.agent(text('agent')) || t('party.agent')
  const named = (group: string, value: string) => (te(`${group}.${value}`) ? t(`${group}.${value}`) : value)
  const due = typeof fact['due_ms'] === 'number' ? format.instant(fact['due_ms']) : ''
  switch (fact.kind) {
    case 'said':
      return t('fact.said', { party, text: text('text') })
    case 'filed':
      return t('fact.filed', { agent })
    case 'ticket_opened':
      return t(due ? 'fact.ticket_opened_due' : 'fact.ticket_opened', { agent, ticket: text('ticket'), due })
    case 'promised':
      return t('fact.promised', { agent, what: named('promise', text('what')), due })
    case 'followed_up':
      return t('fact.followed_up', { agent, how: named('follow_up', text('how')) })
    case 'ticket_closed':
      return t('fact.ticket_closed', { agent, ticket: text('ticket') })
    default:
      return t(`fact.${fact.kind}`, { party })
  }
}
