/**
 * Just enough of a SIP switch for one browser phone: registers it, rings it, answers it, hangs up. No sound: its
 * session descriptions lead nowhere, so that the page's side of a call can be seen without a switch.
 */

import { randomBytes } from 'node:crypto'
import type { WebSocket } from 'ws'

export interface SipHooks {
  registered(on: boolean): void
  /** The page picked up our call, or we its. */
  answered(call: string): void
  /** The page refused, gave up or hung up. */
  ended(call: string, refused: boolean): void
  held(call: string, on: boolean): void
  /** The page calls a number; the id of the new call, or a status to refuse it with. */
  dialled(number: string): string | number
  /** INVITE with Replaces: the page is back after a reload. */
  back(): string | null
}

interface Message {
  /** Of a request; empty for a response. */
  method: string
  uri: string
  status: number
  headers: [name: string, value: string][]
  body: string
}

interface Leg {
  call: string
  callId: string
  from: string
  to: string
  target: string
  cseq: number
  /** The INVITE while it has no final answer. */
  invite: Message | null
  ours: boolean
}

const token = () => randomBytes(6).toString('hex')
const FINGERPRINT = Array.from({ length: 32 }, (_, i) => (i + 16).toString(16).toUpperCase()).join(':')

function parse(text: string): Message | null {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const [first = '', ...lines] = head.split('\r\n')
  const headers = lines.flatMap((line): [string, string][] => {
    const at = line.indexOf(':')
    return at < 0 ? [] : [[line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim()]]
  })
  const answer = /^SIP\/2\.0 (\d{3})/.exec(first)
  if (answer) return { method: '', uri: '', status: Number(answer[1]), headers, body: rest.join('\r\n\r\n') }
  const [method, uri] = first.split(' ')
  return method && uri ? { method, uri, status: 0, headers, body: rest.join('\r\n\r\n') } : null
}

const all = (message: Message, name: string) =>
  message.headers.filter(([one]) => one === name).map(([, value]) => value)
const one = (message: Message, name: string) => all(message, name)[0] ?? ''

