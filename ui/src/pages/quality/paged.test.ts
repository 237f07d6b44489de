// @vitest-environment happy-dom
import { createPinia } from 'pinia'
import { expect, test } from 'vitest'
import { createApp } from 'vue'

import type { Slice } from '@/api/quality-types'
import { texts } from '@/text'
import { usePaged } from './paged'

type Paged = ReturnType<typeof usePaged<string>>

function pagedOf(ask: (cursor: string) => Promise<Slice<string>>): Paged {
  const made: Paged[] = []
  const app = createApp({
    setup() {
      made.push(usePaged(ask))
      return () => null
    },
  })
  app.use(createPinia()).use(texts).mount(document.createElement('div'))
  return made[0] as Paged
}

const PAGES = new Map<string, Slice<string>>([
  ['', { rows: ['e', 'd'], next: 'd' }],
  ['d', { rows: ['c', 'b'], next: 'b' }],
  ['b', { rows: ['a'], next: null }],
])
const ask = (cursor: string) => Promise.resolve(PAGES.get(cursor) as Slice<string>)

test('each page follows the one before, until there is none', async () => {
  const list = pagedOf(ask)
  expect(list.rows.value).toBeNull()
  await list.load()
  await list.more()
  expect([list.rows.value, list.next.value]).toEqual([['e', 'd', 'c', 'b'], 'b'])
  await list.more()
  await list.more()
  expect([list.rows.value, list.next.value]).toEqual([['e', 'd', 'c', 'b', 'a'], null])
  await list.load()
  expect(list.rows.value).toEqual(['e', 'd'])
})

test('a page that fails leaves what is there, says so, and can be asked for again', async () => {
  let broken = true
  const list = pagedOf((cursor) => (cursor && broken ? Promise.reject(new Error('gone')) : ask(cursor)))
  await list.load()
  await list.more()
  expect([list.rows.value, list.trouble.value.includes('gone')]).toEqual([['e', 'd'], true])
  broken = false
  await list.more()
  expect([list.rows.value, list.trouble.value]).toEqual([['e', 'd', 'c', 'b'], ''])
})

test('a page of a list that nobody asks for any more is left out', async () => {
  let which = 'old'
  let answer: (page: Slice<string>) => void = () => undefined
  const list = pagedOf((cursor) => {
    if (cursor) return new Promise((done) => (answer = done))
    return Promise.resolve({ rows: [which], next: which })
  })
  await list.load()
  const late = list.more()
  which = 'new'
  await list.load()
  answer({ rows: ['older'], next: null })
  await late
  expect([list.rows.value, list.next.value]).toEqual([['new'], 'new'])
})
