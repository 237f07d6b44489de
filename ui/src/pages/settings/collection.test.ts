import { expect, test } from 'vitest'

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
  const phones = [{ endpoint: '1001', person: 'li' }, { endpoint: '1002' }]
  expect(withoutPhone({ endpoints: phones }, 'li')).toEqual({ endpoints: [{ endpoint: '1002' }] })
  expect(withoutPhone({ endpoints: [phones[0]!] }, 'li')['endpoints']).toBeUndefined()
})