/** A description that any browser takes and no packet follows. */
function describe(offer: string, direction: string): string {
  const mid = /a=mid:(\S+)/.exec(offer)?.[1] ?? '0'
  return [
    'v=0',
    `o=- ${Date.now()} 1 IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    'a=ice-lite',
    `a=group:BUNDLE ${mid}`,
    'm=audio 9 UDP/TLS/RTP/SAVPF 8 0 101',
    'c=IN IP4 127.0.0.1',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:101 telephone-event/8000',
    `a=mid:${mid}`,
    `a=${direction}`,
    'a=rtcp-mux',
    'a=ice-ufrag:mock',
    'a=ice-pwd:mockmockmockmockmockmock',
    `a=fingerprint:sha-256 ${FINGERPRINT}`,
    `a=setup:${offer ? 'passive' : 'actpass'}`,
    '',
  ].join('\r\n')
}

export class MockSip {
  private readonly legs = new Map<string, Leg>()
  private contact = ''

  constructor(
    private readonly socket: WebSocket,
    private readonly hooks: SipHooks,
  ) {
    socket.on('message', (data) => {
      const message = parse(String(data))
      if (message?.method) this.request(message)
      else if (message) this.response(message)
    })
    socket.on('close', () => {
      hooks.registered(false)
    })
  }

  private send(first: string, headers: [string, string][], body = ''): void {
    const lines = headers.map(([name, value]) => `${name}: ${value}`)
    const type = body ? ['Content-Type: application/sdp'] : []
    this.socket.send(
      [first, ...lines, ...type, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n'),
    )
  }

  private reply(to: Message, status: string, tag: string, body = '', more: [string, string][] = []): void {
    const target = one(to, 'to')
    this.send(
      `SIP/2.0 ${status}`,
      [
        ...all(to, 'via').map((via): [string, string] => ['Via', via]),
        ['From', one(to, 'from')],
        ['To', target.includes(';tag=') || !tag ? target : `${target};tag=${tag}`],
        ['Call-ID', one(to, 'call-id')],
        ['CSeq', one(to, 'cseq')],
        ...more,
      ],
      body,
    )
  }

  private request(message: Message): void {
    const leg = this.legs.get(one(message, 'call-id'))
    switch (message.method) {
      case 'REGISTER': {
        const contact = one(message, 'contact')
        const gone = one(message, 'expires') === '0' || contact.includes('expires=0') || contact === '*'
        this.contact = /<([^>]+)>/.exec(contact)?.[1] ?? this.contact
        this.reply(message, '200 OK', token(), '', [['Contact', `${contact};expires=${gone ? 0 : 120}`]])
        this.hooks.registered(!gone)
        break
      }
      case 'INVITE':
        if (leg) this.again(message, leg)
        else this.invited(message)
        break
      case 'CANCEL':
        this.reply(message, '200 OK', '')
        if (leg?.invite) this.reply(leg.invite, '487 Request Terminated', token())
        if (leg) this.gone(leg, false)
        break
      case 'BYE':
        this.reply(message, '200 OK', '')
        if (leg) this.gone(leg, false)
        break
      case 'ACK':
        break
      default:
        this.reply(message, '200 OK', '')
    }
  }

  private gone(leg: Leg, refused: boolean): void {
    this.legs.delete(leg.callId)
    this.hooks.ended(leg.call, refused)
  }

  /** Hold and its end, or a new path. */
  private again(message: Message, leg: Leg): void {
    const held = /a=(sendonly|inactive)/.test(message.body)
    this.reply(message, '200 OK', '', describe(message.body, held ? 'recvonly' : 'sendrecv'), [
      ['Contact', '<sip:mock@127.0.0.1;transport=ws>'],
    ])
    this.hooks.held(leg.call, held)
  }

  private invited(message: Message): void {
    const back = one(message, 'replaces') ? this.hooks.back() : undefined
    const found = back ?? this.hooks.dialled(/^sips?:([^@;]+)/.exec(message.uri)?.[1] ?? '')
    const tag = token()
    if (back === null || typeof found === 'number') {
      this.reply(message, `${back === null ? 481 : found} Refused`, tag)
      return
    }
    const leg: Leg = {
      call: found,
      callId: one(message, 'call-id'),
      from: `${one(message, 'to')};tag=${tag}`,
      to: one(message, 'from'),
      target: /<([^>]+)>/.exec(one(message, 'contact'))?.[1] ?? this.contact,
      cseq: 1,
      invite: message,
      ours: false,
    }
    this.legs.set(leg.callId, leg)
    this.reply(message, '180 Ringing', tag, '', [['Contact', '<sip:mock@127.0.0.1;transport=ws>']])
    setTimeout(
      () => {
        if (!leg.invite || this.legs.get(leg.callId) !== leg) return
        leg.invite = null
        this.reply(message, '200 OK', tag, describe(message.body, 'sendrecv'), [
          ['Contact', '<sip:mock@127.0.0.1;transport=ws>'],
        ])
        this.hooks.answered(leg.call)
      },
      back ? 100 : 1_800,
    ).unref()
  }

  private ask(leg: Leg, method: string, body = '', more: [string, string][] = []): void {
    const cseq = method === 'ACK' || method === 'CANCEL' ? leg.cseq : ++leg.cseq
    this.send(
      `${method} ${leg.target} SIP/2.0`,
      [
        [
          'Via',
          `SIP/2.0/WS mock.invalid;branch=z9hG4bK${method === 'ACK' ? token() : leg.callId.slice(0, 8)}${cseq}`,
        ],
        ['Max-Forwards', '70'],
        ['From', leg.from],
        ['To', leg.to],
        ['Call-ID', leg.callId],
        ['CSeq', `${cseq} ${method}`],
        ['Contact', '<sip:mock@127.0.0.1;transport=ws>'],
        ...more,
      ],
      body,
    )
  }

  /** Rings the page; false when there is nobody to ring. */
  ring(call: string, number: string): boolean {
    if (!this.contact || this.socket.readyState !== 1) return false
    const leg: Leg = {
      call,
      callId: `${token()}${token()}@mock`,
      from: `<sip:${number}@mock>;tag=${token()}`,
      to: `<${this.contact}>`,
      target: this.contact,
      cseq: 0,
      invite: null,
      ours: true,
    }
    this.legs.set(leg.callId, leg)
    this.ask(leg, 'INVITE', describe('', 'sendrecv'), [['X-Huawu-Call', call]])
    return true
  }

  /** The caller hangs up, or gives up. */
  end(call: string): void {
    const leg = [...this.legs.values()].find((each) => each.call === call)
    if (!leg) return
    this.legs.delete(leg.callId)
    this.ask(leg, leg.ours && !leg.to.includes(';tag=') ? 'CANCEL' : 'BYE')
  }

  private response(message: Message): void {
    const leg = this.legs.get(one(message, 'call-id'))
    if (!leg || !one(message, 'cseq').endsWith('INVITE') || message.status < 200) return
    leg.to = one(message, 'to')
    leg.target = /<([^>]+)>/.exec(one(message, 'contact'))?.[1] ?? leg.target
    this.ask(leg, 'ACK')
    if (message.status < 300) this.hooks.answered(leg.call)
    else this.gone(leg, message.status !== 487)
  }
}
