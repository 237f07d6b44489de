/** Each fact as one sentence a person reads; the words come from the catalogue. */

import type { Fact, Party } from '@/api/types'
import type { Formats } from '@/format/time'
import { BOOK_FACTS, bookSentence } from './book-facts'
import { SERVICE_FACTS, serviceSentence } from './services'

export interface Words {
  t: (key: string, values?: Record<string, unknown>) => string
  te: (key: string) => boolean
  format: Formats
  queue: (id: string) => string
  agent: (id: string) => string
  number: (number: string) => string
}

const text = (value: unknown) => (value === null || value === undefined ? '' : String(value))

export function word(words: Words, group: string, value: unknown): string {
  const key = `${group}.${text(value)}`
  return words.te(key) ? words.t(key) : text(value)
}

/** Prompt ids in plain words: `number.3` is the number itself. */
export function promptWords(prompts: unknown, words: Words): string {
  const list = Array.isArray(prompts) ? (prompts as unknown[]) : [prompts]
  return list
    .map((id) => {
      const [, over, digits] = /^number\.(over-)?(\d+)$/.exec(text(id)) ?? []
      if (digits === undefined) return word(words, 'prompt', id)
      const number = words.format.number(Number(digits))
      return over ? words.t('more_than', { n: number }) : number
    })
    .join(' ')
}

/** Facts that only few look for: kept out of sight until details are asked for. */
export const DETAILS: ReadonlySet<string> = new Set([
  'step',
  'talk',
  'talk_began',
  'level',
  'said',
  'heard',
  'quality',
  'seated',
  'party_ringing',
])

/** Who ended the call; the fact's own party, where a centre of old did not say it apart. */
export function endedBy(fact: Fact): Party {
  const by = fact['by']
  return by === 'caller' || by === 'agent' || by === 'centre' ? by : (fact.party as Party)
}

/** The note of a flow's step: what it found out (`open`, `key 9`), in words, and where it went on to (`→ menu`). */
export function stepFound(note: string, words: Pick<Words, 't' | 'te'>): { what: string; to: string } {
  const [, found = '', to = ''] = /^(.*?)(?:\s*→\s*(.*))?$/s.exec(note) ?? []
  return { what: foundWords(found, words), to }
}

/** What a flow did at a step: it came there, found something out, and went on. */
function stepSentence(fact: Fact, words: Words): string {
  const step = text(fact['step'])
  const { what, to } = stepFound(text(fact['text']), words)
  const say = (key: string) => words.t(`fact.${key}`, { step, what, to })
  if (to) return say(what ? 'step_led' : 'step_on')
  return say(what ? 'step_said' : 'step')
}

function foundWords(found: string, words: Pick<Words, 't' | 'te'>): string {
  const key = /^key (.+)$/.exec(found)?.[1]
  if (key) return words.t('step.key', { key })
  const digits = /^(\d+) digits$/.exec(found)?.[1]
  if (digits) return words.t('step.digits', { n: digits })
  const answered = /^(found|not found|failed)(?:: (.*))?$/.exec(found)
  if (answered) {
    const [, how = '', why = ''] = answered
    const because = words.te(`lookup_why.${why}`) ? words.t(`lookup_why.${why}`) : why
    return [words.t(`step.${how}`), because].filter(Boolean).join(' · ')
  }
  if (!found) return ''
  for (const group of ['step', 'overflow_why', 'discarded_why', 'reason'])
    if (words.te(`${group}.${found}`)) return words.t(`${group}.${found}`)
  return found
}

