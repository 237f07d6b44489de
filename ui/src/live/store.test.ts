// @vitest-environment happy-dom
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import type { Wallboard } from '@/api/types'
import type { LiveMessage } from './socket'
import { useLive } from './store'

const HERE = Date.UTC(2026, 4, 6, 2)
/** The centre's clock is an hour ahead of this machine's. */
const AHEAD = 3_600_000

class FakeSocket {
  static last: FakeSocket
  onmessage: ((event: MessageEvent) => void) | null = null
  onclose: ((event: CloseEvent) => void) | null = null
  constructor() {
    FakeSocket.last = this
  }
  close(): void {
    // nobody listens any more
  }
  say(message: LiveMessage): void {
    this.onmessage?.({ data: JSON.stringify(message) } as MessageEvent)
  }
}

const snapshot = (at_ms: number): LiveMessage => ({ type: 'snapshot', seq: 1, state: { at_ms } as Wallboard })

beforeEach(() => {
  vi.useFakeTimers({ now: HERE })
  vi.stubGlobal('WebSocket', FakeSocket)
  setActivePinia(createPinia())
})
afterEach(() => {
  useLive().stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('the clock is the centre’s, and ticks without any news', () => {
  const live = useLive()
  live.start(() => undefined)
  FakeSocket.last.say(snapshot(HERE + AHEAD))
  expect(live.now).toBe(HERE + AHEAD)
  vi.advanceTimersByTime(5_000)
  expect(live.now).toBe(HERE + AHEAD + 5_000)
})

test('while the connection is lost the clock stands, and is set anew with the next snapshot', () => {
  const live = useLive()
  live.start(() => undefined)
  FakeSocket.last.say(snapshot(HERE + AHEAD))
  vi.advanceTimersByTime(2_000)
  FakeSocket.last.onclose?.({} as CloseEvent)
  vi.advanceTimersByTime(600)
  expect(live.now).toBe(HERE + AHEAD + 2_000)
  expect(live.stale).toBe(true)
  vi.advanceTimersByTime(600)
  FakeSocket.last.say(snapshot(HERE + AHEAD + 60_000))
  expect(live.now).toBe(HERE + AHEAD + 60_000)
  expect(live.stale).toBe(false)
})
