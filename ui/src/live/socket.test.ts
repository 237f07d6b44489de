import { beforeEach, describe, expect, test } from 'vitest'

import type { Change, Wallboard } from '@/api/types'
import { LiveLink, pauseBefore, type LinkState, type Socket } from './socket'

class FakeSocket implements Socket {
  onmessage: Socket['onmessage'] = null
  onclose: Socket['onclose'] = null
  closed = false

  close(): void {
    this.closed = true
  }

  say(message: unknown): void {
    this.onmessage?.({
      data: typeof message === 'string' ? message : JSON.stringify(message),
    } as MessageEvent)
  }

  breakOff(): void {
    this.onclose?.({ code: 1006 } as CloseEvent)
  }
}

const snapshot = (seq: number) => ({ type: 'snapshot', seq, state: { at_ms: seq } as Wallboard })
const events = (...seqs: number[]) => ({
  type: 'events',
  events: seqs.map((seq) => ({ seq, queue_removed: `q${seq}` })),
})

let clock: number
let timers: { id: number; due: number; act: () => void }[]
let sockets: FakeSocket[]
let states: LinkState[]
let snapshots: Wallboard[]
let changes: Change[]
let lost: number
let link: LiveLink

function pass(ms: number): void {
  const until = clock + ms
  for (;;) {
    const next = timers.filter((t) => t.due <= until).sort((a, b) => a.due - b.due)[0]
    if (!next) break
    clock = next.due
    timers = timers.filter((t) => t !== next)
    next.act()
  }
  clock = until
}

const last = (): FakeSocket => sockets[sockets.length - 1] as FakeSocket

beforeEach(() => {
  clock = 0
  timers = []
  sockets = []
  states = []
  snapshots = []
  changes = []
  lost = 0
  let id = 0
  link = new LiveLink({
    open: () => {
      const socket = new FakeSocket()
      sockets.push(socket)
      return socket
    },
    now: () => clock,
    later: (act, ms) => {
      timers.push({ id: ++id, due: clock + ms, act })
      return id
    },
    cancel: (timer) => {
      timers = timers.filter((t) => t.id !== timer)
    },
    random: () => 0,
    onSnapshot: (state) => snapshots.push(state),
    onChanges: (list) => changes.push(...list),
    onState: (state) => states.push(state),
    onLost: () => lost++,
  })
  link.start()
})

describe('a live link', () => {
  test('is live from the snapshot on and hands over changes in order', () => {
    expect(states).toEqual([{ kind: 'connecting' }])
    last().say(snapshot(4))
    last().say(events(5, 6))
    last().say(events(7))
    expect(states.at(-1)).toEqual({ kind: 'live' })
    expect(changes.map((c) => 'queue_removed' in c && c.queue_removed)).toEqual(['q5', 'q6', 'q7'])
  })

  test('passes over what a fresh snapshot already holds', () => {
    last().say(snapshot(4))
    last().say(snapshot(9))
    last().say(events(8, 9, 10))
    expect(snapshots.length).toBe(2)
    expect(changes).toHaveLength(1)
    expect(sockets).toHaveLength(1)
  })

  test('goes on over a gap, since the centre leaves out what is no longer true', () => {
    last().say(snapshot(4))
    last().say(events(6, 9))
    last().say(events(20))
    expect(changes.map((c) => 'queue_removed' in c && c.queue_removed)).toEqual(['q6', 'q9', 'q20'])
    pass(60_000)
    expect(sockets).toHaveLength(1)
    expect(states.at(-1)).toEqual({ kind: 'live' })
  })

  test('takes a fresh snapshot on the same socket when it fell behind', () => {
    last().say(snapshot(4))
    last().say(snapshot(400))
    last().say(events(399, 401))
    expect(snapshots.map((state) => state.at_ms)).toEqual([4, 400])
    expect(changes).toHaveLength(1)
    expect(sockets).toHaveLength(1)
  })

  test('changes without a snapshot to apply them to are passed over', () => {
    last().say(events(1, 2))
    expect(changes).toEqual([])
    expect(states.at(-1)).toEqual({ kind: 'connecting' })
  })

  test('tries again with growing pauses and says when', () => {
    const pauses: number[] = []
    for (let i = 0; i < 6; i++) {
      last().breakOff()
      const state = states.at(-1)
      if (state?.kind !== 'lost') throw new Error('not lost')
      pauses.push(state.until - clock)
      pass(state.until - clock)
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000])
    expect(sockets).toHaveLength(7)
    expect(lost).toBe(6)
  })

  test('begins with short pauses again after it was live', () => {
    last().breakOff()
    pass(1_000)
    last().breakOff()
    pass(2_000)
    last().say(snapshot(1))
    last().breakOff()
    expect(states.at(-1)).toEqual({ kind: 'lost', until: clock + 1_000 })
  })

  test('gives up on a socket that says nothing', () => {
    pass(10_000)
    expect(sockets[0]?.closed).toBe(true)
    expect(states.at(-1)?.kind).toBe('lost')
  })

  test('a message that cannot be read counts as a loss', () => {
    last().say('{')
    expect(states.at(-1)?.kind).toBe('lost')
  })

  test('tries at once when asked', () => {
    last().breakOff()
    link.tryNow()
    expect(sockets).toHaveLength(2)
    link.tryNow()
    expect(sockets).toHaveLength(2)
  })

  test('stays quiet once stopped', () => {
    const socket = last()
    last().say(snapshot(1))
    link.stop()
    socket.say(events(2))
    pass(60_000)
    expect(changes).toEqual([])
    expect(sockets).toHaveLength(1)
    expect(timers).toEqual([])
  })
})

test('pauses are spread so that not all come back at once', () => {
  expect(pauseBefore(0, 1)).toBe(1_200)
  expect(pauseBefore(99, 0)).toBe(15_000)
})
