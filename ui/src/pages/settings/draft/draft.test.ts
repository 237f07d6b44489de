import fc from 'fast-check'
import { expect, test } from 'vitest'

import type { Parts, Plain } from '@/api/settings-types'
import { lengthTyped, parseLength, printLength, shareTyped } from './lengths'
import { conflictKey, merge } from './merge'
import { at, freeName, moved, renamed, same, withAt } from './plain'
import { renameThing, usesOf } from './references'
import { DAYS, hoursOf, joined, monthOf, painted, parseSpan, printSpan, spansTyped, weekOf } from './week'

const FILE: Parts = {
  company: { name: 'A' },
  numbers: [{ number: '4000', flow: 'main' }],
  flows: {
    main: {
      start: 'menu',
      person: 'line',
      steps: {
        menu: { do: 'menu', say: ['menu'], keys: { 1: 'line' } },
        line: { do: 'queue', queue: 'general', skills: { zh: 3 }, overflow: 'end' },
        end: { do: 'hang_up' },
      },
    },
  },
  queues: {
    general: { name: 'G', skills: { zh: 1 }, steps: [{ after: '30s', queues: ['second'] }] },
    second: { name: 'S', wait_over: { queue: 'general' } },
  },
  skills: { zh: 'Chinese' },
  people: [
    { user: 'li', name: 'Li', queues: ['general', 'second'], skills: { zh: 9 } },
    { user: 'wu', name: 'Wu' },
  ],
  endpoints: [{ endpoint: '1001', person: 'li' }],
  outbound: { caps_of: { li: { hour: 3 } } },
}

test('a change gives a new file and leaves the old one as it was', () => {
  const before = structuredClone(FILE)
  const after = withAt(FILE, ['queues', 'general', 'ring'], '20s')
  expect(at(after, ['queues', 'general', 'ring'])).toBe('20s')
  expect(FILE).toEqual(before)
  expect(after['people']).toBe(FILE['people'])
  expect(withAt(after, ['queues', 'general', 'ring'], undefined)).toEqual(FILE)
  expect(withAt(FILE, ['people', 1], undefined)['people']).toHaveLength(1)
})

test('a list of one word is the word, and names in another order are the same file', () => {
  expect(same(['menu'], 'menu')).toBe(true)
  expect(same({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(true)
  expect(same({ a: 1 }, { a: 1, b: 2 })).toBe(false)
  expect(same(['a', 'b'], ['b', 'a'])).toBe(false)
})

test('whoever is renamed is renamed wherever somebody names them', () => {
  const after = renameThing(FILE, 'queues', 'general', 'hotline')
  expect(Object.keys(after['queues'] as object)).toEqual(['hotline', 'second'])
  expect(usesOf(after, 'queues', 'general')).toEqual([])
  expect(usesOf(after, 'queues', 'hotline').map((one) => one.path.join('/'))).toEqual([
    'queues/second/wait_over/queue',
    'people/0/queues/0',
    'flows/main/steps/line/queue',
  ])
  const skills = renameThing(FILE, 'skills', 'zh', 'mandarin')
  expect(at(skills, ['people', 0, 'skills'])).toEqual({ mandarin: 9 })
  expect(at(skills, ['flows', 'main', 'steps', 'line', 'skills'])).toEqual({ mandarin: 3 })
  const people = renameThing(FILE, 'people', 'li', 'limin')
  expect(at(people, ['people', 0, 'user'])).toBe('limin')
  expect(at(people, ['endpoints', 0, 'person'])).toBe('limin')
  expect(at(people, ['outbound', 'caps_of'])).toEqual({ limin: { hour: 3 } })
})

const words = fc.stringMatching(/^[a-z]{1,3}$/)
const leaf: fc.Arbitrary<Plain> = fc.oneof(words, fc.integer({ min: 0, max: 9 }))
const files: fc.Arbitrary<Parts> = fc.record({
  company: fc.dictionary(words, leaf),
  queues: fc.dictionary(words, fc.dictionary(words, leaf)),
  people: fc.uniqueArray(fc.record({ user: words, name: words }), { selector: (one) => one.user }),
})

test('merging with nobody else is what I did, and without mine what they did', () => {
  fc.assert(
    fc.property(files, files, (base, other) => {
      expect(same(merge(base, base, other).parts, other)).toBe(true)
      expect(same(merge(base, other, base).parts, other)).toBe(true)
      expect(merge(base, other, other).conflicts).toEqual([])
    }),
  )
})

test('what only one of two changed is kept; what both changed otherwise is told', () => {
  fc.assert(
    fc.property(files, files, files, (base, theirs, mine) => {
      const merged = merge(base, theirs, mine)
      const yielded = merge(base, theirs, mine, new Set(merged.conflicts.map((one) => conflictKey(one.path))))
      for (const part of ['company'] as const)
        for (const name of Object.keys({ ...(theirs[part] as object), ...(mine[part] as object) })) {
          const [was, their, my] = [base, theirs, mine].map((file) => at(file, [part, name]))
          const found = at(merged.parts, [part, name])
          if (same(was, my)) expect(found).toEqual(their)
          else expect(found).toEqual(my)
          const told = merged.conflicts.some((one) => conflictKey(one.path) === conflictKey([part, name]))
          expect(told).toBe(!same(was, my) && !same(was, their) && !same(their, my))
          if (told) expect(at(yielded.parts, [part, name])).toEqual(their)
        }
    }),
  )
})

test('two who each add a person have both', () => {
  const add = (user: string) => ({ ...FILE, people: [...(FILE['people'] as Plain[]), { user, name: user }] })
  const merged = merge(FILE, add('xu'), add('he'))
  expect(merged.conflicts).toEqual([])
  expect((merged.parts['people'] as { user: string }[]).map((one) => one.user)).toEqual([
    'li',
    'wu',
    'he',
    'xu',
  ])
})

test('a length is read back as it was written', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 200_000_000 }), (ms) => {
      expect(parseLength(printLength(ms))).toBe(ms)
    }),
  )
  expect(lengthTyped('90')).toBe('1m30s')
  expect(lengthTyped('2分钟')).toBe('2m')
  expect(lengthTyped('1 小时 30 分')).toBe('1h30m')
  expect(lengthTyped('1:05')).toBe('1m5s')
  expect(lengthTyped('soon')).toBeNull()
  expect([shareTyped('80%'), shareTyped('0.8'), shareTyped('80'), shareTyped('180%')]).toEqual([
    0.8,
    0.8,
    0.8,
    null,
  ])
})

