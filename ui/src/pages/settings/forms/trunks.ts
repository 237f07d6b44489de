/** The lines to carriers and what may leave by them, as forms: the parts `trunks` and `outbound` of the file. */

import type { Field } from './field'
import { ASKERS } from './roles'

const CODECS = ['PCMA', 'PCMU', 'G722']
const KINDS = [
  'fixed',
  'mobile',
  'toll_free',
  'premium',
  'shared_cost',
  'personal',
  'internet',
  'company',
  'pager',
  'satellite',
  'short',
  'unknown',
]
const COSTS = ['free', 'local', 'national', 'mobile', 'international', 'premium']

/** How voice travels: of phones as of trunks. */
export const AUDIO: Field[] = [
  { name: 'srtp', kind: 'choice', options: ['never', 'offer', 'require'], standard: 'never', group: 'sound' },
  { name: 'codecs', kind: 'picks', options: CODECS, words: 'as_is', group: 'sound' },
]

export const TRUNK: Field[] = [
  { name: 'trunk', kind: 'text', required: true, like: 'city' },
  { name: 'name', kind: 'text' },
  { name: 'target', kind: 'text', required: true, like: '203.0.113.5:5060' },
  { name: 'targets', kind: 'texts', like: '203.0.113.6' },
  { name: 'transport', kind: 'choice', options: ['udp', 'tcp', 'tls'], standard: 'udp', words: 'capitals' },
  { name: 'sources', kind: 'texts', like: '203.0.113.0/28', group: 'from' },
  { name: 'trusted', kind: 'yes', standard: true, group: 'from' },
  { name: 'user', kind: 'text', group: 'account' },
  { name: 'password_env', kind: 'text', like: 'CITY_TRUNK_PASSWORD', group: 'account' },
  { name: 'register', kind: 'yes', group: 'account' },
  ...AUDIO,
  {
    name: 'tls',
    kind: 'inside',
    group: 'tls',
    fields: [
      { name: 'ca', kind: 'text', like: '/etc/huawu/carrier-ca.pem', wide: true },
      { name: 'name', kind: 'text', like: 'sip.carrier.example' },
      { name: 'fingerprint', kind: 'text', like: 'AB:CD:…', wide: true },
      { name: 'client_certificate', kind: 'yes' },
    ],
  },
]

const CAPS: Field[] = ['at_once', 'hour', 'day', 'minutes'].map((name) => ({
  name,
  kind: 'count' as const,
  least: 0,
  most: 1_000_000,
  standard: 0,
  none: 'no_bound',
}))

export const OUTBOUND: Field[] = [
  {
    name: 'rules',
    kind: 'items',
    fresh: { rule: 'city', who: 'agent', prefixes: '0', trunks: '' },
    group: 'rules',
    fields: [
      { name: 'rule', kind: 'text', required: true, like: 'city' },
      { name: 'who', kind: 'picks', options: ASKERS, required: true, words: 'asker' },
      { name: 'prefixes', kind: 'texts', required: true, like: '0' },
      { name: 'trunks', kind: 'many', of: 'trunks', required: true },
      { name: 'strip', kind: 'count', least: 0, most: 8, standard: 0 },
      { name: 'form', kind: 'choice', options: ['as_dialled', 'e164', 'national'], standard: 'as_dialled' },
      { name: 'prepend', kind: 'dial', like: '17909' },
      { name: 'kinds', kind: 'picks', options: KINDS, words: 'number_kind' },
    ],
  },
  { name: 'emergency', kind: 'texts', like: '110', group: 'emergency' },
  { name: 'emergency_trunks', kind: 'many', of: 'trunks', group: 'emergency' },
  { name: 'countries', kind: 'texts', like: 'CN', group: 'allowed' },
  { name: 'blocked_countries', kind: 'texts', like: 'XX', group: 'allowed' },
  {
    name: 'blocked_kinds',
    kind: 'picks',
    options: KINDS,
    standard: ['premium', 'short', 'satellite', 'personal'],
    words: 'number_kind',
    group: 'allowed',
  },
  { name: 'longest_call', kind: 'length', standard: '2h', none: 'no_bound', group: 'bounds' },
  {
    name: 'caps',
    kind: 'each',
    keys: ASKERS,
    words: 'asker',
    fields: [...CAPS, { name: 'each', kind: 'inside', fields: CAPS }],
    group: 'bounds',
  },
  { name: 'caps_of', kind: 'each', keys: 'people', fields: CAPS, group: 'bounds' },
  {
    name: 'costs',
    kind: 'items',
    fresh: { prefix: '+852', cost: 'national' },
    fields: [
      { name: 'prefix', kind: 'dial', required: true, like: '+852' },
      { name: 'cost', kind: 'choice', options: COSTS, required: true, words: 'cost' },
    ],
    group: 'costs',
  },
  {
    name: 'costly',
    kind: 'picks',
    options: COSTS,
    standard: ['international', 'premium'],
    words: 'cost',
    group: 'costs',
  },
  {
    name: 'alarm',
    kind: 'inside',
    group: 'alarm',
    fields: [
      { name: 'calls', kind: 'count', least: 0, most: 1_000_000, standard: 10 },
      { name: 'window', kind: 'length', standard: '10m' },
      { name: 'hours', kind: 'one', of: 'calendars', none: 'no_calendar' },
      { name: 'calls_outside_hours', kind: 'count', least: 0, most: 1_000_000, standard: 2 },
    ],
  },
]
