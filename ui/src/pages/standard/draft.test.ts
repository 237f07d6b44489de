// @vitest-environment happy-dom
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, test, vi } from 'vitest'
import { nextTick } from 'vue'

import { bookApi } from '@/api/book'
import type { Book, Overrides, Proposal } from '@/api/book-types'
import type { Me } from '@/api/types'
import { useBook } from '@/judged/book'
import { useSession } from '@/shell/session'
import { useBookDraft } from './draft'

const points = (of: number): Overrides => ({ rules: { 'open.third-ring': { points: of } } })
const book = (number: number, overrides: Overrides) =>
  ({ number, overrides, rules: [], phrases: [], parts: [] }) as unknown as Book

const proposal = (more: Partial<Proposal>) =>
  ({
    number: 1,
    from_number: 0,
    base: {},
    overrides: points(5),
    by: 'trainer',
    state: 'open',
    ...more,
  }) as Proposal

/** A page opened anew. */
function open(user: string): ReturnType<typeof useBookDraft> {
  setActivePinia(createPinia())
  useSession().me = { user } as Me
  return useBookDraft()
}

beforeEach(() => {
  vi.useFakeTimers()
  localStorage.clear()
  setActivePinia(createPinia())
  vi.spyOn(bookApi, 'proposal').mockResolvedValue(null)
  vi.spyOn(bookApi, 'check').mockResolvedValue([])
})

test('a draft that somebody else overtook stands on the newer version and can be published', async () => {
  const theirs: Overrides = { rules: { 'listen.ack': { off: true } } }
  vi.spyOn(bookApi, 'book').mockResolvedValueOnce(book(0, {})).mockResolvedValue(book(1, theirs))
  const publish = vi
    .spyOn(bookApi, 'publish')
    .mockRejectedValueOnce(new Error('book_changed'))
    .mockResolvedValue({ version: '2' } as Awaited<ReturnType<typeof bookApi.publish>>)
  await useBook().load()
  const draft = useBookDraft()
  draft.set(points(5))
  await expect(draft.publish('why')).rejects.toThrow('book_changed')
  expect(draft.overtaken).toBe(true)
  expect(draft.changes.map((one) => one.what)).toEqual(['rules.open.third-ring.points'])
  await draft.publish('why')
  expect(publish.mock.lastCall?.[0]).toEqual({
    overrides: { rules: { ...theirs.rules, ...points(5).rules } },
    why: 'why',
    from_number: 1,
    proposal: null,
  })
  expect([draft.changed, draft.overtaken]).toEqual([false, false])
})

test('a draft that somebody else published as well is nothing to publish any more', async () => {
  vi.spyOn(bookApi, 'book')
    .mockResolvedValueOnce(book(0, {}))
    .mockResolvedValue(book(1, points(5)))
  await useBook().load()
  const draft = useBookDraft()
  draft.set(points(5))
  await useBook().load(true)
  expect([draft.changed, draft.overtaken]).toEqual([false, false])
})

test('a draft is found again by whoever wrote it, on the version that is in force by then', async () => {
  const theirs: Overrides = { rules: { 'listen.ack': { off: true } } }
  vi.spyOn(bookApi, 'book').mockResolvedValueOnce(book(0, {})).mockResolvedValue(book(1, theirs))
  const before = open('trainer')
  await useBook().load()
  before.set(points(5))
  await nextTick()
  expect(open('manager').changed).toBe(false)
  const after = open('trainer')
  await useBook().load()
  expect(after.overrides).toEqual({ rules: { ...theirs.rules, ...points(5).rules } })
  expect([after.from, after.overtaken]).toEqual([1, true])
  after.drop()
  await nextTick()
  expect(open('trainer').changed).toBe(false)
})

test('what is handed over is no draft any more, and is one again when it is taken back', async () => {
  vi.spyOn(bookApi, 'book').mockResolvedValue(book(0, {}))
  const propose = vi.spyOn(bookApi, 'propose').mockResolvedValue(proposal({}))
  vi.spyOn(bookApi, 'sendBack').mockResolvedValue(proposal({ state: 'returned' }))
  const draft = open('trainer')
  await useBook().load()
  draft.set(points(5))
  await draft.propose('why')
  expect(propose.mock.lastCall).toEqual([{ overrides: points(5), why: 'why', from_number: 0 }])
  expect(draft.changed).toBe(false)
  await draft.takeBack(proposal({}))
  expect([draft.overrides, draft.proposal]).toEqual([points(5), null])
})

test('a proposal taken is published as what it is, unless somebody answered it meanwhile', async () => {
  vi.spyOn(bookApi, 'book').mockResolvedValue(book(0, {}))
  const publish = vi
    .spyOn(bookApi, 'publish')
    .mockRejectedValueOnce(new Error('proposal_answered'))
    .mockResolvedValue({ version: '2' } as Awaited<ReturnType<typeof bookApi.publish>>)
  const draft = open('manager')
  await useBook().load()
  draft.take(proposal({}))
  await expect(draft.publish('why')).rejects.toThrow('proposal_answered')
  expect(publish.mock.lastCall?.[0].proposal).toBe(1)
  await draft.publish('why')
  expect(publish.mock.lastCall?.[0]).toMatchObject({ overrides: points(5), proposal: null })
})
