import fc from 'fast-check'
import { expect, test } from 'vitest'

import type { FigureRow } from '@/api/figures-types'
import type { Brief, Item, Ruling, Stratum } from '@/api/quality-types'
import { axisEnd, groupsOf, percents } from './figures'
import {
  agreed,
  leftOf,
  needsReason,
  others,
  ruled,
  sections,
  sheetOf,
  stepped,
  unsaved,
  groundsOf,
  verdictAfter,
  type Said,
} from './form'
import { dueOrder, mayTake } from './lists'
import { NEEDS, placesOf } from './places'
import { fault, missed, newPlan, worstMargin } from './plan'
import { roleMay } from '@/shell/roles'

const text = { zh: '话', en: 'word' }
const item = (machine: Item['machine'], more: Partial<Item> = {}): Item => ({
  id: more.id ?? machine ?? 'h',
  rule: 'r',
  title: text,
  part: 'opening',
  source: 'S1',
  severity: 'minor',
  points: 2,
  by: machine === null ? 'person' : 'machine',
  finding: null,
  machine,
  stand: '',
  verdict: null,
  reason: '',
  ...more,
})
const breach = item('breach')
const pass = item('pass')
const unsure = item('unsure')
const human = item(null)
const all = [breach, pass, unsure, human]

test('breaches, doubts and what only people judge are owed a word; what was kept is agreed to by silence', () => {
  expect(leftOf(all, sheetOf(all))).toEqual({ open: ['breach', 'unsure', 'h'], reasons: [] })
})

test('what could not be heard may stay open', () => {
  const unheard = item('unsure', { id: 'u', finding: { confidence: 0 } as Item['finding'] })
  expect(leftOf([unheard], sheetOf([unheard])).open).toEqual([])
  expect(sections([unheard, pass, human, breach]).map((one) => one.kind)).toEqual([
    'machine',
    'people',
    'kept',
    'unheard',
  ])
})

test('saying otherwise than the machine needs a reason, deciding what it left open does not', () => {
  const sheet = new Map<string, Said>([
    ['breach', ruled(breach, 'pass', '')],
    ['unsure', ruled(unsure, 'breach', '')],
    ['h', ruled(human, 'breach', '')],
    ['pass', ruled(pass, 'breach', ' ')],
  ])
  expect(leftOf(all, sheet)).toEqual({ open: [], reasons: ['breach', 'pass'] })
  expect(needsReason(breach, ruled(breach, 'pass', '录音里说了'))).toBe(false)
})

test('who overruled the machine is quoted before what the machine found', () => {
  const both = (text: { zh: string } | undefined) => text?.zh ?? ''
  const finding = { found: { zh: '提前 5.7 秒', en: '' } } as Item['finding']
  const overruled = item('pass', { finding, stand: 'overrule', verdict: 'breach', reason: '响了四声才接' })
  expect(groundsOf(overruled, both)).toBe('响了四声才接')
  expect(groundsOf(item('breach', { finding }), both)).toBe('提前 5.7 秒')
  expect(groundsOf(item(null, { stand: 'judged', verdict: 'breach', reason: '用了术语' }), both)).toBe(
    '用了术语',
  )
})

test('whatever is said of an item, the verdict after it is the one that was meant', () => {
  const verdicts: Ruling[] = ['pass', 'breach', 'not_applicable']
  fc.assert(
    fc.property(fc.constantFrom(...all), fc.constantFrom(...verdicts), (one, verdict) => {
      const said = ruled(one, verdict, 'because')
      expect(verdictAfter(one, said)).toBe(verdict)
      expect(others(one)).not.toContain(one.machine)
    }),
  )
  expect(verdictAfter(breach, agreed(breach))).toBe('breach')
  expect(ruled(breach, 'breach', 'x').stand).toBe('agree')
})

