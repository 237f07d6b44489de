import fc from 'fast-check'
import { expect, test } from 'vitest'

import { axisOf } from './axis'
import type { Span, Timeline } from './timeline'

const timeline = (length: number, agents: string[] = []): Timeline => ({
  length,
  agents,
  spans: [],
  marks: [],
})

const talk = (row: number, lane: Span['lane'] = 'agent'): Span => ({
  kind: 'talk',
  lane,
  from: 15_000,
  to: 45_000,
  fact: null,
  row,
})

test('a span takes the share of the axis that it took of the call', () => {
  const axis = axisOf(timeline(60_000))
  expect(axis.place({ from: 15_000, to: 45_000 })).toEqual({ left: '25%', width: '50%' })
  expect(axis.at(60_000)).toEqual({ left: '100%' })
})

test('one agent has the lane to themselves, several have a row each', () => {
  const alone = axisOf(timeline(60_000, ['a']))
  expect(alone.rows).toBe(0)
  expect(alone.inRow(talk(0))).toEqual(alone.place(talk(0)))

  const several = axisOf(timeline(60_000, ['a', 'b']))
  expect(several.rows).toBe(2)
  expect(several.inRow(talk(1))).toMatchObject({ left: '25%', top: 'calc(var(--voice) + 1 * var(--row))' })
  expect(several.inRow(talk(0, 'caller'))).toEqual(several.place(talk(0)))
})

test('no label of the ruler is so near the end that it would be cut off', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1_000, max: 20_000_000 }), fc.constantFrom(1, 2, 4), (length, zoom) => {
      const axis = axisOf(timeline(length))
      const ticks = axis.ticks(zoom)
      expect(ticks[0]).toBe(0)
      expect(Math.max(...ticks.map(axis.share))).toBeLessThan(100 - 3 / zoom)
    }),
  )
})

test('a wider axis has a finer ruler', () => {
  const axis = axisOf(timeline(120_000))
  expect(axis.ticks(4).length).toBeGreaterThan(axis.ticks(1).length)
})
