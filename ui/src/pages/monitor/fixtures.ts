/** Things a monitor shows, as the tests of this folder need them. */

import type { HelpRequest } from '@/api/desk-types'
import type { LostCall, Monitor, Warning } from '@/api/monitor-types'
import type { AgentView, QueueView, Wallboard } from '@/api/types'
import { formats } from '@/format/time'

export const NOW = Date.UTC(2026, 4, 6, 2, 0, 0)
export const FORMAT = formats('zh-CN', 'Asia/Shanghai')

export const warning = (more: Partial<Warning>): Warning => ({
  id: `${more.kind}:${more.queue ?? more.agent ?? ''}`,
  kind: 'waiting',
  queue: '',
  agent: '',
  value: 0,
  limit: 0,
  book: '',
  unit: 'count',
  since_ms: NOW,
  seen_by: '',
  seen_by_name: '',
  seen_ms: null,
  ...more,
})
export const lost = (call: string, more: Partial<LostCall> = {}): LostCall => ({
  call,
  queue: 'general',
  caller: '13800000000',
  place: null,
  lost_ms: NOW,
  waited_ms: 61_000,
  times: 1,
  number: '4000',
  callable: true,
  dealt_ms: null,
  dealt_call: '',
  state: 'open',
  callback: '',
  attempts: 0,
  due_ms: null,
  by: '',
  by_name: '',
  note: '',
  ...more,
})
export const request = (id: string, more: Partial<HelpRequest> = {}): HelpRequest => ({
  id,
  agent: '1001',
  agent_name: '林晓雨',
  call: 'c1',
  text: '',
  at_ms: NOW,
  state: 'open',
  taken_by: '',
  taken_by_name: '',
  taken_ms: null,
  closed_ms: null,
  answer: '',
  ...more,
})
export const monitor = (more: Partial<Monitor>): Monitor => ({
  at_ms: NOW,
  queues: [],
  seats: [],
  lost: [],
  warnings: [],
  calls: [],
  troubles: [],
  ...more,
})
export const agent = (id: string, state: AgentView['state'], more: Partial<AgentView> = {}): AgentView => ({
  id,
  name: `坐席${id}`,
  extension: id,
  state,
  since_ms: NOW - 60_000,
  reason: '',
  call: null,
  caller: null,
  queue: null,
  queues: ['general'],
  calls_today: 0,
  reachable: true,
  ...more,
})
export const board = (agents: AgentView[], queues: Partial<QueueView>[] = []): Wallboard => ({
  at_ms: NOW,
  queues: queues as QueueView[],
  agents,
  calls: { active: 0, waiting: 0, talking: 0 },
  company: '',
  switch: 'up',
})
