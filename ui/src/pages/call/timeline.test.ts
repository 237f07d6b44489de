import fc from 'fast-check'
import { expect, test } from 'vitest'

import type { CallWithFacts, Fact } from '@/api/types'
import { gaps, ruler, timelineOf, type SpanKind } from './timeline'

const T0 = 1_700_000_000_000

type Line = [at: number, kind: string, party?: Fact['party'], fields?: Record<string, unknown>]

function call(lines: Line[], ended: number | null = 60_000): CallWithFacts {
  return {
    began_ms: T0,
    ended_ms: ended === null ? null : T0 + ended,
    facts: lines.map(([at, kind, party = 'centre', fields = {}], i) => ({
      seq: i + 1,
      at_ms: T0 + at,
      kind,
      party,
      ...fields,
    })),
  } as unknown as CallWithFacts
}

const talk = (party: 'caller' | 'agent', from: number, to: number): Line => [
  to,
  'talk',
  party,
  { began_ms: T0 + from, ended_ms: T0 + to },
]

function spans(lines: Line[], kind: SpanKind, ended: number | null = 60_000, now = 60_000) {
  return timelineOf(call(lines, ended), T0 + now)
    .spans.filter((span) => span.kind === kind)
    .map((span) => [span.lane, span.from, span.to])
}

test('the wait runs from the line to the conversation', () => {
  const lines: Line[] = [
    [5_000, 'queued'],
    [20_000, 'bridged', 'agent'],
    [60_000, 'ended', 'caller'],
  ]
  expect(spans(lines, 'wait')).toEqual([['centre', 5_000, 20_000]])
})

test('a ring that nobody takes is marked, and the next one is its own', () => {
  const lines: Line[] = [
    [1_000, 'agent_ringing', 'agent', { agent: 'a' }],
    [16_000, 'offer_failed', 'agent', { agent: 'a', reason: 'no_answer' }],
    [16_500, 'agent_ringing', 'agent', { agent: 'b' }],
    [19_000, 'agent_answered', 'agent', { agent: 'b' }],
  ]
  const rings = timelineOf(call(lines), T0).spans.filter((span) => span.kind === 'ring')
  expect(rings.map((ring) => [ring.from, ring.to, ring.failed ?? false])).toEqual([
    [1_000, 16_000, true],
    [16_500, 19_000, false],
  ])
})

test('only the one who holds can end the hold', () => {
  const lines: Line[] = [
    [1_000, 'held', 'agent'],
    [2_000, 'held', 'caller'],
    [3_000, 'resumed', 'caller'],
    [9_000, 'resumed', 'agent'],
  ]
  expect(spans(lines, 'hold')).toEqual([
    ['agent', 1_000, 9_000],
    ['caller', 2_000, 3_000],
  ])
})

test("a third party's hold is in its own row among the agents'", () => {
  const lines: Line[] = [
    [0, 'bridged', 'agent', { agent: '1001' }],
    [1_000, 'held', 'outsider', { number: '0139' }],
    [3_000, 'resumed', 'outsider', { number: '0139' }],
  ]
  const hold = timelineOf(call(lines), T0 + 60_000).spans.find((span) => span.kind === 'hold')
  expect([hold?.lane, hold?.row, hold?.from, hold?.to]).toEqual(['agent', 1, 1_000, 3_000])
})

test('silence is where both say nothing for three seconds, holds apart', () => {
  const lines: Line[] = [
    [10_000, 'bridged', 'agent'],
    talk('agent', 10_500, 14_000),
    talk('caller', 18_000, 20_000),
    [21_000, 'held', 'agent'],
    [40_000, 'resumed', 'agent'],
    talk('agent', 42_900, 59_000),
    [60_000, 'ended', 'caller'],
  ]
  expect(spans(lines, 'silence')).toEqual([['centre', 14_000, 18_000]])
})

test('a running call shows no silence at its open end', () => {
  expect(spans([[1_000, 'bridged', 'agent'], talk('agent', 1_000, 2_000)], 'silence', null, 30_000)).toEqual(
    [],
  )
})

