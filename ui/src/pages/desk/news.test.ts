import { expect, test } from 'vitest'

import type { News } from '@/api/desk-types'
import { newsNow } from './news'

const NOW = 1_700_000_000_000
const some = (id: string, kind: News['kind'], ago_ms = 0): News =>
  ({
    id,
    kind,
    at_ms: NOW - ago_ms,
    state: '',
    by: '',
    by_name: '',
    reason: '',
    queues: [],
    call: '',
  }) as News
const MISSED = some('a', 'missed', 1_000)
const LOST = some('b', 'phone_lost')

const SET = some('c', 'state_set', 500)

test('why no calls come is told while none come, and no longer', () => {
  expect(newsNow([MISSED, LOST], 'unavailable', new Set(), NOW)).toBe(LOST)
  expect(newsNow([SET, MISSED, LOST], 'ready', new Set(), NOW)).toBe(SET)
  expect(newsNow([MISSED], 'unavailable', new Set(), NOW)).toBe(MISSED)
  expect(newsNow([MISSED, LOST], 'talking', new Set(), NOW)).toBeNull()
})

test('what was read or is old stands no more', () => {
  expect(newsNow([SET], 'ready', new Set(['c']), NOW)).toBeNull()
  expect(newsNow([some('a', 'state_set', 10 * 60_000)], 'ready', new Set(), NOW)).toBeNull()
})
