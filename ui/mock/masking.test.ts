import { expect, test } from 'vitest'

import { MockCentre } from './centre.ts'
import { masked, withoutNumbers } from './masking.ts'
import { CALLERS } from './people.ts'

const NOW = Date.UTC(2026, 4, 6, 2, 0, 0)

test('a number keeps its ends, a name its first sign, as the centre writes them', () => {
  expect(masked('13812345678')).toBe('138****5678')
  expect(masked('王芳')).toBe('王*')
  expect(masked('')).toBe('')
})

test('no caller’s number is left in what is told of a call, an agent or a seat', () => {
  const centre = new MockCentre(NOW)
  for (let t = NOW; t < NOW + 60_000; t += 500) centre.step(t)
  const told = {
    board: centre.wallboard(NOW + 60_000),
    calls: [...centre.scripts.values()].map((script) => script.whole(NOW + 60_000)),
  }
  const numbers = CALLERS.map(([number]) => number)
  const left = (value: unknown) => numbers.filter((number) => JSON.stringify(value).includes(number))
  expect(left(told).length).toBeGreaterThan(5)
  expect(left(withoutNumbers(told))).toEqual([])
})

test('what is no caller’s stays: the centre’s own number, and who was outside only where somebody was', () => {
  expect(withoutNumbers({ kind: 'offered', number: '95580', caller: '13812345678' })).toEqual({
    kind: 'offered',
    number: '95580',
    caller: '138****5678',
  })
  expect(withoutNumbers({ kind: 'transfer', number: '02154036677' })).toEqual({
    kind: 'transfer',
    number: '021****6677',
  })
})
