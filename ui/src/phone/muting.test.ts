import { describe, expect, test } from 'vitest'

import type { DeskCall } from '@/api/desk-types'
import { aCall } from '@/pages/desk/fixtures'
import type { Item } from '@/pages/desk/board'
import type { Line } from './machine'
import { mutingsOf } from './muting'

const aLine: Line = {
  id: 'l1',
  state: 'talking',
  number: '13812340007',
  name: '',
  call: 'c1',
  direction: 'in',
  held: false,
  muted: false,
  since: 0,
  purpose: 'call',
}

const item = (call: Partial<DeskCall> | null, line: Partial<Line> | null): Item => ({
  key: 'one',
  call: call && aCall('c1', { state: 'talking', ...call }),
  line: line && { ...aLine, ...line },
})

describe('the centre is told', () => {
  test('what it does not know yet', () => {
    expect(mutingsOf([item({}, { muted: true })])).toEqual([{ call: 'c1', on: true }])
    expect(mutingsOf([item({ muted: true }, { muted: false })])).toEqual([{ call: 'c1', on: false }])
  })

  test('nothing twice', () => {
    expect(mutingsOf([item({ muted: true }, { muted: true }), item({}, {})])).toEqual([])
  })

  test('nothing of a call that rings, is over, or whose line is lost just now', () => {
    expect(mutingsOf([item({ state: 'ringing' }, { muted: true })])).toEqual([])
    expect(mutingsOf([item({}, { muted: true, state: 'lost' })])).toEqual([])
    expect(mutingsOf([item(null, { muted: true }), item({ muted: true }, null)])).toEqual([])
  })
})
