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

test('a lost phone is told while it is lost, and no longer', () => {
  expect(newsNow([MISSED, LOST], 'unavailable', new Set(), NOW)).toBe(LOST)
  expect(newsNow([MISSED, LOST], 'ready', new Set(), NOW)).toBe(MISSED)
  expect(newsNow([LOST], 'talking', new Set(), NOW)).toBeNull()
})

test('what was read or is old stands no more', () => {
  expect(newsNow([MISSED], 'ready', new Set(['a']), NOW)).toBeNull()
  expect(newsNow([some('a', 'missed', 10 * 60_000)], 'ready', new Set(), NOW)).toBeNull()
})
