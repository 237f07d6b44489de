import { expect, test } from 'vitest'

import {
  DOORS,
  LOST_STATES,
  MODES,
  RULES,
  WARNING_KINDS,
  type LostCall,
  type Warning,
} from '@/api/monitor-types'
import zh from '@/text/zh-CN'
import { FORMAT, lost, NOW, warning } from './fixtures'
import { UNTIL } from './until'
import { departureWords, divertWords, lostBar, lostNote, warningWords } from './words'

test('warnings, departures and diversions are told in words with their values', () => {
  const t = (key: string, values: Record<string, unknown> = {}) =>
    `${key} ${Object.values(values).join(' ')}`.trim()
  const names = {
    queue: (id?: string | null) => `Q${id ?? ''}`,
    agent: (id?: string | null) => `A${id ?? ''}`,
  }
  const say = (of: Warning) => warningWords(of, NOW, t, FORMAT)
  expect(
    say(warning({ kind: 'longest_wait', unit: 'ms', value: 61_000, limit: 60_000, since_ms: NOW - 30_000 })),
  ).toBe('monitor.warning.longest_wait 1:30 1:00')
  expect(say(warning({ kind: 'service_level', unit: 'share', value: 0.56, limit: 0.8 }))).toBe(
    'monitor.warning.service_level 56% 80%',
  )
  expect(say(warning({ kind: 'waiting', value: 6, limit: 5 }))).toBe('monitor.warning.waiting 6 5')
  expect(
    departureWords({ rule: 'offers_missed', book: '', since_ms: NOW, value: 3, limit: 2 }, t, FORMAT),
  ).toBe('monitor.rule.offers_missed 2')
  expect(
    departureWords({ rule: 'break_long', book: '', since_ms: NOW, value: 0, limit: 900_000 }, t, FORMAT),
  ).toBe('monitor.rule.break_long 15:00')
  const set = { by: '', by_name: '', at_ms: 0, until_ms: null, note: '' }
  expect(divertWords({ ...set, queue: 'x' }, t, names)).toBe('monitor.divert.to_queue Qx')
  expect(divertWords({ ...set, hang_up: true }, t, names)).toBe('monitor.divert.to_nothing')
})

test('why nobody was called back is told in words, and what a leader wrote as it is', () => {
  const t = (key: string, values: Record<string, unknown> = {}) => [key, ...Object.values(values)].join(' ')
  const te = (key: string) => key === 'reason.not_allowed' || key === 'reason.cancelled'
  const note = (one: Partial<LostCall>) => lostNote(lost('a', one), NOW, { t, te, format: FORMAT })
  expect(note({ note: '' })).toBe('')
  expect(note({ note: 'not_allowed' })).toBe('monitor.lost.came_back reason.not_allowed')
  expect(note({ note: 'cancelled' })).toBe('monitor.lost.withdrawn')
  expect(note({ note: 'new_here' })).toBe('monitor.lost.came_back new_here')
  expect(note({ note: 'busy', state: 'set_aside' })).toBe('busy')
  expect(note({ note: 'busy', attempts: 3 })).toBe('monitor.lost.no_more 3 busy')
  expect(note({ note: 'busy', attempts: 3, state: 'came_again' })).toBe('')
})

test('who showed no number is not said to be forbidden', () => {
  const bar = (one: Partial<LostCall>) => lostBar(lost('a', one), (key) => key)
  expect(bar({ callable: true })).toBe('')
  expect(bar({ callable: false })).toBe('monitor.lost.not_allowed')
  expect(bar({ callable: false, caller: '' })).toBe('monitor.lost.unknown')
  expect(bar({ callable: false, caller: 'anonymous' })).toBe('monitor.lost.unknown')
})

test('of a callback asked for it is told how it stands', () => {
  const t = (key: string, values: Record<string, unknown> = {}) => [key, ...Object.values(values)].join(' ')
  const words = { t, te: () => false, format: FORMAT }
  const note = (one: Partial<LostCall>) => lostNote(lost('a', { state: 'asked', ...one }), NOW, words)
  expect(note({})).toBe('')
  const tried = note({ note: 'busy', attempts: 1, due_ms: NOW + 60_000 })
  expect(tried).toBe(['owed.attempts 1', 'busy', 'owed.next 10:01'].join('owed.comma'))
})

test('every kind the centre may tell has a word', () => {
  const words = zh.monitor
  expect(Object.keys(words.warning).sort()).toEqual([...WARNING_KINDS].sort())
  expect(Object.keys(words.rule).sort()).toEqual([...RULES].sort())
  for (const state of LOST_STATES.filter((one) => one !== 'open')) expect(words.lost).toHaveProperty(state)
  for (const mode of MODES) expect(words.mode).toHaveProperty(mode)
  for (const door of DOORS) expect(words.door).toHaveProperty(`is_${door}`)
  for (const until of UNTIL) expect(words.until).toHaveProperty(until)
})
