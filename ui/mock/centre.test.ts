import { expect, test } from 'vitest'

import type { Wallboard } from '../src/api/types'
import { apply } from '../src/live/wallboard'
import { MockCentre } from './centre.ts'
import { voices, wav } from './voice.ts'

const NOW = Date.UTC(2026, 4, 6, 2, 0, 0)

test('a snapshot plus the changes told gives the newer snapshot', () => {
  const centre = new MockCentre(NOW)
  centre.step(NOW)
  let board: Wallboard = centre.wallboard(NOW)
  for (let t = NOW + 500; t < NOW + 180_000; t += 500) {
    for (const change of centre.step(t)) board = apply(board, change)
    expect({ ...board, at_ms: t }).toEqual(centre.wallboard(t))
  }
})

test('every ended call has numbered facts and an end', () => {
  const centre = new MockCentre(NOW)
  for (let t = NOW; t < NOW + 300_000; t += 500) centre.step(t)
  const calls = [...centre.scripts.keys()].map((id) => centre.scripts.get(id)?.whole(NOW + 300_000))
  expect(calls.length).toBeGreaterThan(60)
  for (const call of calls) {
    expect(call?.facts.map((fact) => fact.seq)).toEqual(call?.facts.map((_, i) => i + 1))
    if (call?.state === 'ended') expect(call.facts.some((fact) => fact.kind === 'ended')).toBe(true)
  }
})

test('the recording lasts as long as the call says', () => {
  const centre = new MockCentre(NOW)
  const call = [...centre.scripts.values()]
    .map((s) => s.whole(NOW))
    .find((c) => c.recording?.state === 'complete')
  if (!call?.recording) throw new Error('no recorded call')
  const { left, right } = voices(call)
  expect((left.length / 8000) * 1000).toBeCloseTo(call.recording.length_ms, -1)
  expect(wav(left, right).length).toBe(44 + left.length * 4)
})

test('who is listened to talks on until nobody listens any more', () => {
  const centre = new MockCentre(NOW)
  const talking = (now: number) =>
    [...centre.scripts.values()].find((script) => script.view(now).state === 'talking')
  let now = NOW
  for (; !talking(now); now += 500) centre.step(now)
  const heard = talking(now)
  const until = now + 600_000
  for (; now < until; now += 500) {
    centre.step(now)
    heard?.talkOn(now)
    expect(heard?.view(now).state).toBe('talking')
  }
  for (; now < until + 60_000; now += 500) centre.step(now)
  expect(heard?.view(now).state).toBe('ended')
})
