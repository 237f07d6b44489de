import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { effectScope, nextTick, reactive, type EffectScope } from 'vue'

import { qualityApi } from '@/api/quality'
import type { PlanWanted, Preview } from '@/api/quality-types'
import { newPlan } from './plan'
import { usePreview } from './previewing'

const REST_MS = 500

/** Answers of the centre that are still out, in the order they were asked for. */
let out: { answer: (found: Preview) => void; refuse: (error: unknown) => void }[] = []
let scope: EffectScope

beforeEach(() => {
  vi.useFakeTimers()
  out = []
  scope = effectScope()
  vi.spyOn(qualityApi, 'preview').mockImplementation(
    () => new Promise((answer, refuse) => out.push({ answer, refuse })),
  )
})
afterEach(() => {
  scope.stop()
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const found = (seed: number) => ({ seed }) as Preview

function opened() {
  const wanted = reactive<PlanWanted>(newPlan(0, 1, 'plan'))
  const shown = scope.run(() => usePreview(wanted))
  if (!shown) throw new Error('no scope')
  return { wanted, ...shown }
}

async function answered(seed: number): Promise<void> {
  out.shift()?.answer(found(seed))
  await vi.advanceTimersByTimeAsync(0)
}

test('from a change until its own answer the preview is of something else', async () => {
  const { wanted, preview, looking } = opened()
  await answered(1)
  expect([preview.value?.seed, looking.value]).toEqual([1, false])
  wanted.risk = 2
  await nextTick()
  expect(looking.value).toBe(true)
  await vi.advanceTimersByTimeAsync(REST_MS)
  wanted.risk = 3
  await nextTick()
  await answered(2)
  expect([preview.value?.seed, looking.value], 'the answer to 2').toEqual([1, true])
  await vi.advanceTimersByTimeAsync(REST_MS)
  await answered(3)
  expect([preview.value?.seed, looking.value]).toEqual([3, false])
})

test('another name changes nothing of what is chosen; none at all is a fault', async () => {
  const { wanted, preview, looking } = opened()
  await answered(1)
  wanted.name = 'another'
  await nextTick()
  expect(looking.value).toBe(false)
  wanted.name = ' '
  await nextTick()
  await vi.advanceTimersByTimeAsync(REST_MS)
  expect([preview.value, looking.value, out.length]).toEqual([null, false, 0])
})

test('what could not be previewed is not made by what was seen before', async () => {
  const { wanted, preview, looking, failure } = opened()
  await answered(1)
  wanted.risk = 2
  await nextTick()
  await vi.advanceTimersByTimeAsync(REST_MS)
  out.shift()?.refuse(new Error('gone'))
  await vi.advanceTimersByTimeAsync(0)
  expect([preview.value, looking.value]).toEqual([null, false])
  expect(failure.value).toBeInstanceOf(Error)
})
