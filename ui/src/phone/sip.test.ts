import { beforeEach, expect, test, vi } from 'vitest'

import type { Account } from './account'
import type { PhoneEvent } from './machine'
import { SipEdge } from './sip'

class FakeUA {
  static made: FakeUA[] = []
  readonly heard = new Map<string, (event?: unknown) => void>()
  stopped = false
  registered = 0
  readonly address: string
  constructor(settings: { sockets: { url: string }[] }) {
    this.address = settings.sockets[0]?.url ?? ''
    FakeUA.made.push(this)
  }
  on(what: string, hear: (event?: unknown) => void): void {
    this.heard.set(what, hear)
  }
  tell(what: string): void {
    this.heard.get(what)?.({})
  }
  start(): void {}
  stop(): void {
    this.stopped = true
    this.tell('disconnected')
  }
  set(): void {}
  isConnected(): boolean {
    return true
  }
  register(): void {
    this.registered++
  }
}

vi.mock('jssip', () => ({
  UA: FakeUA,
  WebSocketInterface: class {
    constructor(readonly url: string) {}
  },
}))

const account = (websocket: string) => ({ websocket, uri: 'sip:1001@here' }) as Account

function edge(): [SipEdge, PhoneEvent[]] {
  const told: PhoneEvent[] = []
  const nothing = () => undefined
  const hooks = {
    tell: (event: PhoneEvent) => told.push(event),
    refused: nothing,
    heard: nothing,
    kept: nothing,
  }
  return [new SipEdge(hooks), told]
}

beforeEach(() => {
  FakeUA.made = []
})

test('a new secret for the same switch keeps the connection', async () => {
  const [phone] = edge()
  await phone.start(account('ws://here:5066'))
  await phone.start(account('ws://here:5066'))
  expect(FakeUA.made.map((ua) => ua.registered)).toEqual([1])
})

test('a switch that was started anew at another address is followed there, and the old one is silent', async () => {
  const [phone, told] = edge()
  await phone.start(account('ws://here:41000'))
  await phone.start(account('ws://here:42000'))
  expect(FakeUA.made.map((ua) => [ua.address, ua.stopped])).toEqual([
    ['ws://here:41000', true],
    ['ws://here:42000', false],
  ])
  FakeUA.made[1]?.tell('registered')
  FakeUA.made[0]?.tell('disconnected')
  expect(told).toEqual([{ kind: 'registration', what: 'registered' }])
})
