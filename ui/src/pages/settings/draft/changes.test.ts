import { expect, test } from 'vitest'

import type { Change, Parts } from '@/api/settings-types'
import en from '../text/en'
import zh from '../text/zh-CN'
import { gathered, pointed, told } from './changes'
import { CASE } from '../flow/steps'
import { asTable, compared, listed, tabled } from './printed'

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

test('the cases of a condition are told in the words of their form, what is not set left out', () => {
  const file: Parts = { flows: { main: { steps: { who: { do: 'condition', cases: [] } } } } }
  expect(told(change('flow main.steps.who.cases'), [file]).field?.kind).toBe('cases')
  const [one = '', other = ''] = listed(
    '[{next: gold, caller: [138, 139], language: (none), time: 22:00-06:00}, {next: line, variable: level}]',
  )
  expect(tabled(one)).toEqual([
    ['next', 'gold'],
    ['caller', '[138, 139]'],
    ['language', '(none)'],
    ['time', '22:00-06:00'],
  ])
  expect(tabled(other)?.map(([name]) => name)).toEqual(['next', 'variable'])
  for (const { name } of CASE)
    for (const text of [zh, en]) {
      const fields = text.settings.field as Record<string, Record<string, string> | undefined>
      expect(fields['step']?.[name] ?? fields['all']?.[name], name).toBeTruthy()
    }
})

test('changes of one thing stand together', () => {
  const groups = gathered(
    [change('queue general.ring'), change('number 4000', '+'), change('queue general.goal')],
    [FILE],
  )
  expect(groups.map(([, list]) => list.length)).toEqual([2, 1])
})

test('each name on the way has the words of the form that shows it', () => {
  const places = (what: string) => of(what).places.map(({ scope, name }) => `${scope}.${name}`)
  expect(places('queue general.callback.pause')).toEqual(['queues.callback', 'callback.pause'])
  expect(places('trunk city.tls.ca')).toEqual(['trunks.tls', 'trunks_tls.ca'])
  expect(places('queue general.line_full.hang_up')).toEqual(['queues.line_full', 'way.hang_up'])
  expect(places('flow main.steps.m.tries')).toEqual(['step.tries'])
  expect(of('queue general.skills.english').places[1]).toEqual({ scope: '', name: 'english', of: 'skills' })
  expect(of('outbound.caps.agent.each.hour').places.map((one) => one.words ?? one.scope)).toEqual([
    'outbound',
    'asker',
    'caps',
    'caps_each',
  ])
})

test('the names of nested fields have words in both languages', () => {
  const changed = [
    ...['callback.key', 'callback.pause', 'callback.expires', 'callback.calendar', 'callback.allowed'],
    ...[
      'callback.other_number',
      'last_agent.within',
      'last_agent.wait',
      'line_full.hang_up',
      'wait_over.queue',
    ],
  ].map((inside) => `queue general.${inside}`)
  const others = [
    ...['outbound.alarm.calls', 'outbound.alarm.window', 'outbound.alarm.calls_outside_hours'],
    ...['trunk city.tls.ca', 'trunk city.tls.client_certificate', 'trunk city.tls.fingerprint'],
    ...['lookup.services.crm.header', 'lookup.services.crm.internal', 'lookup.services.crm.timeout'],
    ...['lookup.services.crm.method', 'lookup.services.crm.secret_env', 'web_callers.per_address.minute'],
    ...['outbound.caps.agent.each.hour', 'warnings.queues.general.waiting', 'queue general.no_agent.flow'],
  ]
  for (const what of [...changed, ...others])
    for (const { scope, name } of of(what).places.filter((one) => one.scope))
      for (const text of [zh, en]) {
        const fields = text.settings.field as Record<string, Record<string, string> | undefined>
        expect(fields[scope]?.[name] ?? fields['all']?.[name], `${what}: ${scope}.${name}`).toBeTruthy()
      }
})

test('lists and tables are read as the centre prints them', () => {
  expect(listed('[a, b]')).toEqual(['a', 'b'])
  expect(listed('[]')).toEqual([])
  expect(listed('a')).toEqual(['a'])
  expect(listed('[{rule: a, who: [b, c]}, {rule: d}]')).toEqual(['{rule: a, who: [b, c]}', '{rule: d}'])
  expect(tabled('{rule: a, who: [b, c]}')).toEqual([
    ['rule', 'a'],
    ['who', '[b, c]'],
  ])
  expect(tabled('{name: Smith, Jones, key: 1}')).toEqual([
    ['name', 'Smith, Jones'],
    ['key', '1'],
  ])
  expect(tabled('a')).toBeNull()
})

test('a printed case is a table again, lists as lists, what is not set left out', () => {
  expect(asTable('{next: gold, caller: [138, 139], language: (none), time: 22:00-06:00}')).toEqual({
    next: 'gold',
    caller: ['138', '139'],
    time: '22:00-06:00',
  })
  expect(asTable('gold')).toBeNull()
})

const marked = (before: string[], after: string[]) =>
  compared(before, after).map((lines) => lines.map(({ line, is }) => `${line} ${is}`))

test('of two lists each line knows whether it stayed, moved, or stands in one only, as often as it does', () => {
  expect(marked(['a', 'b', 'a'], ['a', 'c'])).toEqual([
    ['a same', 'b only', 'a only'],
    ['a same', 'c only'],
  ])
  expect(marked([], ['a'])).toEqual([[], ['a only']])
})

test('of a list in another order the fewest lines count as moved', () => {
  expect(marked(['a', 'b', 'c', 'd'], ['d', 'a', 'b', 'c'])).toEqual([
    ['a same', 'b same', 'c same', 'd moved'],
    ['d moved', 'a same', 'b same', 'c same'],
  ])
  const [before, after] = compared(['a', 'b'], ['b', 'a'])
  for (const side of [before, after]) expect(side.filter(({ is }) => is === 'moved')).toHaveLength(1)
})

test('a problem stands where its form says it, not where the file has it', () => {
  const at = (...path: (string | number)[]) => pointed(path, FILE)
  expect(at('numbers', 0)).toMatchObject({ part: 'numbers', id: '4000', inside: [] })
  expect(at('queues', 'line.2', 'ring')).toMatchObject({ part: 'queues', id: 'line.2', inside: ['ring'] })
  expect(at('flows', 'main', 'steps', 'm', 'otherwise').places).toEqual([
    { scope: 'step', name: 'otherwise' },
  ])
  expect(at('company', 'name')).toMatchObject({ part: 'company', id: '', inside: ['name'] })
})
