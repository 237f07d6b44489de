// @vitest-environment happy-dom
import { createPinia } from 'pinia'
import { afterEach, expect, test } from 'vitest'
import { createApp, h, type App, type Component, type SetupContext } from 'vue'

import { AGENT_STATES, type AgentView } from '@/api/types'
import { AGENT_LOOKS } from '@/design/states'
import { texts } from '@/text'
import zh from '@/text/zh-CN'
import { MockCentre } from '../../../mock/centre.ts'
import AgentBoard from './AgentBoard.vue'
import QueueTable from './QueueTable.vue'

const NOW = Date.UTC(2026, 4, 6, 2)
let app: App | undefined

function show(component: Component, props: Record<string, unknown>): HTMLElement {
  const root = document.createElement('div')
  app = createApp({ render: () => h(component, props) })
  app.component('RouterLink', (_: object, { slots }: Pick<SetupContext, 'slots'>) =>
    h('a', slots['default']?.()),
  )
  app.use(createPinia()).use(texts).mount(root)
  return root
}

afterEach(() => app?.unmount())

test('each state is told by a word and a shape of its own', () => {
  const agents = AGENT_STATES.map(
    (state, i) =>
      ({
        id: `a${i}`,
        name: state,
        extension: '1',
        state,
        since_ms: NOW - 65_000,
        reason: '',
        queues: [],
      }) as unknown as AgentView,
  )
  const seats = [...show(AgentBoard, { agents, now: NOW, view: 'grid' }).querySelectorAll('li')]
  expect(seats.map((seat) => seat.querySelector('.state')?.textContent)).toEqual(
    AGENT_STATES.map((state) => zh.state[state]),
  )
  expect(new Set(seats.map((seat) => seat.querySelector('svg')?.innerHTML)).size).toBe(AGENT_STATES.length)
  // who is signed out has no timer
  expect(seats.map((seat) => seat.querySelector('.since')?.textContent)).toEqual(
    AGENT_STATES.map((state) => (state === 'signed_out' ? undefined : '1:05')),
  )
  // who calls has the colour of who talks, and a mark of their own
  expect(new Set(Object.values(AGENT_LOOKS).map((look) => look.colour)).size).toBe(AGENT_STATES.length - 1)
})

test('a wait beyond the goal is said in words too', () => {
  const queue = { ...new MockCentre(NOW).queues(NOW)[0], waiting: 1, goal_ms: 20_000 }
  const late = show(QueueTable, {
    queues: [{ ...queue, longest_since_ms: NOW - 21_000 }],
    now: NOW,
    chosen: '',
  })
  expect(late.textContent).toContain(zh.wallboard.over_goal)
  app?.unmount()
  const fine = show(QueueTable, {
    queues: [{ ...queue, longest_since_ms: NOW - 19_000 }],
    now: NOW,
    chosen: '',
  })
  expect(fine.textContent).not.toContain(zh.wallboard.over_goal)
})

test('an empty room says why and what to do', () => {
  expect(show(QueueTable, { queues: [], now: NOW, chosen: '' }).textContent).toContain(
    zh.wallboard.no_queues_hint,
  )
})

test('who is owed a callback stands beside who waits, also while nobody is to be tried', () => {
  const queue = { ...new MockCentre(NOW).queues(NOW)[0], waiting: 1 }
  const owed = (callbacks: number, callbacks_paused: number) => {
    const shown = { queues: [{ ...queue, callbacks, callbacks_paused }], now: NOW, chosen: '' }
    const mark = show(QueueTable, shown).querySelector<HTMLElement>('td.number small')
    app?.unmount()
    return mark && [mark.firstChild?.textContent?.trim(), mark.title]
  }
  expect(owed(0, 0)).toBeNull()
  expect(owed(2, 1)).toEqual(['+3', '2 个待回拨 · 1 个未接通，稍后再拨'])
  expect(owed(0, 1)).toEqual(['+1', '1 个未接通，稍后再拨'])
})
