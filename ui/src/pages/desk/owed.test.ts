import { expect, test } from 'vitest'
import { createI18n } from 'vue-i18n'

import { formats } from '@/format/time'
import type { Words } from '@/format/use'
import en from '@/text/en'
import zh from '@/text/zh-CN'
import { nextWords, ownWhyWords, standing, type Standing } from './owed'

const NOW = Date.UTC(2026, 4, 6, 2, 0, 0) // 10:00 in Shanghai
const MINUTE = 60_000

function words(locale: 'zh-CN' | 'en'): Words {
  const { t, te } = createI18n({ legacy: false, locale, messages: { 'zh-CN': zh, en } }).global
  return {
    t: (key, values) => t(key, values ?? {}),
    te: (key) => te(key),
    format: formats(locale, 'Asia/Shanghai'),
  }
}
const one = (more: Partial<Standing>): Standing => ({
  state: 'waiting',
  reason: '',
  due_ms: null,
  attempts: 0,
  ...more,
})
const said = (more: Partial<Standing>, locale: 'zh-CN' | 'en' = 'zh-CN') =>
  standing(one(more), NOW, words(locale))

test('after an attempt it says why it came to nothing and when the next is due', () => {
  const busy = { state: 'paused', reason: 'busy', attempts: 1, due_ms: NOW + 5 * MINUTE }
  expect(said(busy)).toBe('已拨 1 次，忙线，10:05 再拨')
  expect(said(busy, 'en')).toBe('attempts: 1, busy, next at 10:05')
})

test('a line that broke is no attempt', () => {
  const broken = { state: 'paused', reason: 'failed', attempts: 0, broken: 1, due_ms: NOW + 5 * MINUTE }
  expect(said(broken)).toBe('暂缓，线路故障，10:05 再拨')
  const again = { ...broken, broken: 3, due_ms: NOW + 20 * MINUTE }
  expect(said(again)).toBe('暂缓，线路故障 3 次，10:20 再拨')
  expect(said(again, 'en')).toBe('held back, line failed 3 times, next at 10:20')
})

test('another day is named', () => {
  const closed = { state: 'paused', reason: 'closed', due_ms: NOW + 23 * 60 * MINUTE }
  expect(said(closed)).toBe('非服务时间，5月7日 09:00 再拨')
})

test('in line again it tells of the last attempt, but not of hours that are over', () => {
  expect(said({ reason: 'no_answer', attempts: 2 })).toBe('已拨 2 次，无人接听')
  expect(said({ reason: 'closed', attempts: 1 })).toBe('已拨 1 次')
  expect(said({ reason: 'not_allowed' })).toBe('')
  expect(said({})).toBe('')
})

test('while it is placed nothing else counts', () => {
  expect(said({ state: 'placing', reason: 'busy', attempts: 2 })).toBe('正在回拨')
})

test('when none is left it says so', () => {
  expect(nextWords(null, NOW, words('zh-CN'))).toBe('不再重拨')
  expect(nextWords(null, NOW, words('en'))).toBe('not called again')
})

test('who hung up is told so, others that the agent did', () => {
  const hung = { state: 'paused', reason: 'agent_hung_up', attempts: 1, due_ms: NOW + 5 * MINUTE }
  expect(said(hung)).toBe('已拨 1 次，坐席挂断，10:05 再拨')
  expect(ownWhyWords('agent_hung_up', words('zh-CN'))).toBe('您已挂断')
  expect(ownWhyWords('agent_hung_up', words('en'))).toBe('you hung up')
  expect(ownWhyWords('busy', words('zh-CN'))).toBe('忙线')
})
