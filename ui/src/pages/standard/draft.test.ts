import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, test, vi } from 'vitest'

import { bookApi } from '@/api/book'
import type { Book, Overrides } from '@/api/book-types'
import { useBook } from '@/judged/book'
import { useBookDraft } from './draft'

const points = (of: number): Overrides => ({ rules: { 'open.third-ring': { points: of } } })
const book = (number: number, overrides: Overrides) =>
  ({ number, overrides, rules: [], phrases: [], parts: [] }) as unknown as Book

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('window', globalThis)
  setActivePinia(createPinia())
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