export function sentenceOf(fact: Fact, words: Words): string {
  const { t, format } = words
  const agent = words.agent(text(fact['agent'])) || t('party.agent')
  const queue = words.queue(text(fact['queue']))
  const party = t(`party.${fact.party}`)
  const reason = word(words, 'reason', fact['reason'])
  const length = format.words(
    Number(fact['length_ms'] ?? Number(fact['ended_ms']) - Number(fact['began_ms'])) || 0,
  )
  const target = targetOf(fact, words, agent)
  const say = (key: string, values: Record<string, unknown> = {}) => t(`fact.${key}`, values)

  switch (fact.kind) {
    case 'offered': {
      if (fact['purpose'] === 'callback' || fact['purpose'] === 'redial')
        return say(`offered_${text(fact['purpose'])}`, { caller: words.number(text(fact['caller'])) })
      if (fact['page']) return say('offered_web', { page: text(fact['page']), number: text(fact['number']) })
      const who = [words.number(text(fact['caller'])), text(fact['caller_name'])].filter(Boolean).join(' ')
      return say('offered', {
        caller:
          `${who || t('calls.unknown_number')} `.trimEnd() + (format.locale.startsWith('zh') ? ' ' : ''),
        number: text(fact['number']),
      })
    }
    case 'answered':
      return say('answered', { codec: text(fact['codec']) })
    case 'ended':
      return endedBy(fact) === 'centre'
        ? say('ended_centre', { reason })
        : say('ended', { by: t(`party.${endedBy(fact)}`), reason })
    case 'step':
      return stepSentence(fact, words)
    case 'language':
      return say('language', { language: spoken(words, text(fact['language'])) })
    case 'prompt':
      return say('prompt', { prompts: promptWords(fact['prompts'], words) })
    case 'keys':
      if (fact['digits']) return say('keys', { digits: text(fact['digits']) })
      return say(fact['spoke'] ? 'keys_spoke' : 'keys_none')
    case 'overflow_step':
      return say('overflow_step', { queue, step: text(fact['step']) })
    case 'callback_agreed':
    case 'callback_resumed':
    case 'callback_placed':
    case 'redialled':
    case 'redial_offered':
      return say(fact.kind, {
        queue,
        agent,
        callee: words.number(text(fact['callee'])),
        attempt: text(fact['attempt']),
      })
    case 'callback_failed':
      return say(fact['due_ms'] ? 'callback_failed' : 'callback_given_up', {
        attempt: text(fact['attempt']),
        reason,
        due: format.time(Number(fact['due_ms']) || fact.at_ms),
      })
    case 'dropped':
      return say('dropped', { agent, reason })
    case 'redial_missed': // with a callee: the number was called
      return say(fact['callee'] ? 'redial_failed' : 'redial_missed', { agent, reason })
    case 'queued':
      if (fact['prefers']) return say('queued_prefers', { queue, agent: words.agent(text(fact['prefers'])) })
      return fact['priority']
        ? say('queued_priority', { queue, priority: text(fact['priority']) })
        : say('queued', { queue })
    case 'announced':
      return typeof fact['estimate_ms'] === 'number'
        ? say('announced_estimate', {
            place: text(fact['place']),
            estimate: format.words(fact['estimate_ms']),
          })
        : say('announced', { place: text(fact['place']) })
    case 'overflowed': {
      const to = fact['action'] === 'queue' ? words.queue(text(fact['target'])) : text(fact['target'])
      return say('overflowed', {
        queue,
        why: word(words, 'overflow_why', fact['why']),
        action: word(words, 'overflow_action', fact['action']),
        target: to,
      })
    }
    case 'diverted': {
      const to = fact['action'] === 'queue' ? words.queue(text(fact['target'])) : text(fact['target'])
      const action = word(words, 'overflow_action', fact['action'])
      return say('diverted', { queue, action, target: to, by: person(words, fact['by']) })
    }
    case 'turned_away':
      return say('turned_away', { queue, by: person(words, fact['by']) })
    case 'offer_made':
      return Number(fact['waited_ms']) >= 1_000
        ? say('offer_made', { agent, waited: format.words(Number(fact['waited_ms'])) })
        : say('offer_made_at_once', { agent })
    case 'offer_failed':
      return say('offer_failed', { agent, reason })
    case 'transfer':
      return say(MOVED[text(fact['how'])] ?? 'transfer', { target, by: person(words, fact['by']) })
    case 'transfer_failed':
      return say('transfer_failed', { target, reason })
    case 'outside':
      return say('outside', { target, trunk: text(fact['trunk']) })
    case 'outside_refused':
      return say('outside_refused', { target, why: word(words, 'outside_why', fact['why']) })
    case 'trunk_failed':
      return say('trunk_failed', { trunk: text(fact['trunk']), next: text(fact['next']), reason })
    case 'emergency':
      return say('emergency', { target })
    case 'toll_alarm':
      return say('toll_alarm', { calls: text(fact['calls']) })
    case 'outside_warned':
      return say('outside_warned')
    case 'web_limit':
      return say('web_limit')
    case 'outside_limit':
      return say('outside_limit', { why: word(words, 'outside_limit', fact['why']) })
    case 'urgent':
      return say(fact['text'] ? 'urgent_text' : 'urgent', {
        agent,
        kind: word(words, 'desk.urgent.kinds', fact['urgency']),
        text: text(fact['text']),
      })
    case 'help_asked':
      return say('help_asked', { agent })
    case 'agent_ringing':
    case 'agent_answered':
    case 'bridged':
    case 'parted':
    case 'wrap_up_began':
    case 'wrap_up_ended':
      return say(fact.kind, { agent })
    case 'talk':
      return say('talk', { party, length })
    case 'held':
    case 'resumed':
    case 'muted':
    case 'unmuted':
    case 'line_back':
      return say(fact.kind, { party })
    case 'line_away':
      return say(fact['why'] === 'left' ? 'line_away_left' : 'line_away', { party })
    case 'recording_started':
    case 'recording_paused':
    case 'recording_resumed':
    case 'recording_recovered':
      return say(fact.kind)
    case 'recording_stopped':
      return say('recording_stopped', { length })
    case 'recording_failed':
      return say(fact['length_ms'] === 0 ? 'recording_lost' : 'recording_failed', {
        detail: word(words, 'recording_detail', fact['detail']),
      })
    case 'quality': {
      const packets = Number(fact['packets']) || 0
      const lost = Number(fact['lost']) || 0
      return say('quality', {
        party,
        loss: `${format.number(Math.round((lost / Math.max(1, packets + lost)) * 1000) / 10)}%`,
        jitter: format.number(Math.round((Number(fact['jitter_ms']) || 0) * 10) / 10),
        mos:
          typeof fact['mos'] === 'number'
            ? format.number(Math.round(fact['mos'] * 10) / 10)
            : t('common.none'),
      })
    }
    case 'recovered':
      return say('recovered', { what: word(words, 'recovered', fact['what'] ?? fact['reason']) })
    case 'transfer_returned':
    case 'party_failed':
    case 'consult_ended':
      return say(fact.kind, { target, reason })
    case 'party_ringing':
    case 'joined':
    case 'left':
    case 'consult_answered':
      return say(fact.kind, { target })
    case 'party_rung':
      return say('party_rung', { target, purpose: word(words, 'purpose', fact['purpose']) })
    case 'consult':
    case 'conference':
      return say(fact.kind, { target, by: person(words, fact['by']) })
    case 'swapped':
      return say(fact['with'] === 'caller' ? 'swapped' : 'swapped_consulted', {
        by: person(words, fact['by']),
      })
    case 'supervised':
      return say('supervised', {
        agent,
        mode: word(words, 'supervision', fact['mode']),
        of: person(words, fact['of']),
      })
    case 'picked_up':
    case 'taken_over':
      return say(fact.kind, { agent, of: person(words, fact['of']) })
    case 'parked':
      return say('parked', { by: person(words, fact['by']), slot: text(fact['slot']) })
    case 'retrieved':
    case 'park_over':
    case 'supervision_ended':
      return say(fact.kind, { agent, slot: text(fact['slot']) })
    case 'moved':
    case 'replaced':
      return say(fact.kind, { party })
    case 'seated':
      return say('seated', { seats: seatsOf(fact, words) })
    default:
      if (BOOK_FACTS.has(fact.kind)) return bookSentence(fact, words)
      if (SERVICE_FACTS.has(fact.kind)) return serviceSentence(fact, words)
      return say('unknown', { kind: fact.kind })
  }
}

