// @vitest-environment happy-dom
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createApp, h, nextTick, type App } from 'vue'

import { api, ApiError } from '@/api/client'
import type { AgentView, Centre, Me } from '@/api/types'
import { useSession } from '@/shell/session'
import { texts } from '@/text'
import zh from '@/text/zh-CN'
import AgentBoard from './AgentBoard.vue'
import { breakName, lastingOf, maySet } from './seat'

const NOW = Date.UTC(2026, 4, 6, 2)
const agent = (fields: Partial<AgentView> = {}): AgentView => ({
  id: '1001',
  name: '林晓雨',
  extension: '1001',
  state: 'break',
  since_ms: NOW - 65_000,
  reason: 'meal',
  call: null,
  caller: null,
  queue: null,
  queues: [],
  calls_today: 0,
  reachable: true,
  ...fields,
})
const CENTRE: Centre = {
  company: '云程旅行',
  company_en: 'Yuncheng Travel',
  version: '0',
  time_zone: 'Asia/Shanghai',
  demo: true,
  switch: 'up',
  numbers: [],
  people: [],
  breaks: [
    { id: 'rest', name: '小休', name_en: 'Short break' },
    { id: 'meal', name: '用餐', name_en: 'Meal' },
  ],
  simulation: null,
}
const me = (role: string, user = 'leader'): Me => ({ user, name: user, role, language: 'zh', csrf: '' })

test('only a state that lasts has a timer', () => {
  expect(lastingOf(agent(), NOW)).toBe('1:05')
  expect(lastingOf(agent({ state: 'signed_out' }), NOW)).toBe('')
  expect(lastingOf(agent({ since_ms: 0 }), NOW)).toBe('')
})

test.each([
  ['shift_leader', 'leader', true],
  ['manager', 'manager', true],
  ['administrator', 'admin', true],
  ['agent', '1001', true],
  ['agent', '1002', false],
  ['inspector', '1001', false],
  ['support', 'support', false],
])('%s %s may set the state of agent 1001: %s', (role, user, may) => {
  expect(maySet(me(role, user), agent())).toBe(may)
})

test('a break is called as the centre calls it, in the language of the page', () => {
  expect(breakName(CENTRE, 'meal', 'zh-CN')).toBe('用餐')
  expect(breakName(CENTRE, 'meal', 'en')).toBe('Meal')
  expect(breakName(CENTRE, 'no_answer', 'en')).toBeUndefined()
  expect(breakName(null, 'meal', 'zh-CN')).toBeUndefined()
})

test('nobody may set a state before it is known who they are', () => {
  expect(maySet(null, agent())).toBe(false)
})

let app: App | undefined
let root: HTMLElement | undefined

function show(role: string, one: AgentView): void {
  const box = (root = document.createElement('div'))
  document.body.append(box)
  const pinia = createPinia()
  setActivePinia(pinia)
  const session = useSession()
  session.me = me(role)
  session.centre = CENTRE
  app = createApp({ render: () => h(AgentBoard, { agents: [one], now: NOW, view: 'grid' }) })
  app.component('RouterLink', () => null)
  app.use(pinia).use(texts).mount(box)
}

async function press(name: string, which = 0): Promise<void> {
  root?.querySelectorAll<HTMLElement>(`[data-test=${name}]`)[which]?.click()
  await nextTick()
  await new Promise((next) => setTimeout(next))
}

const note = () => root?.querySelector('[data-test=seat-note]')?.textContent ?? null

beforeEach(() => {
  vi.spyOn(api, 'setState')
})
afterEach(() => {
  app?.unmount()
  root?.remove()
  vi.restoreAllMocks()
})

test('whoever may not set states sees no menu', () => {
  show('inspector', agent())
  expect(root?.querySelector('[data-test=agent]')).not.toBeNull()
  expect(root?.querySelector('[data-test=seat-open]')).toBeNull()
})

test('a break is taken with its reason, and the menu closes', async () => {
  vi.mocked(api.setState).mockResolvedValue(agent({ state: 'break' }))
  show('shift_leader', agent({ state: 'ready', reason: '' }))
  await press('seat-open')
  await press('choose-break', 1)
  expect(api.setState).toHaveBeenCalledWith('1001', 'break', 'meal')
  expect(note()).toBeNull()
})

test('who talks goes on talking: the wish is noted', async () => {
  vi.mocked(api.setState).mockResolvedValue(agent({ state: 'talking' }))
  show('shift_leader', agent({ state: 'talking', reason: '' }))
  await press('seat-open')
  await press('choose-signed-out')
  expect(note()).toBe(zh.seat.noted)
})

test('a refusal is told in words: ours for a phone that is away, else the centre’s', async () => {
  vi.mocked(api.setState).mockRejectedValue(new ApiError(409, 'not_allowed', 'agent 1001 cannot do that'))
  show('shift_leader', agent({ reachable: false }))
  await press('seat-open')
  await press('choose-ready')
  expect(note()).toContain(zh.seat.no_phone)
  await press('choose-break')
  expect(note()).toContain('agent 1001 cannot do that')
})
