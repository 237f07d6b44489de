import { expect, test } from 'vitest'
import { createI18n } from 'vue-i18n'

import type { Fact } from '@/api/types'
import { formats } from '@/format/time'
import en from '@/text/en'
import { flagLabel, keySign, keyTitle, spanLabel, spanTitle } from './labels'
import type { Words } from './sentence'
import type { Mark, Span, SpanKind } from './timeline'

const { t, te } = createI18n({ legacy: false, locale: 'en', messages: { en } }).global
const words: Words = {
  t: (key, values) => t(key, values ?? {}),
  te: (key) => te(key),
  format: formats('en', 'Asia/Shanghai'),
  queue: (id) => (id === 'sales' ? 'Sales' : ''),
  agent: (id) => (id === '1001' ? 'Li Jianguo' : ''),
  number: (number) => number,
}

const fact = (fields: object): Fact => ({ seq: 1, at_ms: 0, kind: 'any', party: 'agent', ...fields })
const span = (kind: SpanKind, fields: object = {}, more: Partial<Span> = {}): Span => ({
  kind,
  lane: 'agent',
  from: 65_000,
  to: 77_000,
  fact: fact(fields),
  ...more,
})
const mark = (kind: Mark['kind'], lane: Mark['lane'], fields: object = {}): Mark => ({
  kind,
  lane,
  at: 9_000,
  fact: fact(fields),
})

test('a span names whom or what it is about', () => {
  expect(spanLabel(span('wait', { queue: 'sales' }), words)).toContain('Sales')
  expect(spanLabel(span('bridged', { agent: '1001' }), words)).toContain('Li Jianguo')
  expect(spanLabel(span('parked', { slot: '71' }), words)).toContain('71')
})

test('whoever is no agent is named by their number', () => {
  expect(spanLabel(span('aside', { number: '13800001111' }), words)).toContain('13800001111')
})

test('a ring that nobody took reads differently from one that was', () => {
  const taken = spanLabel(span('ring', { agent: '1001' }), words)
  expect(spanLabel(span('ring', { agent: '1001' }, { failed: true }), words)).not.toBe(taken)
})

test('a title tells when it began and how long it took', () => {
  const title = spanTitle(span('hold'), words)
  expect(title.startsWith('1:05')).toBe(true)
  expect(title.endsWith(words.format.words(12_000))).toBe(true)
})

test('keys show their digits; speech and nothing at all have signs of their own', () => {
  const pressed = mark('keys', 'caller', { digits: '12' })
  const spoke = mark('keys', 'caller', { digits: '', spoke: true })
  const nothing = mark('keys', 'caller', { digits: '' })
  expect([pressed, spoke, nothing].map(keySign)).toEqual(['12', '“”', '×'])
  expect(keyTitle(pressed, words)).toContain('12')
  expect(new Set([pressed, spoke, nothing].map((one) => keyTitle(one, words))).size).toBe(3)
})

test('the last flag tells who hung up', () => {
  const ends = (['caller', 'agent', 'centre'] as const).map((lane) => flagLabel(mark('ended', lane), words))
  expect(ends[1]).toContain(t('party.agent'))
  expect(new Set(ends).size).toBe(3)
  expect(flagLabel(mark('bridged', 'agent', { agent: '1001' }), words)).toContain('Li Jianguo')
})