test('nothing is known of the last words before the switch stopped', () => {
  const lines: Line[] = [
    [1_000, 'bridged', 'agent'],
    talk('agent', 1_000, 2_000),
    [30_000, 'ended', 'centre', { by: 'centre', reason: 'switch_lost' }],
  ]
  expect(spans(lines, 'silence', 30_000)).toEqual([])
})

test('the end says who ended the call', () => {
  const ends = (party: Fact['party'], fields = {}) =>
    timelineOf(call([[60_000, 'ended', party, fields]]), T0).marks.map((mark) => mark.lane)
  expect(ends('agent', { by: 'agent' })).toEqual(['agent'])
  expect(ends('centre', { by: 'centre' })).toEqual(['centre'])
  expect(ends('caller')).toEqual(['caller'])
})

test('several agents each have a row, and who is not named led the conversation', () => {
  const lines: Line[] = [
    [1_000, 'bridged', 'centre', { agent: 'a' }],
    talk('agent', 2_000, 3_000),
    [5_000, 'joined', 'agent', { agent: 'b' }],
    [7_000, 'talk', 'agent', { agent: 'b', began_ms: T0 + 6_000, ended_ms: T0 + 7_000 }],
    [8_000, 'parted', 'agent', { agent: 'a' }],
    [8_000, 'bridged', 'centre', { agent: 'b' }],
    talk('agent', 9_000, 10_000),
  ]
  const timeline = timelineOf(call(lines), T0)
  expect(timeline.agents).toEqual(['a', 'b'])
  expect(timeline.spans.filter((span) => span.kind === 'talk').map((span) => span.row)).toEqual([0, 1, 1])
  expect(timeline.spans.find((span) => span.kind === 'joined')?.row).toBe(1)
})

test('every span lies within the call, whatever the facts', () => {
  const kinds = [
    'queued',
    'bridged',
    'held',
    'resumed',
    'prompt',
    'talk',
    'ended',
    'agent_ringing',
    'parted',
    'keys',
  ]
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: -5_000, max: 90_000 }), fc.constantFrom(...kinds))),
      fc.option(fc.integer({ min: 0, max: 60_000 })),
      (lines, ended) => {
        const facts = lines.map(([at, kind]): Line => [
          at,
          kind,
          'agent',
          { began_ms: T0 + at - 3_000, ended_ms: T0 + at },
        ])
        const timeline = timelineOf(call(facts, ended), T0 + 60_000)
        for (const { from, to } of timeline.spans) {
          expect(from).toBeGreaterThanOrEqual(0)
          expect(to).toBeLessThanOrEqual(timeline.length)
          expect(to).toBeGreaterThan(from)
        }
      },
    ),
  )
})

test('gaps and covers make up the whole', () => {
  const cover = fc
    .tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }))
    .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }))
  fc.assert(
    fc.property(fc.array(cover), (covers) => {
      const open = gaps(0, 100, covers)
      for (let x = 0.5; x < 100; x++) {
        const covered = covers.some((c) => c.from < x && x < c.to)
        expect(open.some(([a, b]) => a < x && x < b)).toBe(!covered)
      }
    }),
  )
})

test('the ruler keeps to round steps', () => {
  expect(ruler(60_000, 8)).toEqual([0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000])
})

test('what could not be recorded runs from the failure until it is written again, or to the end', () => {
  const lines: Line[] = [
    [5_000, 'recording_started'],
    [5_100, 'recording_failed', 'centre', { goes_on: true }],
    [12_000, 'recording_recovered'],
    [30_000, 'recording_failed', 'centre', { goes_on: true }],
    [60_000, 'ended', 'caller'],
    [60_000, 'recording_stopped'],
  ]
  expect(spans(lines, 'broken')).toEqual([
    ['centre', 5_100, 12_000],
    ['centre', 30_000, 60_000],
  ])
  expect(
    spans(
      [
        [5_000, 'recording_started'],
        [60_000, 'recording_failed'],
      ],
      'broken',
    ),
  ).toEqual([])
})
