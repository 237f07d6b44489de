import { expect, test } from 'vitest'

import type { Plain } from '@/api/settings-types'
import { withoutPhone, withPhone } from './collection'

test('a new colleague comes with a phone of the same name, or the next free one', () => {
  const new1 = { user: '1001', extension: '1001' }
  expect(withPhone({}, new1)['endpoints']).toEqual([{ endpoint: '1001', person: '1001' }])
  const taken = { endpoints: [{ endpoint: '1001', person: 'li' }] }
  expect(withPhone(taken, new1)['endpoints']).toEqual([
    { endpoint: '1001', person: 'li' },
    { endpoint: '1002', person: '1001' },
  ])
  expect(withPhone({}, { user: 'admin' })).toEqual({})
})

test('who goes takes the phone along, and nobody else’s', () => {
  const theirs: Plain = { endpoint: '1001', person: 'li' }
  const nobodys: Plain = { endpoint: '1002' }
  expect(withoutPhone({ endpoints: [theirs, nobodys] }, 'li')).toEqual({ endpoints: [nobodys] })
  expect(withoutPhone({ endpoints: [theirs] }, 'li')['endpoints']).toBeUndefined()
})
