// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'

import { fetchAhead, isMetered } from './ahead'

const nothing = { template: '' }

test('pages are fetched one after the other, and one that fails keeps nobody from the next', async () => {
  const fetched: string[] = []
  const page = (name: string) => ({
    path: `/${name}/:id`,
    name,
    component: () => {
      fetched.push(name)
      return name === 'b' ? Promise.reject(new Error('away')) : Promise.resolve(nothing)
    },
  })
  const router = createRouter({ history: createMemoryHistory(), routes: ['a', 'b', 'c', 'd'].map(page) })
  await fetchAhead(router, ['a', 'b', 'd'], () => Promise.resolve())
  expect(fetched).toEqual(['a', 'b', 'd'])
})

test('nothing is fetched ahead where bytes cost', () => {
  expect([undefined, {}, { type: 'wifi' }].map(isMetered)).toEqual([false, false, false])
  expect([{ saveData: true }, { type: 'cellular' }].map(isMetered)).toEqual([true, true])
})
