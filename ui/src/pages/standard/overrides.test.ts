import fc from 'fast-check'
import { expect, test } from 'vitest'

import type { Overrides, Phrase, Rule } from '@/api/book-types'
import {
  apart,
  between,
  found,
  onIn,
  onto,
  plainIn,
  setOn,
  setPlain,
  setThreshold,
  setWays,
  touched,
  valueIn,
  waysIn,
} from './overrides'

const text = (zh: string) => ({ zh, en: zh.length ? 'wait' : '' })
const rule: Rule = {
  id: 'wait.announce',
  part: 'during',
  title: text('查询前先说明'),
  source: 'S1·三1',
  severity: 'major',
  points: 4,
  looks_at: ['T', 'P'],
  reason: text(''),
  hint: text(''),
  say: [],
  banned: [],
  thresholds: { silence: { value: '3s', shipped: '3s' }, times: { value: 2, shipped: 2 } },
  phrases: ['ask-wait'],
  off: false,
  version: 1,
  changed: false,
  shipped: { points: 4, severity: 'major', off: false },
}
const phrase: Phrase = {
  id: 'ask-wait',
  zh: ['请稍等'],
  en: ['one moment'],
  how: 'close',
  negatable: false,
  changed: false,
  shipped: { zh: ['请稍等'], en: ['one moment'] },
}

test('a value keeps the unit that the book has it in', () => {
  expect(['3s', '500ms', 6, '2.5', 'soon'].map(apart)).toEqual([
    { number: 3, unit: 's' },
    { number: 500, unit: 'ms' },
    { number: 6, unit: '' },
    { number: 2.5, unit: '' },
    null,
  ])
  const changed = setThreshold({}, rule, 'silence', 4.5)
  expect(changed).toEqual({ rules: { 'wait.announce': { thresholds: { silence: '4.5s' } } } })
  expect(setThreshold({}, rule, 'times', 3)).toEqual({
    rules: { 'wait.announce': { thresholds: { times: 3 } } },
  })
  expect(valueIn(changed, rule, 'silence')).toBe('4.5s')
  expect(valueIn({}, rule, 'silence')).toBe('3s')
})

test('what is set back to what is shipped leaves nothing behind', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 99 }),
      fc.integer({ min: 0, max: 99 }),
      fc.boolean(),
      (points, silence, on) => {
        let now: Overrides = {}
        now = setPlain(now, rule, 'points', points)
        now = setThreshold(now, rule, 'silence', silence)
        now = setOn(now, rule, on)
        now = setWays(now, phrase, 'zh', '请您稍候\n\n 等一下 ')
        expect([plainIn(now, rule, 'points'), onIn(now, rule), valueIn(now, rule, 'silence')]).toEqual([
          points,
          on,
          `${silence}s`,
        ])
        expect(waysIn(now, phrase, 'zh')).toEqual(['请您稍候', '等一下'])
        now = setPlain(now, rule, 'points', 4)
        now = setThreshold(now, rule, 'silence', null)
        now = setOn(now, rule, true)
        now = setWays(now, phrase, 'zh', '请稍等')
        expect(now).toEqual({})
      },
    ),
  )
})

test('a change never touches what it was made from', () => {
  const before = setPlain({}, rule, 'points', 6)
  const copy = structuredClone(before)
  setThreshold(before, rule, 'silence', 9)
  setOn(before, rule, false)
  expect(before).toEqual(copy)
})

test('what differs is told leaf by leaf, and which rules it can alter', () => {
  const from = setPlain({}, rule, 'points', 6)
  const to = setWays(setThreshold(from, rule, 'silence', 5), phrase, 'en', 'hold on')
  const changes = between(from, to)
  expect(changes.map((one) => [one.sign, one.what])).toEqual([
    ['+', 'phrases.ask-wait.en'],
    ['+', 'rules.wait.announce.thresholds.silence'],
  ])
  expect(touched(changes, [rule, { ...rule, id: 'other', phrases: [] }])).toEqual(['wait.announce'])
  expect(touched(between({}, {}), [rule])).toEqual([])
})

test('rules are found by their words, their ids and the ways to say them', () => {
  const phrases = new Map([[phrase.id, phrase]])
  expect(found([rule], phrases, 'announce 查询')).toEqual([rule])
  expect(found([rule], phrases, '稍等')).toEqual([rule])
  expect(found([rule], phrases, '再见')).toEqual([])
  expect(found([rule], phrases, '  ')).toEqual([rule])
})

test('changes begun on an older version are put onto a newer one: nothing of either is lost, mine go first', () => {
  const base: Overrides = { rules: { a: { points: 3, off: true } } }
  const mine: Overrides = { rules: { a: { points: 5 }, b: { points: 1 } } }
  const theirs: Overrides = { rules: { a: { points: 4, off: true, severity: 'major' }, c: { off: true } } }
  expect(onto(base, mine, theirs)).toEqual({
    rules: { a: { points: 5, severity: 'major' }, b: { points: 1 }, c: { off: true } },
  })
  expect(onto(base, base, theirs)).toEqual(theirs)
  expect(onto(base, {}, base)).toEqual({})
})
