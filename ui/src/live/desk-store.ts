/** The agent's own desk, live: one socket while the agent's page is open. */

import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'

import type { Desk, DeskChange } from '@/api/desk-types'
import { applyToDesk } from './desk'
import { LiveLink, type LinkState } from './socket'

function address(): string {
  const { protocol, host } = window.location
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/api/v1/live?screen=desk`
}

export const useDesk = defineStore('desk', () => {
  const desk = shallowRef<Desk | null>(null)
  const link = ref<LinkState>({ kind: 'connecting' })

  const stream = new LiveLink<Desk, DeskChange>({
    open: () => new WebSocket(address()),
    now: () => Date.now(),
    later: (act, ms) => window.setTimeout(act, ms),
    cancel: (timer) => {
      window.clearTimeout(timer)
    },
    random: () => Math.random(),
    onSnapshot: (state) => {
      desk.value = state
    },
    onChanges: (changes) => {
      if (desk.value) desk.value = changes.reduce(applyToDesk, desk.value)
    },
    onState: (state) => {
      link.value = state
    },
  })

  function start(): void {
    window.addEventListener('online', tryNow)
    stream.start()
  }

  function stop(): void {
    window.removeEventListener('online', tryNow)
    stream.stop()
    desk.value = null
  }

  function tryNow(): void {
    stream.tryNow()
  }

  return {
    desk,
    stale: computed(() => desk.value !== null && link.value.kind !== 'live'),
    start,
    stop,
    tryNow,
  }
})
