/** The few words that spans and marks carry on the lanes, and the fuller ones of their titles. Pure. */

import type { Fact } from '@/api/types'
import { clockLength } from '@/format/time'
import { promptWords, type Words } from './sentence'
import type { Mark, Span } from './timeline'

const agentOf = (fact: Fact | null, words: Words) => words.agent(String(fact?.['agent'] ?? ''))
const whoOf = (fact: Fact | null) => String(fact?.['agent'] ?? fact?.['number'] ?? '')

/** The name of one of a timeline's agents: an agent's own, else the number that was reached. */
export const rowName = (who: string, words: Words) => words.agent(who) || words.number(who)

export const spanLength = (span: Span, words: Words) => words.format.words(span.to - span.from)

export function spanLabel(span: Span, words: Words): string {
  const { t } = words
  switch (span.kind) {
    case 'prompt':
      return promptWords(span.fact?.['prompts'], words)
    case 'wait':
      return t('lane.wait', { queue: words.queue(String(span.fact?.['queue'] ?? '')) })
    case 'ring':
      return t(span.failed ? 'lane.ring_failed' : 'lane.ring', { agent: agentOf(span.fact, words) })
    case 'bridged':
      return t('lane.bridged', { agent: agentOf(span.fact, words) })
    case 'aside':
    case 'joined':
    case 'supervised':
      return t(`lane.${span.kind}`, { agent: rowName(whoOf(span.fact), words) })
    case 'parked':
      return t('lane.parked', { slot: String(span.fact?.['slot'] ?? '') })
    default:
      return t(`lane.${span.kind}`)
  }
}

/** When it began, what it is and how long it took. */
export function spanTitle(span: Span, words: Words): string {
  const label = spanLabel(span, words)
  const told = span.kind === 'prompt' ? words.t('lane.prompt_of', { prompts: label }) : label
  return `${clockLength(span.from)}  ${told}  ${spanLength(span, words)}`
}

/** What stands on a key: the digits, or a sign that there was speech or nothing instead. */
export function keySign(mark: Mark): string {
  return String(mark.fact['digits'] || (mark.fact['spoke'] ? '“”' : '×'))
}

export function keyTitle(mark: Mark, words: Words): string {
  const { digits, spoke } = mark.fact
  const label = digits
    ? words.t('lane.keys', { digits: String(digits) })
    : words.t(spoke ? 'lane.spoke' : 'lane.no_keys')
  return `${clockLength(mark.at)}  ${label}`
}

export function flagLabel(mark: Mark, words: Words): string {
  const { t } = words
  if (mark.kind === 'bridged') return t('lane.bridged', { agent: agentOf(mark.fact, words) })
  return mark.lane === 'centre'
    ? t('lane.hung_up_centre')
    : t('lane.hung_up', { party: t(`party.${mark.lane}`) })
}
