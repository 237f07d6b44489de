import fc from 'fast-check'
import { expect, test } from 'vitest'

import { nearRows } from './near-rows'

const height = fc.integer({ min: 20, max: 90 })
const list = fc.array(height, { maxLength: 200 })
const edge = fc.integer({ min: -2_000, max: 20_000 })

/** What is drawn of rows named by their places. */
function drawn(heights: number[], top: number, bottom: number, held = '') {
  const rows = heights.map((_, at) => at)
  return nearRows(rows, String, (key) => heights[Number(key)] ?? 0, { top, bottom, held })
}

const placesOf = (parts: ReturnType<typeof drawn>) =>
  parts.flatMap((part) => ('gap' in part ? [] : [part.at]))

test('a long list is drawn where it is looked at, and no taller or shorter for it', () => {
  expect(drawn([30, 30, 30, 30, 30, 30], 70, 110)).toEqual([
    { key: 'gap before 2', gap: 60 },
    { key: '2', row: 2, at: 2 },
    { key: '3', row: 3, at: 3 },
    { key: 'gap at the end', gap: 60 },
  ])
})

test('whatever the heights, what can be seen is drawn where it belongs', () => {
  fc.assert(
    fc.property(list, edge, fc.nat(3_000), fc.option(fc.nat(199)), (heights, top, tall, held) => {
      const parts = drawn(heights, top, top + tall, held === null ? '' : String(held))
      const places = placesOf(parts)
      let at = 0
      for (const part of parts) {
        if (!('gap' in part)) expect(at).toBe(heights.slice(0, part.at).reduce((sum, one) => sum + one, 0))
        at += 'gap' in part ? part.gap : (heights[part.at] ?? 0)
      }
      expect(at).toBe(heights.reduce((sum, one) => sum + one, 0))
      let above = 0
      heights.forEach((one, place) => {
        const isSeen = above < top + tall && above + one > top
        const isBeside = held !== null && held < heights.length && Math.abs(place - held) < 2
        expect(places.includes(place)).toBe(isSeen || isBeside)
        above += one
      })
      expect(new Set(parts.map((part) => part.key)).size).toBe(parts.length)
    }),
  )
})

test('the row that has the focus stays, with those that the arrows lead to', () => {
  const heights = Array.from({ length: 100 }, () => 36)
  expect(placesOf(drawn(heights, 0, 72, '50'))).toEqual([0, 1, 49, 50, 51])
  expect(placesOf(drawn(heights, 0, 72, 'gone'))).toEqual([0, 1])
})
