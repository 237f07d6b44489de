import { expect, test } from 'vitest'

import type { Play, Played } from '@/api/settings-types'
import { monoOf, wavOf } from '../prompts/wav'
import { instantIn, litOf, stepsOf } from './play'

test('a wall-clock time means an instant in the centre’s zone, summer and winter', () => {
  expect(new Date(instantIn('Asia/Shanghai', '2026-11-26T09:30')).toISOString()).toBe(
    '2026-11-26T01:30:00.000Z',
  )
  expect(new Date(instantIn('Europe/Berlin', '2026-07-01T12:00')).toISOString()).toBe(
    '2026-07-01T10:00:00.000Z',
  )
  expect(new Date(instantIn('Europe/Berlin', '2026-03-29T03:30')).toISOString()).toBe(
    '2026-03-29T01:30:00.000Z',
  )
})

const step = (name: string, flow = 'main'): Played => ({ at_ms: 0, kind: 'step', step: name, flow, act: -1 })
const play = (played: Played[], waits: Play['waits_for'] = null): Play => ({
  played,
  waits_for: waits,
  ended: null,
  variables: {},
  language: 'zh',
  at_ms: 0,
  refused: null,
})

test('the steps of this flow that were gone through, and the one where the call is', () => {
  const call = play([step('a'), step('a'), step('x', 'other'), step('b')], {
    kind: 'key',
    step: 'b',
    flow: 'main',
  })
  expect(stepsOf(call, 'main')).toEqual(['a', 'b'])
  expect(litOf(call, 'main')).toBe('b')
  expect(litOf(call, 'other')).toBe('')
  expect(litOf(play([step('a'), step('x', 'other')]), 'other')).toBe('x')
  expect(litOf(null, 'main')).toBe('')
})

test('a recording is a WAV file of one voice', async () => {
  const samples = monoOf([Float32Array.of(0, 1, -2), Float32Array.of(0, 0, -2)])
  expect([...samples]).toEqual([0, 0.5, -2])
  const bytes = new DataView(await wavOf(samples, 48_000).arrayBuffer())
  const word = (at: number) => String.fromCharCode(...new Uint8Array(bytes.buffer, at, 4))
  expect([word(0), word(8), word(12), word(36)]).toEqual(['RIFF', 'WAVE', 'fmt ', 'data'])
  expect([bytes.getUint16(22, true), bytes.getUint32(24, true), bytes.getUint32(40, true)]).toEqual([
    1, 48_000, 6,
  ])
  expect([44, 46, 48].map((at) => bytes.getInt16(at, true))).toEqual([0, 16_384, -32_767])
})