test('only what has changed is sent', () => {
  const sheet = sheetOf(all).set('breach', agreed(breach))
  expect(unsaved(all, sheet)).toEqual([{ id: 'breach', stand: 'agree', verdict: 'breach', reason: '' }])
  expect(unsaved(all, sheetOf(all))).toEqual([])
})

test('keys lead through the items and stop at the ends', () => {
  expect([stepped(['a', 'b'], '', 1), stepped(['a', 'b'], 'a', 1), stepped(['a', 'b'], 'b', 1)]).toEqual([
    'a',
    'b',
    'b',
  ])
  expect(stepped(['a', 'b'], 'a', -1)).toBe('a')
  expect(stepped([], '', 1)).toBe('')
})

test('what is due first stands first, what has no date last', () => {
  const brief = (id: string, due_ms: number | null, created_ms: number) =>
    ({ id, due_ms, created_ms }) as Brief
  expect(
    dueOrder([brief('c', null, 2), brief('d', null, 3), brief('b', 9, 1), brief('a', 5, 9)]).map((b) => b.id),
  ).toEqual(['a', 'b', 'c', 'd'])
})

test('agents see their own calls alone, inspectors what they may do', () => {
  const of = (role: string) => placesOf((permission) => roleMay(role, permission))
  expect(of('agent')).toEqual(['mine'])
  expect(of('inspector')).not.toContain('mine')
  expect(of('support')).toEqual([])
  expect(Object.keys(NEEDS)).toContain(of('trainer')[0])
})

const row = (key: string, rate: number | null, rank: number | null, low = 0, high = 1): FigureRow => ({
  key,
  title: text,
  calls: rate === null ? 0 : 10,
  breaches: 0,
  unsure: 0,
  rate,
  low: rate === null ? null : low,
  high: rate === null ? null : high,
  rank,
  score: null,
  score_low: null,
  score_high: null,
})

test('rows of one rank stand together, those without calls last', () => {
  const rows = [row('none', null, null), row('b', 0.3, 1), row('a', 0.1, 1), row('c', 0.9, 3)]
  expect(groupsOf(rows, false).map((group) => [group.rank, group.rows.map((one) => one.key)])).toEqual([
    [1, ['b', 'a']],
    [3, ['c']],
    [null, ['none']],
  ])
  expect(groupsOf(rows, true).map((group) => group.rank)).toEqual([3, 1, null])
})

test('an interval is drawn inside the axis, and told no finer than it is known', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (high) => {
      expect(axisEnd([row('a', 0, 1, 0, high)])).toBeGreaterThanOrEqual(Math.floor(high * 100))
    }),
  )
  expect(percents({ rate: 0.1234, low: 0.05, high: 0.2 })).toEqual([12, 5, 20])
  expect(percents({ rate: 0.1234, low: 0.12, high: 0.13 })).toEqual([12.3, 12, 13])
  expect(percents({ rate: null, low: null, high: null })).toBeNull()
})

test('a plan says why it cannot be asked for, and whose error is not reached', () => {
  const plan = newPlan(0, 10, '一周')
  expect(
    [plan, { ...plan, name: ' ' }, { ...plan, to_ms: 0 }, { ...plan, risk: 0, margin: 0 }].map(fault),
  ).toEqual([null, 'name', 'period', 'empty'])
  const strata = [
    { agent: 'a', margin: 0.098 },
    { agent: 'b', margin: 0.24 },
  ] as Stratum[]
  expect(missed(strata, 0.1).map((one) => one.agent)).toEqual(['b'])
  expect(worstMargin(strata)).toBe(0.24)
  expect(worstMargin([])).toBeNull()
})

test('a form is given to whoever has least to do, never to its inspector nor to the agent of the call', () => {
  const all = ['a', 'b', 'c', 'd'].map((user, i) => ({ user, open: 9 - i }))
  expect(mayTake(all, { inspector: 'b', agent: 'c' }).map((one) => one.user)).toEqual(['d', 'a'])
  expect(mayTake(all.slice(1, 3), { inspector: 'b', agent: 'c' })).toEqual([])
})
