import { expect, test } from 'vitest'

import type { Call } from '@/api/types'
import { formats } from '@/format/time'
import { merged } from './list'
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

test('terms survive the way through the address', () => {
  const terms = { query: '138', outcome: 'abandoned', queue: 'enquiry', period: 'week' } as const
  expect(termsOf(queryFor(terms))).toEqual(terms)
  expect(termsOf({ outcome: 'nonsense', period: 7 })).toEqual(NO_TERMS)
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
