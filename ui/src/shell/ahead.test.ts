// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'

import { fetchAhead, isMetered } from './ahead'
import type { Permission } from './roles'

const nothing = { template: '' }

test('pages and their parts are fetched one after the other, and one that fails keeps nobody from the next', async () => {
  const fetched: string[] = []
  const piece = (name: string) => () => {
    fetched.push(name)
    return name === 'b' ? Promise.reject(new Error('away')) : Promise.resolve({ default: nothing })
  }
  const page = (name: string) => ({
    path: `/${name}/:id`,
    name,
    component: piece(name),
    meta: {
      pieces: (may: (permission: Permission) => boolean) =>
        may('inspect') ? [piece(`${name} 1`), piece(`${name} 2`)] : [piece(`${name} 1`)],
    },
  })
  const router = createRouter({ history: createMemoryHistory(), routes: ['a', 'b', 'c', 'd'].map(page) })
  const may = (permission: Permission) => permission === 'watch'
  await fetchAhead(router, ['a', 'b', 'd'], may, () => Promise.resolve())
  expect(fetched).toEqual(['a', 'a 1', 'b', 'b 1', 'd', 'd 1'])
})

test('nothing is fetched ahead where bytes cost', () => {
  expect([undefined, {}, { type: 'wifi' }].map(isMetered)).toEqual([false, false, false])
  expect([{ saveData: true }, { type: 'cellular' }].map(isMetered)).toEqual([true, true])
})
