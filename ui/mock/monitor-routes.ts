/** The shift leader's part of the mock centre's interface: two screens, what is set, and the leader's phone. */

import type { IncomingMessage, Server } from 'node:http'
import type { Http2SecureServer } from 'node:http2'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'

import type { Door, Mode, Notice } from '../src/api/monitor-types'
import type { MockCentre } from './centre.ts'
import { MockMonitor } from './monitor.ts'
import { trendsOf } from './trends.ts'
import { QUEUES } from './people.ts'
import { MockSip } from './sip.ts'

const SIP_PATH = '/mock-leader-sip'
const ME = 'leader'
const NAME = '孙班长'

type Body = Record<string, unknown>
type Answer = [number, unknown]

const refuse = (status: number, code: string, message: string): Answer => [
  status,
  { error: { code, message } },
]

export class MonitorRoutes {
  private monitor: MockMonitor
  private readonly screens = { monitor: new Set<WebSocket>(), help: new Set<WebSocket>() }
  private readonly live = new WebSocketServer({ noServer: true })
  private readonly sip = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has('sip') ? 'sip' : false),
  })
  private phone: MockSip | null = null
  private registered = false
  private readonly mode = new Map<string, string>()
  private notices: Notice[] = []
  private seq = 0
  private serial = 1

  constructor(
    server: Server | Http2SecureServer | null,
    private centre: MockCentre,
  ) {
    this.monitor = new MockMonitor(centre, Date.now())
    this.sip.on('connection', (socket) => {
      this.phone = new MockSip(socket, {
        registered: (on) => {
          this.registered = on
        },
        answered: (call) => {
          const mode = this.mode.get(call)
          if (mode && mode !== 'take_over') this.monitor.supervised.set(call, new Map([[ME, mode as Mode]]))
          if (mode === 'take_over') this.centre.endCall(call, Date.now())
        },
        ended: (call) => {
          this.monitor.supervised.delete(call)
        },
        held: () => undefined,
        dialled: () => 403,
        back: () => [...this.monitor.supervised.keys()][0] ?? null,
      })
    })
    server?.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (request.url?.startsWith(SIP_PATH))
        this.sip.handleUpgrade(request, socket, head, (peer) => this.sip.emit('connection', peer, request))
    })
  }

  /** Another centre, or one where nothing is wrong. */
  anew(centre: MockCentre, calm: boolean): void {
    this.centre = centre
    this.monitor = new MockMonitor(centre, Date.now(), calm)
    for (const peer of [...this.screens.monitor, ...this.screens.help]) peer.close()
  }

  upgrade(screen: 'monitor' | 'help', request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.live.handleUpgrade(request, socket, head, (peer) => {
      this.screens[screen].add(peer)
      peer.on('close', () => this.screens[screen].delete(peer))
      const now = Date.now()
      const state = screen === 'monitor' ? this.monitor.monitor(now) : this.monitor.help(now)
      peer.send(JSON.stringify({ type: 'snapshot', seq: this.seq, state }))
    })
  }

  tick(now: number): void {
    const changes = this.monitor.step(now)
    for (const screen of ['monitor', 'help'] as const) {
      if (!changes[screen].length) continue
      const events = changes[screen].map((change) => ({ seq: ++this.seq, ...change }))
      for (const peer of this.screens[screen]) peer.send(JSON.stringify({ type: 'events', events }))
    }
    for (const [call] of this.monitor.supervised) {
      const script = this.centre.scripts.get(call)
      script?.talkOn(now) // nobody leaves a leader in mid-sentence
      if (script?.view(now).state === 'ended') {
        this.monitor.supervised.delete(call)
        this.phone?.end(call)
      }
    }
  }

  /** What a leader's page is answered, as [status, body]; null when it is not this part's to answer. */
  answer(route: string, body: Body, host: string): Answer | null {
    const now = Date.now()
    if (route === 'POST /phone') return [200, this.account(host, now)]
    if (route === 'DELETE /phone') return [204, undefined]
    const [, verb = '', kind = '', id = '', what = ''] =
      /^(\w+) \/(\w+)(?:\/([^/?]+))?(?:\/([\w/]+))?/.exec(route) ?? []
    switch (kind) {
      case 'monitor':
        return [200, trendsOf(Number(body['hours'] ?? 4), Number(body['step_ms'] ?? 300_000), now)]
      case 'queues':
        return what ? this.queue(verb, id, what, body, now) : null
      case 'agents':
        return what === 'queues' ? this.agent(verb, id, body, now) : null
      case 'calls':
        return this.call(verb, id, what, body, now)
      case 'help':
        return this.help(id, what, body, now)
      case 'alarms': {
        const alarm = this.monitor.alarms.find((one) => one.id === id)
        if (!alarm) return refuse(404, 'not_found', 'There is no such alarm.')
        Object.assign(alarm, { seen_by: ME, seen_ms: now })
        return [200, alarm]
      }
      case 'warnings': {
        const warning = decodeURIComponent(id)
        this.monitor.seen.set(warning, { by: ME, at: now })
        return [200, { id: warning }]
      }
      case 'lost': {
        const state = what === 'set_aside' ? 'set_aside' : body['mine'] === true ? 'called_back' : 'asked'
        const note = String(body['note'] ?? '')
        this.monitor.dealt.set(id, { state, by: ME, by_name: NAME, note })
        const caller = this.centre.scripts.get(id)?.call.caller ?? ''
        if (body['mine'] === true) this.phone?.ring(`back-${id}`, caller)
        return [200, { call: id, state }]
      }
      case 'notices':
        return this.notice(verb, id, what, body, now)
      default:
        return null
    }
  }

  private account(host: string, now: number): object {
    return {
      uri: 'sip:leader@mock',
      user: ME,
      authorization_user: `leader.mock${this.serial++}`,
      password: 'mock',
      realm: 'mock',
      expires_ms: now + 3_600_000,
      loan: 'leader.mock',
      lent_ms: now,
      websocket: `ws://${host}${SIP_PATH}`,
      ice: [],
      numbers: { echo: '4100' },
    }
  }

  private queue(verb: string, id: string, what: string, body: Body, now: number): Answer {
    const until = typeof body['until_ms'] === 'number' ? body['until_ms'] : null
    const note = String(body['note'] ?? '')
    if (what === 'door') {
      const door = body['door'] as Door
      if (door === 'hours') this.monitor.doors.delete(id)
      else this.monitor.doors.set(id, { door, by: ME, at: now, until, note })
    } else if (what === 'divert' && verb === 'DELETE') this.monitor.diverts.delete(id)
    else if (what === 'divert') {
      const to = String(body['queue'] ?? '')
      if (this.monitor.diverts.get(to)?.queue === id)
        return refuse(409, 'not_possible', `Queue ${to} sends its callers here: they would go in a circle.`)
      this.monitor.diverts.set(id, {
        ...(to ? { queue: to } : {}),
        ...(body['number'] ? { number: String(body['number']) } : {}),
        ...(body['hang_up'] ? { hang_up: true } : {}),
        by: ME,
        by_name: NAME,
        at_ms: now,
        until_ms: until,
        note,
      })
    } else if (what === 'waiting') {
      const calls = body['calls'] as string[] | null
      const to = QUEUES.find((queue) => queue.id === body['to'])
      const line = this.centre
        .waiting(now)
        .filter((script) => script.queue.id === id && (!calls || calls.includes(script.id)))
      for (const script of line)
        if (to) {
          script.queue = to
          script.call.queue = to.id
        }
      return [200, { moved: line.length }]
    }
    return [200, this.monitor.monitor(now).queues.find((queue) => queue.id === id)]
  }

  private agent(verb: string, id: string, body: Body, now: number): Answer {
    const view = this.centre.agents().find((one) => one.id === id)
    if (!view) return refuse(404, 'not_found', `There is no agent ${id}.`)
    const before = this.monitor.moved.get(id)?.before ?? view.queues
    if (verb === 'DELETE') {
      this.monitor.moved.delete(id)
      this.centre.setQueues(id, before)
    } else {
      const queues = body['queues'] as string[]
      const until_ms = typeof body['until_ms'] === 'number' ? body['until_ms'] : null
      const reason = String(body['reason'] ?? '')
      this.monitor.moved.set(id, { queues, before, by: ME, by_name: NAME, at_ms: now, until_ms, reason })
      this.centre.setQueues(id, queues)
    }
    return [200, this.monitor.monitor(now).seats.find((seat) => seat.id === id)]
  }

  private call(verb: string, id: string, what: string, body: Body, now: number): Answer | null {
    const script = this.centre.scripts.get(id)
    if (what === 'parties') {
      const mode = this.mode.get(id) ?? ''
      const there = this.monitor.supervised.has(id)
      const leader = { role: 'leader', agent: ME, number: '', at: 'room', answered: true, mode }
      return [200, { call: id, state: 'talking', slot: '', parties: there ? [leader] : [] }]
    }
    if (what === 'end' && verb === 'POST')
      return this.centre.endCall(id, now)
        ? [200, { call: id, state: 'ended', slot: '', parties: [] }]
        : refuse(409, 'not_possible', 'The call is over already.')
    if (what !== 'supervise') return null
    if (verb === 'DELETE') {
      this.monitor.supervised.delete(id)
      this.phone?.end(id)
      return [200, { call: id, state: 'talking', slot: '', parties: [] }]
    }
    return this.beside(id, String(body['mode']), script?.call.caller ?? '', now)
  }

  private beside(id: string, mode: string, caller: string, now: number): Answer {
    if (this.centre.scripts.get(id)?.view(now).state !== 'talking')
      return refuse(
        409,
        'not_possible',
        'Nobody talks with this caller now, so there is nothing to listen to.',
      )
    const there = this.monitor.supervised.has(id)
    if (!there && (!this.registered || !this.phone?.ring(id, caller)))
      return refuse(
        409,
        'not_possible',
        'The phone of leader is not registered. Switch it on, then try again.',
      )
    this.mode.set(id, mode)
    if (there && mode !== 'take_over') this.monitor.supervised.get(id)?.set(ME, mode as Mode)
    if (there && mode === 'take_over') {
      this.monitor.supervised.delete(id)
      this.centre.endCall(id, now)
    }
    return [200, { call: id, state: 'talking', slot: '', parties: [] }]
  }

  private help(id: string, what: string, body: Body, now: number): Answer {
    const request = this.monitor.requests.find((one) => one.id === id)
    if (!request) return refuse(404, 'not_found', 'There is no such request.')
    if (what === 'close') {
      this.monitor.requests = this.monitor.requests.filter((one) => one !== request)
      return [200, { ...request, state: 'closed', answer: String(body['answer'] ?? '') }]
    }
    const mode = String(body['mode'] ?? '')
    Object.assign(request, { state: 'taken', taken_by: ME, taken_by_name: NAME, taken_ms: now })
    if (mode) {
      const caller = this.centre.scripts.get(request.call)?.call.caller ?? ''
      const [status, refusal] = this.beside(request.call, mode, caller, now)
      if (status !== 200) return [status, refusal]
    }
    return [200, request]
  }

  private notice(verb: string, id: string, what: string, body: Body, now: number): Answer {
    if (verb === 'GET') return [200, { notices: this.notices, events: [] }]
    const found = this.notices.find((one) => one.id === id)
    if (verb === 'DELETE') this.notices = this.notices.filter((one) => one.id !== id)
    else if (what === 'sound' && found) found.sound = true
    else if (found) found.on = body['on'] === true
    else
      this.notices.push({
        id: `n${this.serial++}`,
        queue: String(body['queue'] ?? ''),
        number: '',
        prompts: (body['prompts'] as string[] | undefined) ?? [],
        sound: false,
        on: body['on'] === true,
        from_ms: 0,
        until_ms: Number(body['until_ms'] ?? 0),
        created_ms: now,
        by: ME,
        note: '',
      })
    this.monitor.notices.clear()
    for (const one of this.notices.filter((each) => each.on))
      this.monitor.notices.set(one.queue, [...(this.monitor.notices.get(one.queue) ?? []), one.id])
    return verb === 'DELETE' ? [204, undefined] : [200, found ?? this.notices.at(-1)]
  }
}