const MOVED: Readonly<Record<string, string>> = { blind: 'transfer_blind', attended: 'transfer_attended' }

/** Whom a fact is about: a number outside, a queue, a flow, or an agent. */
function targetOf(fact: Fact, words: Words, agent: string): string {
  if (fact['number']) return words.number(text(fact['number']))
  if (fact['queue'] && !fact['agent']) return words.queue(text(fact['queue']))
  return fact['flow'] && !fact['agent'] ? text(fact['flow']) : agent
}

const person = (words: Words, id: unknown) => words.agent(text(id)) || text(id) || words.t('party.agent')

interface Seat {
  agent?: string
  number?: string
  at?: string
}

/** Everybody in the call, each with a place. */
function seatsOf(fact: Fact, words: Words): string {
  const seats = Array.isArray(fact['seats']) ? (fact['seats'] as Seat[]) : []
  const all = [
    `${words.t('party.caller')} ${word(words, 'at', fact['caller'])}`.trim(),
    ...seats.map((seat) => {
      const who = seat.number ? words.number(seat.number) : person(words, seat.agent)
      return `${who} ${word(words, 'at', seat.at)}`
    }),
  ]
  return all.join(words.format.locale.startsWith('zh') ? '，' : ', ')
}

function spoken(words: Words, code: string): string {
  const short = code.slice(0, 2)
  return short === 'zh' || short === 'en' ? words.t(`spoken.${short}`) : code
}
