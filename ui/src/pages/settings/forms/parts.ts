/** The parts of the file as forms: which fields each thing has, in which order, with which standard value. */

import type { Field, Named } from './field'
import { ROLES } from './roles'
import { AUDIO, OUTBOUND, TRUNK } from './trunks'
import { WARNINGS } from './warnings'

const NUMBER: Field[] = [
  { name: 'number', kind: 'dial', required: true, like: '4000' },
  { name: 'name', kind: 'text' },
  { name: 'flow', kind: 'one', of: 'flows', group: 'leads_to' },
  { name: 'queue', kind: 'one', of: 'queues', group: 'leads_to' },
  { name: 'agent', kind: 'one', of: 'agents', group: 'leads_to' },
  { name: 'echo', kind: 'yes', group: 'leads_to' },
  { name: 'public', kind: 'yes', group: 'who' },
]

const CALLBACK: Field[] = [
  { name: 'key', kind: 'text', standard: '1' },
  { name: 'tries', kind: 'count', least: 1, most: 10, standard: 3 },
  { name: 'pause', kind: 'length', standard: '5m' },
  { name: 'expires', kind: 'length', standard: '12h' },
  { name: 'calendar', kind: 'one', of: 'calendars', none: 'any_hour' },
  { name: 'prefix', kind: 'dial', like: '9' },
  { name: 'other_number', kind: 'yes' },
  { name: 'allowed', kind: 'texts', like: '13' },
]

const QUEUE: Field[] = [
  { name: 'name', kind: 'text', required: true, group: 'usual' },
  { name: 'skills', kind: 'levels', least: 1, group: 'usual' },
  {
    name: 'strategy',
    kind: 'choice',
    options: ['longest_idle', 'fewest_calls', 'round_robin', 'best_skill'],
    standard: 'longest_idle',
    group: 'usual',
  },
  { name: 'ring', kind: 'length', standard: '15s', group: 'usual' },
  { name: 'wrap_up', kind: 'length', standard: '20s', group: 'usual' },
  {
    name: 'wrap_up_form',
    kind: 'choice',
    options: ['optional', 'required'],
    standard: 'optional',
    group: 'usual',
  },
  { name: 'goal_share', kind: 'share', standard: 0.8, group: 'goal' },
  { name: 'goal', kind: 'length', standard: '20s', group: 'goal' },
  {
    name: 'longest_line',
    kind: 'count',
    least: 0,
    most: 100_000,
    standard: 0,
    none: 'no_bound',
    group: 'bounds',
  },
  { name: 'line_full', kind: 'way', group: 'bounds' },
  { name: 'longest_wait', kind: 'length', standard: '0', none: 'no_bound', group: 'bounds' },
  { name: 'wait_over', kind: 'way', group: 'bounds' },
  { name: 'no_agent', kind: 'way', group: 'bounds' },
  { name: 'announce', kind: 'prompts', group: 'hears' },
  { name: 'announce_every', kind: 'length', standard: '30s', none: 'never', group: 'hears' },
  { name: 'survey', kind: 'one', of: 'flows', none: 'no_survey', group: 'hears' },
  { name: 'callback', kind: 'part', fields: CALLBACK, group: 'service' },
  {
    name: 'last_agent',
    kind: 'part',
    fields: [
      { name: 'within', kind: 'length', standard: '24h' },
      { name: 'wait', kind: 'length', standard: '20s' },
    ],
    group: 'service',
  },
  {
    name: 'steps',
    kind: 'items',
    fresh: { after: '30s' },
    fields: [
      { name: 'after', kind: 'length', required: true },
      { name: 'skills', kind: 'levels', least: 0 },
      { name: 'queues', kind: 'many', of: 'queues' },
      { name: 'priority', kind: 'count', least: 0, most: 100, standard: 0 },
      { name: 'say', kind: 'prompts' },
      { name: 'then', kind: 'way' },
    ],
    group: 'overflow',
  },
  { name: 'weight', kind: 'count', least: 0, most: 100, standard: 0, group: 'fine' },
  { name: 'ageing', kind: 'length', standard: '1m', group: 'fine' },
  { name: 'voicemail', kind: 'length', standard: '10m', none: 'only_listed', group: 'fine' },
  { name: 'redial', kind: 'length', standard: '2m', none: 'not_redialled', group: 'fine' },
]

const HINTS = ['novice', 'normal', 'veteran', 'off'] as const

const PERSON: Field[] = [
  { name: 'user', kind: 'text', required: true, like: 'li' },
  { name: 'name', kind: 'text', required: true },
  { name: 'role', kind: 'choice', options: ROLES, standard: 'agent', words: 'role' },
  { name: 'extension', kind: 'dial', like: '1001', group: 'calls' },
  { name: 'queues', kind: 'many', of: 'queues', group: 'calls' },
  { name: 'skills', kind: 'levels', least: 1, group: 'calls' },
  { name: 'hints', kind: 'choice', options: ['', ...HINTS], words: 'hints', group: 'calls' },
]

const ENDPOINT: Field[] = [
  { name: 'endpoint', kind: 'text', required: true, like: '1001' },
  { name: 'person', kind: 'one', of: 'people', none: 'nobodys' },
  { name: 'enabled', kind: 'yes', standard: true },
  { name: 'user', kind: 'text', group: 'sip' },
  { name: 'contact', kind: 'text', like: '10.0.0.9:5060', group: 'sip' },
  ...AUDIO,
]

