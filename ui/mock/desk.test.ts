import { expect, test } from 'vitest'

import type { Desk } from '../src/api/desk-types'
import { applyToDesk } from '../src/live/desk'
import { MockCentre } from './centre.ts'
import { MockDesk } from './desk.ts'
import { AGENTS } from './people.ts'

const NOW = Date.UTC(2026, 4, 6, 2, 0, 0)

function aDesk(): MockDesk {
  const seat = new MockCentre(NOW).take('a1001')
  const [me] = AGENTS
  if (!seat || !me) throw new Error('the mock has no such agent')
  return new MockDesk(me, seat, NOW)
}

test('a desk plus the changes told is the newer desk, through a whole call', () => {
  const desk = aDesk()
  desk.registered(true)
  let screen: Desk = desk.snapshot(NOW)
  desk.choose('ready', '', NOW)
  const seen = new Set<string>()
  for (let now = NOW + 500; now < NOW + 120_000; now += 500) {
    const call = desk.calls[0]
    if (call?.state === 'ringing' && now > NOW + 8_000) desk.answered(call.id, now)
    if (call?.state === 'talking' && now > NOW + 20_000 && now < NOW + 20_600) desk.held(call.id, true, now)
    if (call?.state === 'talking' && now > NOW + 30_000) desk.ended(call.id, 'agent', false, now)
    if (call?.state === 'wrap_up' && now > NOW + 50_000)
      desk.file(call.id, { disposition: 'lost', done: true }, now)
    screen = desk.step(now).reduce(applyToDesk, screen)
    expect({ ...screen, at_ms: now }).toEqual(desk.snapshot(now))
    seen.add(screen.agent.state)
  }
  expect([...seen]).toEqual(expect.arrayContaining(['ready', 'ringing', 'talking', 'wrap_up']))
})

test('an offer that nobody takes makes the agent unavailable, and says so', () => {
  const desk = aDesk()
  desk.registered(true)
  desk.choose('ready', '', NOW)
  for (let now = NOW; now < NOW + 40_000; now += 500) desk.step(now)
  expect(desk.agent.state).toBe('unavailable')
  expect(desk.news.map((one) => one.kind)).toEqual(['missed'])
})
