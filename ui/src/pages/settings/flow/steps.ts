/** The kinds of step a flow may have, and the fields of each: what the palette, the panel and the graph are drawn from. */

import type { Field } from '../forms/field'

const SAY: Field = { name: 'say', kind: 'prompts' }
const NEXT: Field = { name: 'next', kind: 'step', required: true }
const ASKS: Field[] = [
  { name: 'wrong', kind: 'prompts' },
  { name: 'nothing', kind: 'prompts' },
  { name: 'tries', kind: 'count', least: 1, most: 9, standard: 3 },
]

function waits(wait: string, between: string): Field[] {
  return [
    { name: 'wait', kind: 'length', standard: wait, rare: true },
    { name: 'between', kind: 'length', standard: between, rare: true },
    { name: 'barge_in', kind: 'yes', standard: true, rare: true },
  ]
}

export const STEPS = {
  play: [{ ...SAY, required: true }, NEXT],
  menu: [
    { ...SAY, required: true },
    { name: 'keys', kind: 'keys', required: true },
    ...ASKS,
    { name: 'otherwise', kind: 'step' },
    ...waits('5s', '3s'),
  ],
  collect: [
    { ...SAY, required: true },
    { name: 'into', kind: 'text', required: true, like: 'card' },
    { name: 'least', kind: 'count', least: 0, most: 32, standard: 1 },
    { name: 'most', kind: 'count', least: 1, most: 32, standard: 20 },
    { name: 'pattern', kind: 'text', like: '[1-9][0-9]*', rare: true },
    { name: 'end_key', kind: 'choice', options: ['#', '*', ''], standard: '#', words: 'end_key', rare: true },
    { name: 'private', kind: 'yes', standard: true },
    NEXT,
    ...ASKS,
    { name: 'otherwise', kind: 'step' },
    ...waits('8s', '4s'),
  ],
  hours: [
    { name: 'calendar', kind: 'one', of: 'calendars', required: true },
    { name: 'open', kind: 'step', required: true },
    { name: 'closed', kind: 'step', required: true },
    { name: 'holiday', kind: 'step' },
  ],
  condition: [
    { name: 'cases', kind: 'cases', required: true },
    { name: 'otherwise', kind: 'step', required: true, hint: 'otherwise_condition' },
  ],
  queue: [
    { name: 'queue', kind: 'one', of: 'queues', required: true },
    SAY,
    { name: 'priority', kind: 'count', least: 0, most: 100, standard: 0 },
    { name: 'skills', kind: 'levels', least: 1, rare: true },
    { name: 'overflow', kind: 'step' },
    { name: 'line_full', kind: 'step' },
    { name: 'wait_over', kind: 'step' },
    { name: 'no_agent', kind: 'step' },
  ],
  transfer: [
    { name: 'number', kind: 'dial', like: '8001' },
    { name: 'agent', kind: 'one', of: 'agents' },
    SAY,
    { name: 'ring', kind: 'length', standard: '30s' },
    { name: 'outside', kind: 'yes', rare: true },
    { name: 'failed', kind: 'step' },
  ],
  voicemail: [
    { name: 'queue', kind: 'one', of: 'queues', required: true },
    { name: 'say', kind: 'prompts', standard: ['voicemail-greeting'] },
    { name: 'saved', kind: 'prompts', standard: ['voicemail-saved', 'goodbye'] },
    { name: 'too_short', kind: 'prompts', standard: ['voicemail-short'] },
    { name: 'longest', kind: 'length', standard: '2m' },
    { name: 'shortest', kind: 'length', standard: '2s', rare: true },
    { name: 'silence', kind: 'length', standard: '6s', rare: true },
    { name: 'tries', kind: 'count', least: 1, most: 9, standard: 2 },
    { name: 'next', kind: 'step' },
  ],
  hang_up: [
    SAY,
    {
      name: 'reason',
      kind: 'choice',
      options: ['normal', 'busy', 'declined', 'unavailable', 'forbidden', 'congestion', 'failed'],
      standard: 'normal',
      words: 'reason',
    },
  ],
  lookup: [
    { name: 'service', kind: 'one', of: 'services', required: true },
    SAY,
    { name: 'send', kind: 'names', like: ['caller', '{caller}'] },
    { name: 'take', kind: 'names', like: ['level', 'customer.level'], form: 'variable' },
    { name: 'found', kind: 'step', required: true },
    { name: 'failed', kind: 'step', required: true },
    { name: 'not_found', kind: 'step' },
  ],
  set: [
    { name: 'variables', kind: 'names', like: ['kind', '{caller}'], required: true, form: 'variable' },
    NEXT,
  ],
  language: [
    { name: 'language', kind: 'choice', options: ['zh', 'en'], required: true, words: 'spoken' },
    NEXT,
  ],
  rate: [
    { name: 'say', kind: 'prompts', standard: ['survey-rate'] },
    { name: 'lowest', kind: 'count', least: 0, most: 9, standard: 1 },
    { name: 'highest', kind: 'count', least: 0, most: 9, standard: 5 },
    { name: 'wrong', kind: 'prompts', standard: ['wrong-key'] },
    { name: 'nothing', kind: 'prompts' },
    { name: 'tries', kind: 'count', least: 1, most: 9, standard: 2 },
    { name: 'wait', kind: 'length', standard: '6s', rare: true },
    NEXT,
    { name: 'otherwise', kind: 'step', hint: 'otherwise_rate' },
  ],
  comment: [
    { name: 'say', kind: 'prompts', standard: ['survey-comment'] },
    { name: 'longest', kind: 'length', standard: '1m' },
    { name: 'shortest', kind: 'length', standard: '1s500ms', rare: true },
    { name: 'silence', kind: 'length', standard: '5s', rare: true },
    NEXT,
  ],
  flow: [{ name: 'flow', kind: 'one', of: 'flows', required: true }, NEXT],
  return: [],
  echo: [SAY],
} as const satisfies Record<string, readonly Field[]>

export type StepKind = keyof typeof STEPS
export const STEP_KINDS = Object.keys(STEPS) as StepKind[]

export function isStepKind(word: unknown): word is StepKind {
  return typeof word === 'string' && Object.hasOwn(STEPS, word)
}

export function fieldsOf(kind: StepKind): readonly Field[] {
  return STEPS[kind]
}

/** A case of a condition; its way out is `next`. */
export const CASE: readonly Field[] = [
  { name: 'next', kind: 'step', required: true },
  { name: 'caller', kind: 'texts', like: '138' },
  { name: 'language', kind: 'picks', options: ['zh', 'en'], words: 'spoken' },
  { name: 'variable', kind: 'text', like: 'card' },
  { name: 'equals', kind: 'texts', like: 'gold' },
  { name: 'starts', kind: 'texts', like: '9' },
  { name: 'matches', kind: 'text', like: '[0-9]{8}' },
  { name: 'days', kind: 'texts', like: 'mon-fri' },
  { name: 'time', kind: 'texts', like: '22:00-06:00' },
]

export const GROUPS: { readonly group: string; readonly kinds: readonly StepKind[] }[] = [
  { group: 'speak', kinds: ['play', 'menu', 'collect', 'language'] },
  { group: 'decide', kinds: ['hours', 'condition', 'lookup', 'set', 'flow', 'return'] },
  { group: 'lead', kinds: ['queue', 'transfer', 'voicemail', 'hang_up', 'echo'] },
  { group: 'survey', kinds: ['rate', 'comment'] },
]
