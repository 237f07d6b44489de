/** What only shift leaders see, live: two sockets while their page is open. */

import { defineStore } from 'pinia'
import { computed, ref, shallowRef, type ShallowRef } from 'vue'

import type { HelpBoard, HelpChange, Monitor, MonitorChange } from '@/api/monitor-types'
import { applyToHelp, applyToMonitor } from './monitor'
import { LiveLink, type LinkState } from './socket'

function address(screen: string): string {
  const { protocol, host } = window.location
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/api/v1/live?screen=${screen}`
}

function screenOf<State, Event>(name: string, apply: (before: State, change: Event) => State) {
  const state: ShallowRef<State | null> = shallowRef(null)
  const link = ref<LinkState>({ kind: 'connecting' })
  const stream = new LiveLink<State, Event>({
    open: () => new WebSocket(address(name)),
    now: () => Date.now(),
    later: (act, ms) => window.setTimeout(act, ms),
    cancel: (timer) => {
      window.clearTimeout(timer)
    },
    random: () => Math.random(),
    onSnapshot: (snapshot) => {
      state.value = snapshot
    },
    onChanges: (changes) => {
      if (state.value) state.value = changes.reduce(apply, state.value)
    },
    onState: (now) => {
      link.value = now
    },
  })
  return { state, link, stream }
}

export const useMonitor = defineStore('monitor', () => {
  const seats = screenOf<Monitor, MonitorChange>('monitor', applyToMonitor)
  const board = screenOf<HelpBoard, HelpChange>('help', applyToHelp)
  const both = [seats, board]

  function tryNow(): void {
    for (const screen of both) screen.stream.tryNow()
  }

  function start(): void {
    window.addEventListener('online', tryNow)
    for (const screen of both) screen.stream.start()
  }

  function stop(): void {
    window.removeEventListener('online', tryNow)
    for (const screen of both) {
      screen.stream.stop()
      screen.state.value = null
    }
  }

  return {
    monitor: seats.state,
    help: board.state,
    stale: computed(
      () => seats.state.value !== null && both.some((screen) => screen.link.value.kind !== 'live'),
    ),
    start,
    stop,
    tryNow,
  }
})
