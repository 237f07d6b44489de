// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createApp, h, nextTick, reactive, type App } from 'vue'

import type { Hint } from '@/api/desk-types'
import { applyToDesk } from '@/live/desk'
import { texts } from '@/text'
import HintsPlace from './HintsPlace.vue'
import { countOf, hintKey, inLanguage, linesOf } from './hints'

const NOW = 1_700_000_000_000

function aHint(more: Partial<Hint> = {}): Hint {
  return {
    call: 'c',
    rule: 'silent.call',
    kind: 'procedure',
    title: { zh: '无声电话', en: 'Silent call' },
    say: { zh: '听不到您的声音', en: 'I cannot hear you' },
    hint: { zh: '等三秒', en: 'Give it three seconds' },
    since_ms: NOW,
    not_before_ms: NOW + 3_000,
    due_ms: NOW + 5_000,
    step: 2,
    of_steps: 4,
    ...more,
  }
}

// ── What is counted, what stands large ────────────────────────────────────────────────────────────

test('it counts down until one may speak, then what is left, then nothing', () => {
  const hint = aHint()
  expect(countOf(hint, NOW)).toEqual({ kind: 'wait', seconds: 3, share: 1 })
  expect(countOf(hint, NOW + 1_500)).toEqual({ kind: 'wait', seconds: 2, share: 0.5 })
  expect(countOf(hint, NOW + 2_001)?.seconds).toBe(1)
  expect(countOf(hint, NOW + 3_000)).toEqual({ kind: 'left', seconds: 2, share: 1 })
  expect(countOf(hint, NOW + 4_999)?.seconds).toBe(1)
  expect(countOf(hint, NOW + 5_000)).toEqual({ kind: 'over', seconds: 0, share: 0 })
})

test('what has no hurry has no ring, and what is due much later gets one only at last', () => {
  expect(countOf(aHint({ not_before_ms: null, due_ms: null }), NOW)).toBeNull()
  const slow = aHint({ not_before_ms: null, due_ms: NOW + 60_000 })
  expect(countOf(slow, NOW)).toBeNull()
  expect(countOf(slow, NOW + 50_000)?.seconds).toBe(10)
})

test('a phrase is said in the language of the call, everything else is in that of the screen', () => {
  expect(linesOf(aHint(), 'en', 'zh-CN')).toEqual({
    large: 'I cannot hear you',
    said: true,
    small: '等三秒',
    about: '无声电话',
  })
  expect(inLanguage({ zh: '只有中文', en: '' }, 'en')).toBe('只有中文')
})

test('a warning says first what goes wrong; a step without a phrase says what to do', () => {
  const warned = linesOf(aHint({ kind: 'warn' }), 'zh', 'zh-CN')
  expect([warned.large, warned.said, warned.small]).toEqual(['等三秒', false, '听不到您的声音'])
  const silent = linesOf(aHint({ say: { zh: '', en: '' } }), 'zh', 'zh-CN')
  expect([silent.large, silent.said, silent.small]).toEqual(['等三秒', false, ''])
})

test('the next step is another hint, the same told again is not', () => {
  expect(hintKey(aHint())).toBe(hintKey(aHint({ due_ms: null })))
  expect(hintKey(aHint())).not.toBe(hintKey(aHint({ step: 3 })))
})

test('the desk keeps one hint a call', () => {
  const desk = { hints: [] } as unknown as Parameters<typeof applyToDesk>[0]
  const one = applyToDesk(desk, { hint: aHint() })
  const two = applyToDesk(one, { hint: aHint({ step: 3 }) })
  const both = applyToDesk(two, { hint: aHint({ call: 'd' }) })
  expect(both.hints.map((hint) => [hint.call, hint.step])).toEqual([
    ['c', 3],
    ['d', 2],
  ])
  expect(applyToDesk(both, { hint_over: 'c' }).hints.map((hint) => hint.call)).toEqual(['d'])
  expect(one.hints).toHaveLength(1)
})

// ── As it is drawn ────────────────────────────────────────────────────────────────────────────────

let app: App | null = null

function draw(first: Hint): { hint: Hint | null } {
  const shown = reactive<{ hint: Hint | null }>({ hint: first })
  app = createApp({ render: () => h(HintsPlace, { hint: shown.hint, language: 'zh', ahead: 0 }) })
  app.use(texts)
  document.body.innerHTML = '<div id="at"></div>'
  app.mount('#at')
  return shown
}

const text = (name: string) => document.querySelector(`[data-test="${name}"]`)?.textContent.trim()

beforeEach(() => {
  vi.useFakeTimers({ now: NOW })
})
afterEach(() => {
  app?.unmount()
  app = null
  vi.useRealTimers()
})

test('a step shows its number, its phrase in full, and counts 3…2…1', async () => {
  draw(aHint())
  expect(text('say')).toBe('“听不到您的声音”')
  expect(text('step')).toBe('第 2 步 / 共 4 步')
  expect(text('count')).toBe('3')
  await vi.advanceTimersByTimeAsync(1_100)
  expect(text('count')).toBe('2')
  await vi.advanceTimersByTimeAsync(1_000)
  expect(text('count')).toBe('1')
  await vi.advanceTimersByTimeAsync(1_000)
  expect(document.querySelector('.wait')).toBeNull()
  expect(text('count')).toBe('2')
})

test('only warnings are read aloud', async () => {
  const shown = draw(aHint())
  expect(text('hint-aloud')).toBe('')
  shown.hint = aHint({ kind: 'warn', rule: 'wait.announce' })
  await nextTick()
  expect(text('hint-aloud')).toBe('等三秒')
  shown.hint = null
  await nextTick()
  expect(text('hint-aloud')).toBe('')
})

test('nothing ticks while there is nothing to count, nor when the place is gone', async () => {
  const shown = draw(aHint({ not_before_ms: null, due_ms: null }))
  expect(vi.getTimerCount()).toBe(0)
  shown.hint = aHint()
  await nextTick()
  await vi.advanceTimersByTimeAsync(300)
  expect(vi.getTimerCount()).toBeGreaterThan(0)
  app?.unmount()
  app = null
  expect(vi.getTimerCount()).toBe(0)
})
