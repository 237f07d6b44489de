/**
 * Keeps one live socket to the centre: messages in, reconnection with growing pauses.
 *
 * The centre sends only the latest of several changes to one thing, so numbers grow and leave gaps: a gap is no
 * loss. Whoever falls too far behind is sent a fresh snapshot; a new connection begins with one.
 */

import type { Change, Wallboard } from '@/api/types'

export type LinkState =
  | { kind: 'connecting' }
  | { kind: 'live' }
  /** Lost; the next try is due at `until` (milliseconds of the local clock). */
  | { kind: 'lost'; until: number }

/** As much of a WebSocket as is used here. */
export interface Socket {
  onmessage: ((event: MessageEvent) => void) | null
  onclose: ((event: CloseEvent) => void) | null
  close(): void
}

export type LiveMessage<State = Wallboard, Event = Change> =
  { type: 'snapshot'; seq: number; state: State } | { type: 'events'; events: ({ seq: number } & Event)[] }

export interface LinkHooks<State, Event> {
  open: () => Socket
  now: () => number
  later: (act: () => void, ms: number) => number
  cancel: (timer: number) => void
  random: () => number
  onSnapshot: (state: State) => void
  onChanges: (changes: Event[]) => void
  onState: (state: LinkState) => void
  /** The socket closed: is there any use in trying again? */
  onLost?: () => void
}

const FIRST_PAUSE = 1_000
const LONGEST_PAUSE = 15_000
/** No snapshot after this long: the way is blocked, try anew. */
const PATIENCE = 10_000

/** The pause before try number `tries` (from 0): doubled each time, bounded, and spread by up to a fifth. */
export function pauseBefore(tries: number, random: number): number {
  const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(tries, 10))
  return Math.round(pause * (1 + random * 0.2))
}

/** One screen's socket; the wallboard's unless said otherwise. */
export class LiveLink<State = Wallboard, Event = Change> {
  private socket: Socket | null = null
  private timer: number | null = null
  private seq: number | null = null
  private tries = 0
  private wanted = false

  constructor(private readonly hooks: LinkHooks<State, Event>) {}

  start(): void {
    if (this.wanted) return
    this.wanted = true
    this.connect()
  }

  stop(): void {
    this.wanted = false
    this.clearTimer()
    this.drop()
  }

  /** Do not wait for the pause to end. */
  tryNow(): void {
    if (!this.wanted || this.socket) return
    this.clearTimer()
    this.connect()
  }

  private connect(): void {
    this.hooks.onState({ kind: 'connecting' })
    this.seq = null
    let socket: Socket
    try {
      socket = this.hooks.open()
    } catch {
      this.lost()
      return
    }
    this.socket = socket
    socket.onmessage = (event) => {
      if (this.socket === socket) this.receive(event.data)
    }
    socket.onclose = () => {
      if (this.socket === socket) this.lost()
    }
    this.timer = this.hooks.later(() => {
      this.timer = null
      this.lost()
    }, PATIENCE)
  }

  private receive(data: unknown): void {
    let message: LiveMessage<State, Event>
    try {
      message = JSON.parse(String(data)) as LiveMessage<State, Event>
    } catch {
      this.lost()
      return
    }
    if (message.type === 'snapshot') {
      this.clearTimer()
      this.seq = message.seq
      this.tries = 0
      this.hooks.onSnapshot(message.state)
      this.hooks.onState({ kind: 'live' })
    } else if (message.type === 'events') {
      const fresh: Event[] = []
      for (const event of message.events) {
        if (this.seq === null || event.seq <= this.seq) continue // a snapshot told it, or will
        this.seq = event.seq
        fresh.push(event)
      }
      if (fresh.length) this.hooks.onChanges(fresh)
    }
  }

  private lost(): void {
    this.drop()
    this.clearTimer()
    if (!this.wanted) return
    const pause = pauseBefore(this.tries++, this.hooks.random())
    this.hooks.onState({ kind: 'lost', until: this.hooks.now() + pause })
    this.timer = this.hooks.later(() => {
      this.timer = null
      this.connect()
    }, pause)
    this.hooks.onLost?.()
  }

  private drop(): void {
    const socket = this.socket
    this.socket = null
    if (!socket) return
    socket.onmessage = null
    socket.onclose = null
    socket.close()
  }

  private clearTimer(): void {
    if (this.timer !== null) this.hooks.cancel(this.timer)
    this.timer = null
  }
}
