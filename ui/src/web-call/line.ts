/** One call by JsSIP, with the pass that was given for it. */

import { UA, WebSocketInterface } from 'jssip'
import type { RTCSession } from 'jssip/lib/RTCSession'

import type { Admission } from './admission'
import type { Step } from './machine'
import type { Trouble } from './words'

const CONNECTED_WITHIN_MS = 10_000
const TONE = { duration: 120, interToneGap: 80 }

export class Line {
  private session: RTCSession | null = null
  private readonly ua: UA
  private over = false
  private readonly patience: number

  constructor(
    private readonly admission: Admission,
    private readonly microphone: MediaStream,
    private readonly tell: (step: Step) => void,
    private readonly hear: (stream: MediaStream) => void,
  ) {
    this.ua = new UA({
      sockets: [new WebSocketInterface(admission.websocket)],
      uri: admission.uri,
      authorization_user: admission.authorization_user,
      password: admission.password,
      realm: admission.realm,
      register: false,
      session_timers: false,
      user_agent: 'Huawu web call',
    })
    this.patience = window.setTimeout(() => {
      this.finish({ kind: 'failed', trouble: 'unreachable' })
    }, CONNECTED_WITHIN_MS)
    this.ua.on('connected', () => {
      window.clearTimeout(this.patience)
      if (!this.session) this.dial()
    })
    this.ua.start()
  }

  private dial(): void {
    const session = this.ua.call(this.admission.target, {
      mediaStream: this.microphone,
      pcConfig: { iceServers: this.admission.ice, bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require' },
    })
    this.session = session
    session.connection.addEventListener('track', ({ streams, track }) => {
      this.hear(streams[0] ?? new MediaStream([track]))
    })
    // the switch learns our addresses from our own checks: do not wait for every interface of the machine
    session.on('icecandidate', ({ ready }) => {
      ready()
    })
    session.on('accepted', () => {
      this.tell({ kind: 'answered', at: Date.now() })
    })
    session.on('ended', ({ cause, originator }) => {
      const dropped = originator !== 'remote' && cause === 'RTP Timeout'
      this.finish(dropped ? { kind: 'failed', trouble: 'dropped' } : { kind: 'ended' })
    })
    session.on('failed', ({ originator, message }) => {
      if (originator === 'local') this.finish({ kind: 'ended' })
      else
        this.finish({
          kind: 'failed',
          trouble: troubleOf((message as { status_code?: number } | null)?.status_code),
        })
    })
  }

  mute(on: boolean): void {
    if (on) this.session?.mute({ audio: true })
    else this.session?.unmute({ audio: true })
    this.tell({ kind: 'muted', on })
  }

  key(digit: string): void {
    this.session?.sendDTMF(digit, { ...TONE, transportType: 'RFC2833' as never })
  }

  /** Hang up, or give up. */
  end(): void {
    if (this.session && !this.session.isEnded()) this.session.terminate()
    else this.finish({ kind: 'ended' })
  }

  private finish(step: Step): void {
    if (this.over) return
    this.over = true
    window.clearTimeout(this.patience)
    this.tell(step)
    for (const track of this.microphone.getTracks()) track.stop()
    // what was said last has to leave first
    window.setTimeout(() => {
      this.ua.stop()
    }, 500)
  }
}

/** What a refused call means to a visitor, by SIP's status. */
export function troubleOf(status: number | undefined): Trouble {
  switch (status) {
    case 486:
    case 503:
      return 'busy'
    case 401:
    case 403:
      return 'not_allowed'
    case 404:
      return 'number'
    default:
      return 'unreachable'
  }
}
