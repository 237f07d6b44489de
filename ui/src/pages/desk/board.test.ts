import { describe, expect, test } from 'vitest'

import type { Line } from '@/phone/machine'
import {
  actsOf,
  countdown,
  isAwaited,
  isHeld,
  itemsOf,
  sceneOf,
  stagedOf,
  titleOf,
  wrapUpClock,
} from './board'
import { aCall, anAgent, figures } from './fixtures'
import { todayOf } from './today'

const aLine = (id: string, more: Partial<Line> = {}): Line => ({
  id,
  state: 'talking',
  direction: 'in',
  purpose: 'call',
  number: '13800138000',
  name: '',
  call: '',
  since: 0,
  held: false,
  muted: false,
  ...more,
})

describe('calls and lines', () => {
  const pairs = (...args: Parameters<typeof itemsOf>) =>
    itemsOf(...args).map((item) => [item.call?.id ?? null, item.line?.id ?? null])

  test('a line that names its call belongs to it, whatever the order', () => {
    const calls = [aCall('c1', { state: 'ringing' }), aCall('c2', { state: 'ringing' })]
    const lines = [aLine('x', { state: 'ringing', call: 'c2' }), aLine('y', { state: 'ringing', call: 'c1' })]
    expect(pairs(calls, lines)).toEqual([
      ['c1', 'y'],
      ['c2', 'x'],
    ])
  })

  test('unnamed ones are matched by what they do', () => {
    const calls = [aCall('held'), aCall('new', { state: 'ringing' })]
    const lines = [aLine('rings', { state: 'ringing' }), aLine('talks', { held: true })]
    expect(pairs(calls, lines)).toEqual([
      ['held', 'talks'],
      ['new', 'rings'],
    ])
  })

  test('a line whose call went on in another one is found by what it does, one that rings is not', () => {
    const talks = aLine('talks', { call: 'gone' })
    expect(pairs([aCall('c1')], [talks])).toEqual([['c1', 'talks']])
    const rings = aLine('rings', { state: 'ringing', call: 'soon' })
    expect(pairs([aCall('c1', { state: 'ringing' })], [rings])).toEqual([
      ['c1', null],
      [null, 'rings'],
    ])
  })

  test('one picked up here belongs to its call before the centre knows of it', () => {
    const calls = [aCall('held'), aCall('new', { state: 'ringing' })]
    expect(pairs(calls, [aLine('a', { held: true }), aLine('b')])).toEqual([
      ['held', 'a'],
      ['new', 'b'],
    ])
    expect(pairs([aCall('new', { state: 'ringing' })], [aLine('b')])).toEqual([['new', 'b']])
  })

  test('a call on the desk phone has no line, and one dialled here no call yet', () => {
    expect(pairs([aCall('c1')], [])).toEqual([['c1', null]])
    expect(pairs([], [aLine('out', { state: 'calling' })])).toEqual([[null, 'out']])
  })

  test('a call in wrap-up takes no line away from the next one', () => {
    const calls = [aCall('old', { state: 'wrap_up' }), aCall('new', { state: 'ringing' })]
    expect(pairs(calls, [aLine('r', { state: 'ringing' })])).toEqual([
      ['old', null],
      ['new', 'r'],
    ])
  })

  test('a test call is no customer, though the centre has it among the calls', () => {
    expect(pairs([], [aLine('t', { purpose: 'test' })])).toEqual([])
    const calls = [aCall('echo', { purpose: 'dialled', number: '4100' }), aCall('c1')]
    expect(pairs(calls, [aLine('t', { purpose: 'test', number: '4100' })])).toEqual([['c1', null]])
  })
})

describe('the stage', () => {
  test('a conversation stays while another call rings', () => {
    const items = itemsOf(
      [aCall('talk'), aCall('new', { state: 'ringing' })],
      [aLine('a'), aLine('b', { state: 'ringing' })],
    )
    expect(stagedOf(items)?.key).toBe('talk')
  })

  test('one that rings comes before one on hold, and wrap-up comes last', () => {
    const items = itemsOf(
      [aCall('old', { state: 'wrap_up' }), aCall('held'), aCall('new', { state: 'ringing' })],
      [aLine('a', { held: true }), aLine('b', { state: 'ringing' })],
    )
    expect(stagedOf(items)?.key).toBe('new')
    expect(stagedOf(items.filter((item) => item.key !== 'new'))?.key).toBe('held')
    expect(stagedOf(items.filter((item) => item.key === 'old'))?.key).toBe('old')
    expect(stagedOf([])).toBeNull()
  })

  test('what the phone knows first is shown first: answered here, the centre still says ringing', () => {
    const [item] = itemsOf([aCall('c', { state: 'ringing' })], [aLine('a', { state: 'answering' })])
    expect(item && sceneOf(item)).toBe('talking')
  })
})