const span = fc
  .tuple(fc.integer({ min: 0, max: 47 }), fc.integer({ min: 1, max: 48 }))
  .filter(([a, b]) => a < b)
  .map(([a, b]) => printSpan([a * 30, b * 30]))
const week = fc.record(
  Object.fromEntries(DAYS.map((day) => [day, fc.array(span, { maxLength: 2 })])) as Record<
    (typeof DAYS)[number],
    fc.Arbitrary<string[]>
  >,
)

test('a week told in short words is the same week', () => {
  fc.assert(
    fc.property(week, (one) => {
      expect(weekOf(hoursOf(one))).toEqual(one)
    }),
  )
  expect(hoursOf(weekOf({ 'mon,tue,wed-fri': ['09:00-18:00'] }) ?? ({} as never))).toEqual({
    'mon-fri': ['09:00-18:00'],
  })
  expect(hoursOf(weekOf({ 'mon-sun': '00:00-24:00' }) ?? ({} as never))).toEqual({ every: ['00:00-24:00'] })
  expect(weekOf({ someday: '09:00-10:00' })).toBeNull()
})

test('a stretch that is painted is open and nothing else changes', () => {
  const minutes = fc
    .tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 1, max: 40 }))
    .map(([begin, length]) => [begin, begin + length] as const)
  const open = (spans: readonly (readonly [number, number])[], at: number) =>
    spans.some(([a, b]) => a <= at && at < b)
  fc.assert(
    fc.property(fc.array(minutes), minutes, fc.boolean(), (spans, stretch, on) => {
      const after = painted(joined(spans), stretch, on)
      for (let at = 0; at < 150; at++)
        expect(open(after, at)).toBe(open([stretch], at) ? on : open(spans, at))
    }),
  )
  expect(spansTyped('9:00–12:00，13:30~18:00, late')).toEqual(['09:00-12:00', '13:30-18:00', 'late'])
  expect(parseSpan('22:00-06:00')).toEqual([1320, 1800])
})

test('a month’s sheet has whole weeks and all its days', () => {
  const sheet = monthOf(2026, 1)
  expect(sheet).toHaveLength(35)
  expect(sheet.filter((one) => one.inside)).toHaveLength(28)
  expect(sheet[0]?.date).toBe('2026-01-26')
})

test('names and places in lists', () => {
  expect(freeName('queue', ['queue', 'queue-2'])).toBe('queue-3')
  expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b'])
  expect(Object.keys(renamed({ a: 1, b: 2 }, 'a', 'z'))).toEqual(['z', 'b'])
})
