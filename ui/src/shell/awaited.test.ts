// @vitest-environment happy-dom
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createApp, type App } from 'vue'

import { bookApi } from '@/api/book'
import type { Proposal } from '@/api/book-types'
import type { Me } from '@/api/types'
import { useProposal } from '@/pages/standard/proposal'
import { ASK_MS, useAwaited, type Awaited } from './awaited'
import { useSession } from './session'

const waits = { number: 1, state: 'open', by: 'trainer' } as unknown as Proposal
const apps: App[] = []
let awaited: { value: Awaited }

function shown(role: string): void {
  const pinia = createPinia()
  setActivePinia(pinia)
  useSession().me = { user: 'x', role } as unknown as Me
  const app = createApp({
    setup() {
      awaited = useAwaited()
      return () => null
    },
  })
  app.use(pinia).mount(document.createElement('div'))
  apps.push(app)
}

beforeEach(() => vi.useFakeTimers())
afterEach(() => {
  for (const app of apps.splice(0)) app.unmount()
  vi.useRealTimers()
  vi.restoreAllMocks()
})

test('who may publish is told of changes that wait, until they are answered', async () => {
  const asked = vi.spyOn(bookApi, 'proposal').mockResolvedValue(null)
  vi.spyOn(bookApi, 'sendBack').mockResolvedValue({ ...waits, state: 'returned' })
  shown('manager')
  await vi.advanceTimersByTimeAsync(0)
  expect(awaited.value).toEqual({})
  asked.mockResolvedValue(waits)
  await vi.advanceTimersByTimeAsync(ASK_MS)
  expect(awaited.value).toEqual({ standard: 1 })
  await useProposal().sendBack(1, 'no')
  expect(awaited.value).toEqual({})
})

test('who may only propose is not, and the centre is not asked', async () => {
  const asked = vi.spyOn(bookApi, 'proposal').mockResolvedValue(waits)
  shown('trainer')
  await vi.advanceTimersByTimeAsync(3 * ASK_MS)
  expect(awaited.value).toEqual({})
  expect(asked).not.toHaveBeenCalled()
})

test('once the shell is gone nobody asks any more', async () => {
  const asked = vi.spyOn(bookApi, 'proposal').mockResolvedValue(null)
  shown('manager')
  await vi.advanceTimersByTimeAsync(ASK_MS)
  expect(asked).toHaveBeenCalledTimes(2)
  apps.splice(0).forEach((app) => app.unmount())
  await vi.advanceTimersByTimeAsync(3 * ASK_MS)
  expect(asked).toHaveBeenCalledTimes(2)
})
