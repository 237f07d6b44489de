import { expect, test } from 'vitest'

import type { HelpBoard, LiveCall, Seat } from '@/api/monitor-types'
import type { Line } from '@/phone/machine'
import { besideOf, EXPECTED_MS, expectedLine } from './beside'
import { agent, board, FORMAT, lost, monitor, NOW, request, warning } from './fixtures'
import { mattersOf, runsOf, type Matter } from './matters'
import { estimateOf, isChanged, queueRows } from './queues'
import { audibleCall, chosenSeats, countShown, seatRows, spentIn } from './seats'
import { joined, pointsOf } from './trends'
import { instantOf } from './until'

test('what is gravest comes first, and what somebody saw to steps back', () => {
  const help: HelpBoard = {
    at_ms: NOW,
    requests: [
      request('r1', { at_ms: NOW - 1_000 }),
      request('mine', { state: 'taken', taken_by: 'leader', at_ms: NOW - 9_000 }),
      request('theirs', { state: 'taken', taken_by: 'other' }),
    ],
    alarms: [
      {
        id: 'u1',
        kind: 'fire',
        call: 'c',
        agent: '1001',
        agent_name: '',
        text: '',
        at_ms: NOW,
        seen_by: '',
        seen_ms: null,
      },
      {
        id: 'u2',
        kind: 'crime',
        call: 'c',
        agent: '1001',
        agent_name: '',
        text: '',
        at_ms: NOW,
        seen_by: 'x',
        seen_ms: NOW,
      },
    ],
  }
  const now = monitor({
    warnings: [
      warning({ kind: 'waiting', queue: 'general', since_ms: NOW - 90_000 }),
      warning({ kind: 'switch_down', since_ms: NOW - 1_000 }),
      warning({ kind: 'break_long', agent: '1002', seen_ms: NOW, seen_by: 'leader' }),
    ],
    lost: [lost('old', { lost_ms: NOW - 60_000 }), lost('new'), lost('done', { state: 'asked' })],
  })
  const { open, quiet, counts } = mattersOf(now, help, 'leader')
  expect(open.map((one) => one.key)).toEqual([
    'alarm u1',
    'help mine',
    'help r1',
    'warning switch_down:',
    'warning waiting:general',
    'lost new',
    'lost old',
  ])
  expect(quiet.map((one) => one.key)).toEqual(['help theirs', 'warning break_long:1002', 'lost done'])
  expect(counts).toEqual({ alarm: 1, help: 2, trouble: 0, warning: 2, lost: 2 })
})

test('nothing known is nothing wrong', () => {
  expect(mattersOf(null, null, 'leader').open).toEqual([])
})

const seat = (id: string, more: Partial<Seat> = {}): Seat => ({
  id,
  with: null,
  talk_ms: 0,
  ready_ms: 0,
  wrap_up_ms: 0,
  break_ms: 0,
  breaks: 0,
  missed: 0,
  calls: 0,
  outgoing: 0,
  counted_ms: NOW,
  moved: null,
  departs: [],
  ...more,
})
const call = (id: string, more: Partial<LiveCall> = {}): LiveCall => ({
  id,
  caller: '13800000000',
  number: '4000',
  queue: 'general',
  agent: '1001',
  direction: 'in',
  state: 'talking',
  since_ms: NOW,
  began_ms: NOW,
  urgent: '',
  supervised_by: [],
  ...more,
})

test('a seat is joined with its call, its request and the rules it does not keep', () => {
  const rows = seatRows(
    board([
      agent('1001', 'talking', { call: 'c1' }),
      agent('1002', 'break'),
      agent('1003', 'ready', { queues: ['lost'] }),
      agent('1004', 'signed_out'),
    ]),
    monitor({
      seats: [
        seat('1002', {
          departs: [{ rule: 'break_long', book: '', since_ms: NOW, value: 0, limit: 900_000 }],
        }),
      ],
      calls: [call('c1')],
    }),
    { at_ms: NOW, requests: [request('r1')], alarms: [] },
  )
  expect(rows.map((row) => row.agent.id)).toEqual(['1001', '1003', '1002', '1004'])
  expect(rows[0]?.call?.id).toBe('c1')
  expect(rows[0]?.help?.id).toBe('r1')
  expect(rows[0] && audibleCall(rows[0])).toBe('c1')
  expect(rows[1] && audibleCall(rows[1])).toBeNull()
  expect(countShown(rows)).toEqual({ all: 4, departs: 2, talking: 1, free: 1, away: 2 })
  expect(chosenSeats(rows, 'all', 'lost', '').map((row) => row.agent.id)).toEqual(['1003'])
  expect(chosenSeats(rows, 'all', '', '席1002').map((row) => row.agent.id)).toEqual(['1002'])
  expect(chosenSeats(rows, 'departs', '', '').map((row) => row.agent.id)).toEqual(['1001', '1002'])
})

test('what the running state has added since the figures were counted is added to them', () => {
  const row = {
    agent: agent('1001', 'break', { since_ms: NOW - 90_000 }),
    seat: seat('1001', { break_ms: 100_000, talk_ms: 5_000, counted_ms: NOW - 60_000 }),
    call: null,
    help: null,
    departs: [],
  }
  expect(spentIn(row, 'break_ms', NOW)).toBe(160_000)
  expect(spentIn(row, 'talk_ms', NOW)).toBe(5_000)
  expect(spentIn({ ...row, seat: null }, 'talk_ms', NOW)).toBe(0)
})

