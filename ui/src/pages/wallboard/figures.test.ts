import { expect, test } from 'vitest'

import type { AgentView, QueueView } from '@/api/types'
import { byState, overGoal, totalsOf, weighted } from './figures'

const queue = (fields: Partial<QueueView>): QueueView => ({
  id: 'q',
  name: 'q',
  waiting: 0,
  callbacks: 0,
  callbacks_paused: 0,
  voicemails: 0,
  called_back: 0,
  longest_since_ms: null,
  ready: 0,
  ringing: 0,
  calling: 0,
  talking: 0,
  wrap_up: 0,
  on_break: 0,
  signed_in: 0,
  offered: 0,
  answered: 0,
  abandoned: 0,
  answered_in_goal: 0,
  service_level: null,
  goal_share: 0.8,
  goal_ms: 20_000,
  average_wait_ms: null,
  ...fields,
})

test('the service level of all is weighted by the calls offered', () => {
  const totals = totalsOf([
    queue({ offered: 30, service_level: 1, waiting: 2, longest_since_ms: 500, abandoned: 4 }),
    queue({ offered: 10, service_level: 0.5, waiting: 1, longest_since_ms: 200, called_back: 2 }),
    queue({}),
  ])
  expect(totals.serviceLevel).toBeCloseTo(0.875)
  expect(totals.waiting).toBe(3)
  expect(totals.longest_since_ms).toBe(200)
  expect(totals.abandonRate).toBeCloseTo(0.1)
  expect(totals.calledBack).toBe(2)
})

test('before the first call there is no share of anything', () => {
  expect(totalsOf([queue({})])).toMatchObject({ serviceLevel: null, abandonRate: null, averageWait: null })
  expect(weighted([])).toBeNull()
})

test('a wait is over goal only beyond it', () => {
  expect(overGoal([queue({ longest_since_ms: 0 })], 20_000)).toBe(false)
  expect(overGoal([queue({ longest_since_ms: 0 })], 20_001)).toBe(true)
  expect(overGoal([queue({})], 20_001)).toBe(false)
})

test('agents stand by state, the longest in it first', () => {
  const agent = (id: string, state: AgentView['state'], since_ms: number) =>
    ({ id, state, since_ms }) as unknown as AgentView
  const groups = byState([agent('a', 'ready', 9), agent('b', 'talking', 5), agent('c', 'ready', 3)])
  expect(groups.map((g) => [g.state, g.agents.map((a) => a.id)])).toEqual([
    ['talking', ['b']],
    ['ready', ['c', 'a']],
  ])
})
