/** The desk's part of the mock centre's interface: its socket, its acts, and the phone's switch. */

import type { IncomingMessage, Server } from 'node:http'
import type { Http2SecureServer } from 'node:http2'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'

import type { MockCentre } from './centre.ts'
import { DISPOSITIONS } from './desk-data.ts'
import { MockDesk } from './desk.ts'
import { AGENTS } from './people.ts'
import { MockSip } from './sip.ts'

const ME = AGENTS[0]
export const SIP_PATH = '/mock-sip'
const GONE_MS = 8_000

export class DeskRoutes {
  desk: MockDesk | null = null
  private readonly screens = new Set<WebSocket>()
  private readonly live = new WebSocketServer({ noServer: true })
  private readonly sip = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has('sip') ? 'sip' : false),
  })
  private seq = 0
  private loans = 0

  constructor(server: Server | Http2SecureServer | null) {
    this.live.on('connection', (socket) => {
      this.screens.add(socket)
      socket.on('close', () => this.screens.delete(socket))
      const state = this.desk?.snapshot(Date.now())
      socket.send(JSON.stringify({ type: 'snapshot', seq: this.seq, state }))
    })
    this.sip.on('connection', (socket) => {
      const desk = this.desk
      if (!desk) return socket.close()
      const phone = new MockSip(socket, {
        registered: (on) => {
          desk.registered(on)
        },
        answered: (call) => {
          desk.answered(call, Date.now())
        },
        ended: (call, refused) => {
          desk.ended(call, 'agent', refused, Date.now())
        },
        held: (call, on) => {
          desk.held(call, on, Date.now())
        },
        dialled: (number) => desk.dialled(number, Date.now()),
        back: () => desk.back(),
      })
      desk.ring = (call, number) => phone.ring(call, number)
      desk.hangUp = (call) => {
        phone.end(call)
      }
    })
    server?.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (request.url?.startsWith(SIP_PATH))
        this.sip.handleUpgrade(request, socket, head, (peer) => this.sip.emit('connection', peer, request))
    })
  }

  /** An agent signed in: their seat is theirs from now on. */
  open(centre: MockCentre): void {
    const seat = centre.take(ME?.id ?? '')
    if (ME && seat) this.desk = new MockDesk(ME, seat, Date.now())
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.live.handleUpgrade(request, socket, head, (peer) => this.live.emit('connection', peer, request))
  }

  tick(now: number): void {
    const changes = this.desk?.step(now) ?? []
    if (!changes.length) return
    const events = changes.map((change) => ({ seq: ++this.seq, ...change }))
    for (const screen of this.screens) screen.send(JSON.stringify({ type: 'events', events }))
  }

  /** What the desk answers, as [status, body]; null when it is not the desk's to answer. */
  answer(route: string, body: Record<string, unknown>, host: string): [number, unknown] | null {
    const { desk } = this
    const now = Date.now()
    if (!desk) return null
    if (route === 'POST /phone') {
      // another page that has the phone is gone after a few seconds
      if (body['if_free'] === true && now - desk.phone.since_ms < GONE_MS)
        return [409, { error: { code: 'phone_elsewhere', message: 'elsewhere', desk: desk.phone } }]
      const loan = `1001.mock${++this.loans}`
      const lent_ms = Math.max(now, desk.phone.lent_ms + 1)
      desk.phone = { loan, lent_ms, since_ms: now, address: '127.0.0.1', browser: 'Chromium' }
      return [
        200,
        {
          uri: 'sip:1001@mock',
          user: '1001',
          authorization_user: loan,
          password: 'mock',
          realm: 'mock',
          expires_ms: now + 3_600_000,
          loan,
          lent_ms,
          websocket: `ws://${host}${SIP_PATH}`,
          ice: [],
          numbers: { echo: '4100', ready: '*11' },
        },
      ]
    }
    if (route === 'DELETE /phone') {
      desk.phone = { loan: '', lent_ms: 0, since_ms: 0, address: '', browser: '' }
      return [204, undefined]
    }
    if (route === 'GET /dispositions') return [200, { dispositions: DISPOSITIONS }]
    if (route === 'POST /agents/me/state' || route === `POST /agents/${desk.agent.id}/state`) {
      const trouble = desk.choose(body['state'] as 'ready', String(body['reason'] ?? ''), now)
      if (trouble) return [409, { error: { code: 'not_allowed', message: trouble } }]
      return [200, { ...desk.agent, queues: [], call: null, caller: null, calls_today: 0 }]
    }
    const number = /^GET \/numbers\/(.+)$/.exec(route)?.[1]
    if (number) {
      const foreign = decodeURIComponent(number).startsWith('00')
      return [
        200,
        {
          number: decodeURIComponent(number),
          place: foreign ? { zh: '英国', en: 'United Kingdom' } : { zh: '北京', en: 'Beijing' },
          kind: 'mobile',
          leads_to: 'outside',
          allowed: !foreign,
          why: foreign ? 'country' : '',
          costly: false,
        },
      ]
    }
    const voicemail = /^POST \/voicemails\/(\w+)\/(take|done)$/.exec(route)
    if (voicemail) {
      const one = desk.tasks.voicemails.find((each) => each.id === voicemail[1])
      if (!one) return [404, { error: { code: 'not_found', message: 'There is no such message.' } }]
      if (voicemail[2] === 'take')
        Object.assign(one, { state: 'taken', taken_by: desk.agent.id, taken_ms: now })
      else desk.tasks.voicemails.splice(desk.tasks.voicemails.indexOf(one), 1)
      return [200, one]
    }
    const [, verb, id, what] = /^(\w+) \/calls\/([^/]+)\/(.+)$/.exec(route) ?? []
    if (!verb || !id || !what) return null
    if (what === 'notes') return this.note(desk, verb, id, body, now)
    if (what === 'wrap-ups') return [200, { wrap_ups: desk.wrapUps.get(id) ?? [] }]
    if (what === 'wrap-up') return [200, desk.file(id, body, now)]
    if (verb === 'POST' && desk.act(id, what, body, now))
      return [200, { call: id, state: 'talking', parties: [] }]
    return null
  }

  private note(
    desk: MockDesk,
    verb: string,
    call: string,
    body: Record<string, unknown>,
    now: number,
  ): [number, unknown] {
    const note = desk.notes.get(call) ?? { call, text: '', version: 0, by: '', at_ms: 0 }
    if (verb === 'GET') return [200, note]
    if (body['version'] !== note.version)
      return [409, { error: { code: 'changed', message: 'Somebody wrote since.', note } }]
    const next = {
      call,
      text: String(body['text'] ?? ''),
      version: note.version + 1,
      by: desk.agent.id,
      at_ms: now,
    }
    desk.notes.set(call, next)
    return [200, next]
  }
}
