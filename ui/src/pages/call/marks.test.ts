import fc from 'fast-check'
import { expect, test } from 'vitest'

import { stacked } from './marks'

test('marks far from each other all stand at the top', () => {
  expect(stacked([50, 10, 30], (at) => at).map(({ level }) => level)).toEqual([0, 0, 0])
})

test('marks that would touch stand below each other, three deep at most', () => {
  expect(stacked([10, 10.5, 11, 11.2, 13], (at) => at).map(({ level }) => level)).toEqual([0, 1, 2, 0, 1])
})

test('no mark is lost, and none stands lower than the third place', () => {
  fc.assert(
    fc.property(fc.array(fc.float({ min: 0, max: 100, noNaN: true })), (places) => {
      const all = stacked(places, (at) => at)
      expect(all.map(({ mark }) => mark).sort()).toEqual([...places].sort())
      expect(all.every(({ level }) => level >= 0 && level < 3)).toBe(true)
    }),
  )
})
