import { expect, test } from 'vitest'

import type { Change, Parts } from '@/api/settings-types'
import { gathered, told } from './changes'

const FILE: Parts = {
  queues: { general: { name: 'G' }, 'line.2': { name: 'L' } },
  numbers: [{ number: '4000' }],
  flows: { main: { start: 'm', steps: { m: { do: 'menu', say: ['a'], keys: {} } } } },
  outbound: {},
}
const change = (what: string, sign: Change['sign'] = '~'): Change => ({
  sign,
  what,
  before: '1s',
  after: '2s',
})
const of = (what: string, sign?: Change['sign']) => told(change(what, sign), [FILE])

test('a change says which thing it is about, and which field', () => {
  expect(of('queue general.ring')).toMatchObject({ part: 'queues', id: 'general', inside: ['ring'] })
  expect(of('queue general.ring').field?.kind).toBe('length')
  expect(of('queue general.callback.pause').field?.kind).toBe('length')
  expect(of('outbound.alarm.window').field?.kind).toBe('length')
  expect(of('company.name')).toMatchObject({ part: 'company', id: '', inside: ['name'] })
  expect(of('numbers order')).toMatchObject({ part: 'numbers', order: true })
})

test('an id with a dot is not taken apart', () => {
  expect(of('queue line.2.wrap_up')).toMatchObject({ id: 'line.2', inside: ['wrap_up'] })
})

test('a step’s field is found by what the step does', () => {
  expect(of('flow main.steps.m.tries')).toMatchObject({ part: 'flows', id: 'main' })
  expect(of('flow main.steps.m.tries').field?.kind).toBe('count')
  expect(of('flow main.steps.m.wait').field?.kind).toBe('length')
})

test('changes of one thing stand together', () => {
  const groups = gathered(
    [change('queue general.ring'), change('number 4000', '+'), change('queue general.goal')],
    [FILE],
  )
  expect(groups.map(([, list]) => list.length)).toEqual([2, 1])
})