const CODES: Field[] = [
  { name: 'ready', kind: 'dial', standard: '*11', group: 'state' },
  { name: 'break', kind: 'dial', standard: '*12', group: 'state' },
  { name: 'sign_out', kind: 'dial', standard: '*13', group: 'state' },
  { name: 'pick_up', kind: 'dial', standard: '*8', group: 'others_calls' },
  { name: 'listen', kind: 'dial', standard: '*21', group: 'others_calls' },
  { name: 'whisper', kind: 'dial', standard: '*22', group: 'others_calls' },
  { name: 'barge', kind: 'dial', standard: '*23', group: 'others_calls' },
  { name: 'park', kind: 'dial', standard: '*70', group: 'parking' },
  {
    name: 'park_slots',
    kind: 'texts',
    standard: Array.from({ length: 9 }, (_, n) => String(701 + n)),
    group: 'parking',
  },
  { name: 'park_for', kind: 'length', standard: '2m', none: 'no_end', group: 'parking' },
]

const LOOKUP: Field[] = [
  { name: 'hosts', kind: 'texts', like: 'crm.example.com' },
  { name: 'at_once', kind: 'count', least: 1, most: 100, standard: 8 },
  {
    name: 'services',
    kind: 'each',
    keys: 'free',
    fresh: { url: 'https://' },
    group: 'services',
    fields: [
      { name: 'url', kind: 'text', required: true, like: 'https://crm.example.com/caller', wide: true },
      { name: 'method', kind: 'choice', options: ['get', 'post'], standard: 'get', words: 'capitals' },
      { name: 'timeout', kind: 'length', standard: '2s' },
      { name: 'secret_env', kind: 'text', like: 'CRM_TOKEN' },
      { name: 'header', kind: 'text', standard: 'Authorization' },
      { name: 'internal', kind: 'yes' },
    ],
  },
]

export type PartName =
  | 'numbers'
  | 'flows'
  | 'calendars'
  | 'queues'
  | 'skills'
  | 'people'
  | 'endpoints'
  | 'trunks'
  | 'outbound'
  | 'breaks'
  | 'warnings'
  | 'assist'
  | 'dispositions'
  | 'feature_codes'
  | 'company'
  | 'security'
  | 'recordings'
  | 'lookup'
  | 'sip'
  | 'webrtc'
  | 'web_callers'

/** A part of which there are many; each by its name (`id`: the name in the file's table). */
export interface Collection {
  readonly shape: 'list' | 'table'
  /** The field of a list's thing that names it. */
  readonly key?: string
  readonly fields: readonly Field[]
  /** What names its things elsewhere. */
  readonly named?: Named
}

export const COLLECTIONS = {
  numbers: { shape: 'list', key: 'number', fields: NUMBER, named: 'numbers' },
  queues: { shape: 'table', fields: QUEUE, named: 'queues' },
  people: { shape: 'list', key: 'user', fields: PERSON, named: 'people' },
  endpoints: { shape: 'list', key: 'endpoint', fields: ENDPOINT },
  trunks: { shape: 'list', key: 'trunk', fields: TRUNK, named: 'trunks' },
  breaks: {
    shape: 'list',
    key: 'id',
    fields: [
      { name: 'id', kind: 'text', required: true, like: 'meal' },
      { name: 'name', kind: 'text', required: true },
      { name: 'name_en', kind: 'text' },
    ],
  },
} as const satisfies Record<string, Collection>

export type CollectionName = keyof typeof COLLECTIONS

/** A part of which there is one. */
export const SINGLES = {
  company: [
    { name: 'name', kind: 'text', required: true },
    { name: 'name_en', kind: 'text' },
    { name: 'language', kind: 'choice', options: ['zh', 'en'], standard: 'zh', words: 'spoken' },
    { name: 'time_zone', kind: 'text', standard: 'Asia/Shanghai' },
    { name: 'country', kind: 'text', standard: 'CN' },
  ],
  outbound: OUTBOUND,
  warnings: WARNINGS,
  assist: [{ name: 'hints', kind: 'choice', options: HINTS, standard: 'normal', words: 'hints' }],
  feature_codes: CODES,
  security: [{ name: 'second_factor', kind: 'picks', options: ROLES, words: 'role' }],
  recordings: [{ name: 'keep_days', kind: 'count', least: 0, most: 36_500, standard: 0, none: 'for_ever' }],
  lookup: LOOKUP,
  sip: [
    { name: 'proxies', kind: 'texts', like: '10.0.0.5' },
    { name: 'websocket', kind: 'text', like: 'wss://desk.example.com/sip', wide: true },
  ],
  webrtc: [
    { name: 'turn', kind: 'texts', like: 'turn:turn.example.com:3478' },
    { name: 'turn_secret_env', kind: 'text', like: 'TURN_SECRET' },
    { name: 'turn_for', kind: 'length', standard: '12h' },
    { name: 'stun', kind: 'texts', like: 'stun:turn.example.com:3478' },
  ],
  web_callers: [
    { name: 'origins', kind: 'texts', like: 'https://www.example.com' },
    { name: 'numbers', kind: 'many', of: 'numbers' },
    { name: 'hours', kind: 'one', of: 'calendars', none: 'any_hour' },
    { name: 'longest_call', kind: 'length', standard: '30m' },
    { name: 'at_once', kind: 'count', least: 0, most: 1_000_000, standard: 10 },
    {
      name: 'per_address',
      kind: 'inside',
      group: 'per_address',
      fields: [
        { name: 'minute', kind: 'count', least: 0, most: 1_000_000, standard: 3 },
        { name: 'hour', kind: 'count', least: 0, most: 1_000_000, standard: 20 },
      ],
    },
  ],
} as const satisfies Record<string, readonly Field[]>

export type SingleName = keyof typeof SINGLES
