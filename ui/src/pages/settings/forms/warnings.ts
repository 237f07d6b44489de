/** At what shift leaders are warned, as a form: the part `warnings` of the file. */

import type { Field } from './field'

const never = (name: string, standard: string, group: string): Field => ({
  name,
  kind: 'length',
  standard,
  none: 'never',
  group,
})
const count = (name: string, standard: number, group: string): Field => ({
  name,
  kind: 'count',
  least: 0,
  most: 1_000_000,
  standard,
  none: 'never',
  group,
})

export const WARNINGS: Field[] = [
  never('longest_wait', '1m', 'queues'),
  count('waiting', 10, 'queues'),
  { name: 'service_level', kind: 'share', group: 'queues' },
  { name: 'abandoned_share', kind: 'share', standard: 0.1, group: 'queues' },
  { name: 'no_agent', kind: 'yes', standard: true, group: 'queues' },
  { name: 'window', kind: 'length', standard: '30m', group: 'queues' },
  count('least_calls', 10, 'queues'),
  {
    name: 'queues',
    kind: 'each',
    keys: 'queues',
    group: 'queues',
    fields: [
      { name: 'longest_wait', kind: 'length', none: 'never' },
      { name: 'waiting', kind: 'count', least: 0, most: 1_000_000, none: 'never' },
      { name: 'service_level', kind: 'share' },
      { name: 'abandoned_share', kind: 'share' },
      { name: 'no_agent', kind: 'choice', options: ['true', 'false'], words: 'warned' },
    ],
  },
  never('wrap_up', '2m', 'agents'),
  never('break', '15m', 'agents'),
  never('breaks', '1h', 'agents'),
  never('talk', '15m', 'agents'),
  never('unavailable', '2m', 'agents'),
  count('missed', 3, 'agents'),
  { name: 'missed_within', kind: 'length', standard: '1h', group: 'agents' },
  { name: 'disk_free', kind: 'share', standard: 0.05, group: 'machine' },
]
