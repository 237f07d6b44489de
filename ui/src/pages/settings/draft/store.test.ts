import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { nextTick } from 'vue'

import { settingsApi } from '@/api/settings'
import type { Checked, KeptConfiguration, Parts } from '@/api/settings-types'
import { useDraft } from './store'

const REST_MS = 400

const kept = (version: number, parts: Parts): KeptConfiguration => ({
  version,
  at_ms: 0,
  by: 'admin',
  by_name: '',
  comment: '',
  text: '',
  parts,
  phones_with_secret: [],
  people_with_password: [],
})
const found = (what: string): Checked => ({
  problems: [],
  warnings: [],
  changes: what ? [{ sign: '~', what, before: '', after: '' }] : [],
  text: '',
  parts: null,
})

/** Answers of the centre that are still out, in the order they were asked for. */
let out: ((checked: Checked) => void)[] = []

beforeEach(() => {
  vi.useFakeTimers()
  setActivePinia(createPinia())
  out = []
  vi.spyOn(settingsApi, 'kept').mockResolvedValue(kept(1, { company: { name: 'A' } }))
  vi.spyOn(settingsApi, 'prompts').mockRejectedValue(new Error('none'))
  vi.spyOn(settingsApi, 'check').mockImplementation(() => new Promise((answer) => out.push(answer)))
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

async function answered(what = ''): Promise<void> {
  out.shift()?.(found(what))
  await vi.advanceTimersByTimeAsync(0)
}

async function loaded(): Promise<ReturnType<typeof useDraft>> {
  const draft = useDraft()
  await draft.load()
  await answered()
  return draft
}

test('what is in force is asked about once', async () => {
  const draft = await loaded()
  await vi.advanceTimersByTimeAsync(REST_MS)
  expect(settingsApi.check).toHaveBeenCalledTimes(1)
  expect(draft.checking).toBe(false)
})

test('from the first stroke until the answer to the last one the draft is unread', async () => {
  const draft = await loaded()
  draft.put(['company', 'name'], 'B')
  await nextTick()
  expect(draft.checking).toBe(true)
  await vi.advanceTimersByTimeAsync(REST_MS)
  draft.put(['company', 'name'], 'BC')
  await nextTick()
  await answered('answer to B')
  expect(draft.changes).toEqual([])
  expect(draft.checking).toBe(true)
  await vi.advanceTimersByTimeAsync(REST_MS)
  await answered('company.name')
  expect(draft.changes.map((one) => one.what)).toEqual(['company.name'])
  expect(draft.checking).toBe(false)
})

test('what is put together with theirs is not taken for read by what the centre says of theirs alone', async () => {
  const draft = await loaded()
  draft.put(['company', 'name'], 'B')
  await vi.advanceTimersByTimeAsync(REST_MS)
  await answered('company.name')
  draft.theirs = { kept: kept(2, { company: { name: 'A' }, skills: {} }), changes: [] }
  const merged = draft.together(new Set())
  expect(merged).not.toBeNull()
  if (merged) draft.takeTogether(merged)
  await nextTick()
  await answered()
  expect(draft.checking).toBe(true)
  await vi.advanceTimersByTimeAsync(REST_MS)
  await answered('company.name')
  expect(draft.checking).toBe(false)
  expect(draft.changes).toHaveLength(1)
})

test('a centre that does not answer leaves nothing waiting', async () => {
  const draft = await loaded()
  vi.mocked(settingsApi.check).mockRejectedValueOnce(new Error('gone'))
  draft.put(['company', 'name'], 'B')
  await vi.advanceTimersByTimeAsync(REST_MS)
  expect(draft.checking).toBe(false)
  expect(draft.failure).toBeInstanceOf(Error)
})
