import { expect, test } from 'vitest'

import { PHRASES, RULES } from '../../../mock/quality-book'
import { shippedAt } from './overrides'

const book = { rules: [...RULES], phrases: [...PHRASES] }

test('what is shipped is found at any place that can be changed, though ids hold dots', () => {
  expect(shippedAt(book, 'rules.wait.announce.thresholds.silence')).toBe('3s')
  expect(shippedAt(book, 'rules.wait.announce.points')).toBe(4)
  expect(shippedAt(book, 'rules.wait.announce.severity')).toBe('major')
  expect(shippedAt(book, 'rules.wait.announce.off')).toBe(false)
  expect(shippedAt(book, 'phrases.ask-wait.zh')).toEqual(
    PHRASES.find((one) => one.id === 'ask-wait')?.shipped.zh,
  )
})

test('of what the book does not know nothing was shipped', () => {
  expect(shippedAt(book, 'rules.no.such.points')).toBeNull()
  expect(shippedAt(book, 'rules.wait.announce.thresholds.none')).toBeNull()
  expect(shippedAt(book, 'phrases.none.zh')).toBeNull()
  expect(shippedAt(book, 'elsewhere')).toBeNull()
})
