/** The wallboard that all pages share: one socket, one clock that stands still while the socket is lost. */

import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'

import type { Wallboard } from '@/api/types'
import { useSession } from '@/shell/session'
import { apply } from './wallboard'
import { LiveLink, type LinkState } from './socket'

const ADDRESS = '/api/v1/live?screen=wallboard'
/** Agents look names and colleagues up in it, and need no more than this; a thousand of them look at once. */
const CALM = '&every_ms=1000'

function address(calm: boolean): string {
  const { protocol, host } = window.location
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}${ADDRESS}${calm ? CALM : ''}`
}

export const useLive = defineStore('live', () => {
  const board = shallowRef<Wallboard | null>(null)
  const link = ref<LinkState>({ kind: 'connecting' })
  /** How far the centre's clock is ahead of this machine's. */
  const ahead = ref(0)
  const tick = ref(Date.now())
  /** Set while disconnected: timers stop at the last moment we knew anything. */
  const stoppedAt = ref<number | null>(null)
  /** Grows with every change, for pages that load anew when something happened. */
  const changes = ref(0)

  let probe: () => void = () => undefined
  let ticker: number | undefined

  const stream = new LiveLink({
    open: () => new WebSocket(address(useSession().me?.role === 'agent')),
    now: () => Date.now(),
    later: (act, ms) => window.setTimeout(act, ms),
    cancel: (timer) => {
      window.clearTimeout(timer)
    },
    random: () => Math.random(),
    onSnapshot: (state) => {
      board.value = state
      ahead.value = state.at_ms - Date.now()
      tick.value = Date.now()
      changes.value++
    },
    onChanges: (list) => {
      let next = board.value
      if (!next) return
      for (const change of list) next = apply(next, change)
      board.value = next
      changes.value++
    },
    onState: (state) => {
      link.value = state
      if (state.kind === 'live') stoppedAt.value = null
      else stoppedAt.value ??= Date.now()
    },
    onLost: () => {
      probe()
    },
  })

  /** Looked up wherever somebody is named: made once for all, however many look. */
  const queueNames = computed(() => new Map(board.value?.queues.map((queue) => [queue.id, queue.name])))
  const agentNames = computed(() => new Map(board.value?.agents.map((agent) => [agent.id, agent.name])))

  /** The centre's clock. */
  const now = computed(() => (stoppedAt.value ?? tick.value) + ahead.value)
  const stale = computed(() => link.value.kind !== 'live' && board.value !== null)
  /** Whole seconds until the next try, 0 while trying; null while connected. */
  const retryIn = computed(() =>
    link.value.kind === 'live'
      ? null
      : link.value.kind === 'lost'
        ? Math.max(0, Math.ceil((link.value.until - tick.value) / 1000))
        : 0,
  )

  /** Once a second, as the centre's clock turns: hundreds of timers move with it. */
  function beat(): void {
    tick.value = Date.now()
    ticker = window.setTimeout(beat, 1000 - ((tick.value + ahead.value) % 1000))
  }

  function start(whenLost: () => void): void {
    probe = whenLost
    if (ticker === undefined) beat()
    window.addEventListener('online', tryNow)
    stream.start()
  }

  function stop(): void {
    stream.stop()
    window.clearTimeout(ticker)
    window.removeEventListener('online', tryNow)
    ticker = undefined
    board.value = null
  }

  function tryNow(): void {
    stream.tryNow()
  }

  return { board, queueNames, agentNames, link, now, ahead, stale, retryIn, changes, start, stop, tryNow }
})