describe('what can be done', () => {
  const item = (call: Parameters<typeof aCall>[1], line: Partial<Line> | null) => ({
    key: 'c',
    call: aCall('c', call),
    line: line && aLine('a', line),
  })

  test('everything in a conversation one leads', () => {
    expect(actsOf(item({}, {}), true)).toEqual({
      hold: true,
      mute: true,
      pad: true,
      move: true,
      consult: false,
      record: true,
      help: true,
      end: true,
    })
  })

  test.each([
    ['without the permission', {}, {}, false],
    ['as the one consulted', { leads: false }, {}, true],
    ['as one who listens in', { mode: 'listen' as const }, {}, true],
    ['before it is answered', { state: 'ringing' as const }, { state: 'answering' as const }, true],
    ['after it', { state: 'wrap_up' as const }, null, true],
  ])('no moving %s', (_, call, line, may) => {
    expect(actsOf(item(call, line), may).move).toBe(false)
  })

  test('while a colleague is consulted, the consult is what can be moved', () => {
    const acts = actsOf(
      item({ consult: { agent: '1002', number: '', queue: '', state: 'talking' } }, {}),
      true,
    )
    expect([acts.move, acts.consult]).toEqual([false, true])
  })

  test('on the desk phone one can move and end, but hold only there', () => {
    const acts = actsOf(item({}, null), true)
    expect([acts.move, acts.end, acts.hold, acts.mute]).toEqual([true, true, false, false])
  })

  test('while the network is away one can still hang up', () => {
    const acts = actsOf(item({}, { state: 'lost' }), true)
    expect([acts.hold, acts.end]).toEqual([false, true])
  })

  test('a callback is no conversation before the customer answers', () => {
    const rings = item({ direction: 'out', state: 'ringing' }, { state: 'talking' })
    const talks = item({ direction: 'out', state: 'talking' }, { state: 'talking' })
    const offered = item({ direction: 'out', state: 'ringing' }, { state: 'ringing' })
    expect([rings, talks, offered].map(isAwaited)).toEqual([true, false, false])
    expect([rings, talks].map((one) => actsOf(one, true).hold)).toEqual([false, true])
  })

  test('held is what the phone says, or the centre where there is no phone here', () => {
    expect(isHeld(item({ held_by: ['agent'] }, { held: false }))).toBe(false)
    expect(isHeld(item({ held_by: ['agent'] }, null))).toBe(true)
    expect(isHeld(item({ held_by: ['caller'] }, null))).toBe(false)
    expect(isHeld(item({ purpose: 'dialled', held_by: ['caller'] }, null))).toBe(true)
    expect(isHeld(item({ purpose: 'dialled', held_by: ['agent'] }, null))).toBe(false)
  })
})

test('a call is headed by the other side: who calls, or whom one dialled', () => {
  const titled = (more: Parameters<typeof aCall>[1]) =>
    titleOf({ key: 'c', call: aCall('c', more), line: null })
  expect(titled({})).toBe('13800138000')
  expect(titled({ purpose: 'dialled', caller: '1001', number: '13900139000' })).toBe('13900139000')
})

test('the countdown ends at nothing, and there is none without an end', () => {
  const call = aCall('c', { offered_ms: 1_000, ring_until_ms: 21_000 })
  expect(countdown(call, 6_000)).toEqual({ left_ms: 15_000, share: 0.75 })
  expect(countdown(call, 60_000)).toEqual({ left_ms: 0, share: 0 })
  expect(countdown(aCall('c'), 0)).toBeNull()
})

test('the wrap-up grows louder towards its end', () => {
  const due = {
    call: 'c',
    queue: 'q',
    began_ms: 0,
    due_ms: 60_000,
    required: true,
    overdue: false,
    filed: false,
  }
  expect(wrapUpClock(due, 0)).toEqual({ left_ms: 60_000, tone: 'calm' })
  expect(wrapUpClock(due, 50_000)).toEqual({ left_ms: 10_000, tone: 'soon' })
  expect(wrapUpClock(due, 61_000)).toEqual({ left_ms: -1_000, tone: 'overdue' })
  expect(wrapUpClock({ ...due, due_ms: null }, 99_000)).toEqual({ left_ms: null, tone: 'calm' })
  expect(wrapUpClock(null, 0).tone).toBe('none')
})

describe('today', () => {
  test('goes on with the running state, counted once', () => {
    const counted = figures({ calls: 2, talk_ms: 100_000, counted_ms: 50_000 })
    const agent = anAgent({ state: 'talking', since_ms: 40_000 })
    expect(todayOf(counted, agent, 70_000).average_talk_ms).toBe(60_000)
    // a state begun after the count runs from its own beginning
    const later = anAgent({ state: 'talking', since_ms: 60_000 })
    expect(todayOf(counted, later, 70_000).average_talk_ms).toBe(55_000)
  })

  test('has no averages before the first call, and no time signed in before that', () => {
    const today = todayOf(figures(), anAgent({ state: 'signed_out' }), 1_000)
    expect(today).toMatchObject({ average_talk_ms: null, average_wrap_up_ms: null, signed_in_ms: null })
  })
})
