/** Sentences of what callers leave and are told: messages, surveys, look-ups, announcements. */

import type { Fact } from '@/api/types'
import { promptWords, word, type Words } from './sentence'

export const SERVICE_FACTS: ReadonlySet<string> = new Set([
  'looked_up',
  'notice',
  'voicemail_began',
  'voicemail_left',
  'voicemail_discarded',
  'voicemail_given',
  'voicemail_taken',
  'voicemail_returned',
  'voicemail_done',
  'survey_began',
  'rated',
  'comment_began',
  'comment_left',
  'comment_discarded',
])

export function serviceSentence(fact: Fact, words: Words): string {
  const { t, format } = words
  const text = (name: string) => (fact[name] === null || fact[name] === undefined ? '' : String(fact[name]))
  const length = format.words(Number(fact['length_ms']) || 0)
  const queue = words.queue(text('queue'))
  const person = (name: string) => words.agent(text(name)) || text(name) || t('party.agent')
  const why = word(words, 'discarded_why', fact['why'])
  switch (fact.kind) {
    case 'looked_up': {
      const values = { service: text('service'), took: format.words(Number(fact['took_ms']) || 0) }
      const how = text('how')
      if (how === 'found' || how === 'not_found') return t(`fact.looked_up_${how}`, values)
      return t('fact.looked_up', { ...values, why: word(words, 'lookup_why', fact['why']) })
    }
    case 'notice': {
      const prompts = promptWords(fact['prompts'], words)
      return prompts ? t('fact.notice', { prompts }) : t('fact.notice_recorded')
    }
    case 'rated':
      return t('fact.rated', { score: text('score') })
    case 'survey_began':
      return t('fact.survey_began', { agent: words.agent(text('agent')) || t('party.agent') })
    default:
      return t(`fact.${fact.kind}`, { queue, length, why, agent: person('agent'), by: person('by') })
  }
}