test('a queue is joined with what a leader set and what is wrong with it', () => {
  const control = { id: 'general', door: 'hours', divert: null, estimate_ms: null, notices: [] } as never
  const now = monitor({
    queues: [control],
    warnings: [warning({ queue: 'general' }), warning({ queue: 'lost' })],
  })
  const [row] = queueRows(board([], [{ id: 'general', estimate_ms: 30_000 }]), now)
  expect(row?.warnings).toHaveLength(1)
  expect(row && estimateOf(row)).toBe(30_000)
  expect(isChanged(control)).toBe(false)
  expect(isChanged({ ...(control as object), door: 'closed' } as never)).toBe(true)
  expect(isChanged(null)).toBe(false)
})

const line = (more: Partial<Line>): Line => ({
  id: 'l1',
  state: 'ringing',
  direction: 'in',
  purpose: 'call',
  number: '13800000000',
  name: '',
  call: '',
  since: NOW,
  held: false,
  muted: false,
  ...more,
})

test('only the ring that was asked for is picked up by itself', () => {
  const asked = { call: 'c1', caller: '+86 138-0000-0000'.replace('+86', ''), at: NOW - 500 }
  expect(expectedLine(asked, [line({})], NOW)?.id).toBe('l1')
  expect(expectedLine(asked, [line({ call: 'c1', number: 'x' })], NOW)?.id).toBe('l1')
  expect(expectedLine(asked, [line({ call: 'c2' })], NOW)).toBeNull()
  expect(expectedLine(asked, [line({ number: '13900000000' })], NOW)).toBeNull()
  expect(expectedLine({ ...asked, call: '' }, [line({ call: 'new' })], NOW)?.id).toBe('l1')
  expect(expectedLine(asked, [line({ state: 'talking' })], NOW)).toBeNull()
  expect(expectedLine(asked, [line({ since: NOW - 60_000 })], NOW)).toBeNull()
  expect(expectedLine(asked, [line({})], NOW + EXPECTED_MS)).toBeNull()
  expect(expectedLine(null, [line({})], NOW)).toBeNull()
})

test('a caller who hides the number is waited for by the only ring there is', () => {
  const asked = { call: 'c1', caller: '', at: NOW }
  expect(expectedLine(asked, [line({ number: 'anonymous' })], NOW)?.id).toBe('l1')
  expect(expectedLine(asked, [line({ number: 'anonymous' }), line({ id: 'l2' })], NOW)).toBeNull()
})

test('one is beside the call that says so', () => {
  const calls = [
    call('c1', { supervised_by: [{ agent: 'other', mode: 'listen' }] }),
    call('c2', { supervised_by: [{ agent: 'leader', mode: 'barge' }] }),
  ]
  expect(besideOf(calls, 'leader')?.id).toBe('c2')
  expect(besideOf(calls, 'nobody')).toBeNull()
})

const point = (at_ms: number, more: object) => ({
  at_ms,
  offered: 0,
  answered: 0,
  abandoned: 0,
  answered_in_goal: 0,
  service_level: null,
  average_wait_ms: null,
  longest_wait_ms: 0,
  agents: 0,
  ...more,
})

test('queues are added up instant by instant, shares and means by their calls', () => {
  const trends = {
    step_ms: 300_000,
    from_ms: 0,
    to_ms: 600_000,
    queues: [
      {
        id: 'a',
        points: [
          point(0, {
            offered: 3,
            answered: 3,
            service_level: 1,
            average_wait_ms: 1_000,
            longest_wait_ms: 5_000,
          }),
          point(300_000, {}),
        ],
      },
      { id: 'b', points: [point(0, { offered: 1, answered: 1, service_level: 0, average_wait_ms: 9_000 })] },
    ],
  }
  expect(pointsOf(trends, 'b')).toHaveLength(1)
  expect(pointsOf(trends, 'nowhere')).toEqual([])
  const [first, second] = pointsOf(trends, '')
  expect(first).toMatchObject({
    offered: 4,
    service_level: 0.75,
    average_wait_ms: 3_000,
    longest_wait_ms: 5_000,
  })
  expect(second).toMatchObject({ offered: 0, service_level: null, average_wait_ms: null })
  expect(joined(0, [])).toMatchObject({ offered: 0, longest_wait_ms: 0 })
})

test('until when is an instant of the centre’s clock', () => {
  expect(instantOf('open', NOW, FORMAT)).toBeUndefined()
  expect(instantOf('hour', NOW, FORMAT)).toBe(NOW + 3_600_000)
  expect(FORMAT.time(instantOf('day', NOW, FORMAT) ?? 0)).toBe('00:00:00')
  expect((instantOf('day', NOW, FORMAT) ?? 0) - NOW).toBeGreaterThan(0)
})

test('matters stand under the head of their kind, a late one of it under its own', () => {
  const early = mattersOf(monitor({ lost: [lost('c1'), lost('c2')] }), null, 'leader').open
  const warned = mattersOf(monitor({ warnings: [warning({})] }), null, 'leader').open
  const counted = (matters: Matter[]) => runsOf(matters).map((run) => [run.key, run.list.length])
  expect(counted([...early, ...warned])).toEqual([
    ['lost 0', 2],
    ['warning 0', 1],
  ])
  expect(counted([...early.slice(1), ...warned, ...early.slice(0, 1)])).toEqual([
    ['lost 0', 1],
    ['warning 0', 1],
    ['lost 1', 1],
  ])
  expect(counted([])).toEqual([])
})
