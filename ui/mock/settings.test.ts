import { expect, test } from 'vitest'

import { SettingsRoutes, changesOf } from './settings-routes.ts'
import { partsOfMock } from './settings-data.ts'

const ask = (routes: SettingsRoutes, method: string, path: string, body: Record<string, unknown> = {}) =>
  routes.answer(method, path, new URLSearchParams(), body, 0) as [number, Record<string, never>]

test('the mock centre’s own file has no mistake, and a wrong name is one', () => {
  const routes = new SettingsRoutes()
  const parts = partsOfMock()
  expect(ask(routes, 'POST', '/configuration/check', { parts })[1]['problems']).toEqual([])
  parts['numbers'] = [{ number: '1', flow: 'nowhere' }]
  expect(ask(routes, 'POST', '/configuration/check', { parts })[1]['problems']).toHaveLength(1)
})

test('a step that leads nowhere is a mistake, one that nothing leads to may be meant so', () => {
  const routes = new SettingsRoutes()
  const parts = partsOfMock()
  const check = () => ask(routes, 'POST', '/configuration/check', { parts })[1] as Record<string, unknown>
  expect(check()['warnings']).toEqual([])
  const flow = (parts['flows'] as Record<string, { steps: Record<string, object> }>)['main']
  Object.assign(flow?.steps ?? {}, { lost: { do: 'play', say: ['welcome'] }, spare: { do: 'hang_up' } })
  const at = (name: string) => ({ path: ['flows', 'main', 'steps', name] })
  expect(check()['problems']).toMatchObject([{ ...at('lost'), code: 'missing' }])
  expect(check()['warnings']).toMatchObject([at('lost'), at('spare')])
})

test('saving keeps a version, and only from the one that is in force', () => {
  const routes = new SettingsRoutes()
  const parts = { ...partsOfMock(), skills: {} }
  expect(ask(routes, 'PUT', '/configuration', { parts, version: 1 })[0]).toBe(409)
  expect(ask(routes, 'PUT', '/configuration', { parts, version: 2 })[1]['version']).toBe(3)
  expect(changesOf(partsOfMock(), parts).map((one) => one.sign)).toEqual(['-', '-', '-'])
})
