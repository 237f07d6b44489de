import { expect, test } from 'vitest'

import type { Call } from '@/api/types'
import { formats } from '@/format/time'
import { everyCall, MOST } from './export'
import { continued, freshened, merged, nextOf, opened, SPARE, trimmed } from './list'
import { NO_TERMS, queryFor, searchFor, termsOf } from './terms'

const call = (id: string, began_ms: number, state = 'ended') => ({ id, began_ms, state }) as Call

test('fresh views replace old ones and new calls come first', () => {
  const list = merged([call('b', 2, 'talking'), call('a', 1)], [call('c', 3), call('b', 2)])
  expect(list.map((c) => [c.id, c.state])).toEqual([
    ['c', 'ended'],
    ['b', 'ended'],
    ['a', 'ended'],
  ])
})

/** Calls `from` down to `to`, begun at their own number. */
const page = (from: number, to: number, next: string | null = `after ${to}`) => ({
  calls: Array.from({ length: from - to + 1 }, (_, i) => call(`c${from - i}`, from - i)),
  next,
})
const span = (list: { calls: readonly Call[] }) => [
  list.calls.at(0)?.id,
  list.calls.at(-1)?.id,
  list.calls.length,
]

test('pages continue each other, and new calls come before them', () => {
  const list = continued(opened(page(100, 51)), page(50, 1, null))
  expect([...span(list), nextOf(list)]).toEqual(['c100', 'c1', 100, null])
  const fresh = freshened(list, page(120, 71))
  expect([...span(fresh), nextOf(fresh)]).toEqual(['c120', 'c1', 120, null])
  expect(freshened(fresh, page(120, 71)).ends).toHaveLength(fresh.ends.length)
})

test('where calls are missing in between the list begins anew, without a gap', () => {
  const list = freshened(opened(page(100, 51)), page(200, 151))
  expect([...span(list), nextOf(list)]).toEqual(['c200', 'c151', 50, 'after 151'])
})

test('a page that is all there is replaces what was there', () => {
  const list = freshened(opened(page(3, 1, null)), page(4, 2, null))
  expect([...span(list), nextOf(list)]).toEqual(['c4', 'c2', 3, null])
  expect(nextOf(freshened(opened({ calls: [], next: null }), { calls: [], next: null }))).toBeNull()
})

test('a list that grows all day lets its oldest go, and goes on behind the last that is left', () => {
  let list = opened(page(100, 51))
  for (let newest = 101; newest < 2_000; newest += 30) {
    list = trimmed(freshened(list, page(newest, newest - 49)), 50)
    expect(list.calls.length).toBeLessThanOrEqual(50 + SPARE)
    expect(nextOf(list)).toBe(`after ${list.calls.at(-1)?.began_ms}`)
    const begun = list.calls.map((one) => one.began_ms)
    expect(begun).toEqual(begun.map((_, i) => newest - i))
  }
})

test('what was asked for stays', () => {
  const list = continued(opened(page(250, 201)), page(200, 151))
  expect(trimmed(list, 100)).toBe(list)
  const grown = freshened(freshened(list, page(300, 251 - 10)), page(330, 281))
  expect(trimmed(grown, 100).calls.length).toBeGreaterThanOrEqual(100)
})

test('terms survive the way through the address', () => {
  const terms = {
    ...NO_TERMS,
    query: '138',
    outcome: 'abandoned',
    queue: 'enquiry',
    agent: 'wang',
    period: 'week',
  } as const
  expect(termsOf(queryFor(terms))).toEqual(terms)
  expect(termsOf({ outcome: 'nonsense', period: 7 })).toEqual(NO_TERMS)
})

test('from one day to another, both with them, as the centre counts days', () => {
  const shanghai = formats('zh-CN', 'Asia/Shanghai')
  const terms = { ...NO_TERMS, period: 'dates', from: '2026-05-01', to: '2026-05-05' } as const
  expect(termsOf(queryFor(terms))).toEqual(terms)
  const asked = searchFor(terms, 0, shanghai)
  expect([asked.from_ms, asked.to_ms]).toEqual([Date.UTC(2026, 3, 30, 16), Date.UTC(2026, 4, 5, 16)])
  const open = searchFor(termsOf({ period: 'dates', from: 'yesterday', to: '2026-05-05' }), 0, shanghai)
  expect([open.from_ms, open.to_ms]).toEqual([undefined, Date.UTC(2026, 4, 5, 16)])
  // a day of 25 hours
  const autumn = { ...terms, from: '2026-10-25', to: '2026-10-25' }
  const berlin = searchFor(autumn, 0, formats('en', 'Europe/Berlin'))
  expect((berlin.to_ms ?? 0) - (berlin.from_ms ?? 0)).toBe(25 * 3_600_000)
})

test('today begins at midnight of the centre', () => {
  const now = Date.UTC(2026, 4, 5, 20, 30) // 04:30 on the 6th in Shanghai
  const search = searchFor({ ...NO_TERMS, period: 'today' }, now, formats('zh-CN', 'Asia/Shanghai'))
  expect(search.from_ms).toBe(Date.UTC(2026, 4, 5, 16))
  const before = searchFor({ ...NO_TERMS, period: 'yesterday' }, now, formats('zh-CN', 'Asia/Shanghai'))
  expect([before.from_ms, before.to_ms]).toEqual([Date.UTC(2026, 4, 4, 16), Date.UTC(2026, 4, 5, 16)])
})

test('a number copied with its gaps is searched without', () => {
  const ask = (query: string) => searchFor({ ...NO_TERMS, query }, 0, formats('en', 'UTC')).query
  expect(ask(' 138 0013 8021 ')).toBe('13800138021')
  expect(ask('Grace Ho')).toBe('Grace Ho')
})

test('a file holds every call that is asked for, page by page, and says where it had to stop', async () => {
  const asked: unknown[] = []
  const told: number[] = []
  const pages = (all: number) => (search: { limit?: number; cursor?: string }) => {
    asked.push(search)
    const from = Number(search.cursor ?? 0)
    const to = Math.min(all, from + (search.limit ?? 0))
    const found = Array.from({ length: to - from }, (_, i) => call(`c${from + i}`, all - from - i))
    return Promise.resolve({ calls: found, next: to < all ? String(to) : null })
  }
  const some = await everyCall(pages(450), { queue: 'enquiry', limit: 50 }, (n) => told.push(n))
  expect([some.rows.length, new Set(some.rows.map((one) => one.id)).size, some.more]).toEqual([
    450,
    450,
    false,
  ])
  expect(told).toEqual([200, 400, 450])
  expect(asked[1]).toEqual({ queue: 'enquiry', limit: 200, cursor: '200' })
  const many = await everyCall(pages(MOST + 1), {}, () => undefined)
  expect([many.rows.length, many.more]).toEqual([MOST, true])
})
