/** The phone's thin edge: JsSIP turned into the machine's events, and the machine's commands into JsSIP's calls. */

import type { UA } from 'jssip'
import type { RTCSession } from 'jssip/lib/RTCSession'
import type { IncomingRTCSessionEvent, OutgoingRTCSessionEvent } from 'jssip/lib/UA'

import type { Account } from './account'
import { replacesHeader, type KeptDialog } from './dialogs'
import type { LineEvent, NewLine, PhoneEvent } from './machine'

/** The part of JsSIP's inside that is needed to leave a dialog standing, or to name it. */
interface Inside {
  _dialog?: { id: { call_id: string; local_tag: string; remote_tag: string } }
  _close(): void
}

export interface SipHooks {
  tell(event: PhoneEvent): void
  /** The secret is no longer taken. */
  refused(status: number): void
  /** What the other end says; null = nothing more. */
  heard(line: string, stream: MediaStream | null): void
  /** The call can be taken up again by this, or (null) no longer. */
  kept(line: string, dialog: Pick<KeptDialog, 'call_id' | 'local_tag' | 'remote_tag'> | null): void
}

/** A path that has not come back by itself after this long is looked for anew. */
const DOUBT_MS = 2_500
const TONE = { duration: 120, interToneGap: 80 }
const CALL_HEADER = 'X-Huawu-Call'
/** SIP status by which a line that rings is refused: the person does not want it, here or elsewhere. */
const DECLINED = 603

export class SipEdge {
  private ua: UA | null = null
  private account: Account | null = null
  private readonly sessions = new Map<string, RTCSession>()
  /** Lines whose media path is gone for good and who wait for the socket to be taken up again. */
  private readonly stranded = new Set<string>()

  constructor(private readonly hooks: SipHooks) {}

  async start(account: Account): Promise<void> {
    const moved = this.account !== null && this.account.websocket !== account.websocket
    this.account = account
    // a switch that was started anew may listen elsewhere; what it had of calls is gone
    if (moved) this.stop()
    if (this.ua) return this.renew(account)
    const { UA, WebSocketInterface } = await import('jssip')
    const ua = new UA({
      sockets: [new WebSocketInterface(account.websocket)],
      uri: account.uri,
      authorization_user: account.authorization_user,
      password: account.password,
      realm: account.realm,
      register: true,
      register_expires: 120,
      session_timers: false,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 6,
      user_agent: 'Huawu desk',
    })
    this.ua = ua
    const ours = () => this.ua === ua // one that was left says nothing any more
    ua.on('registered', () => {
      if (!ours()) return
      this.hooks.tell({ kind: 'registration', what: 'registered' })
      this.recover()
    })
    ua.on('disconnected', () => {
      if (ours()) this.hooks.tell({ kind: 'registration', what: 'lost' })
    })
    ua.on('registrationFailed', (event) => {
      if (!ours()) return
      const status = (event.response as { status_code?: number } | null)?.status_code
      // no answer at all is the network's matter: JsSIP tries again when the socket is back
      if (status === undefined) this.hooks.tell({ kind: 'registration', what: 'lost' })
      else this.hooks.refused(status)
    })
    ua.on('newRTCSession', (event: IncomingRTCSessionEvent | OutgoingRTCSessionEvent) => {
      if (event.originator === 'remote') this.incoming(event as IncomingRTCSessionEvent)
    })
    ua.start()
  }

  private renew(account: Account): void {
    const ua = this.ua
    if (!ua) return
    ua.set('authorization_user', account.authorization_user)
    ua.set('password', account.password)
    if (ua.isConnected()) ua.register()
  }

  /** Gives the registration back; the calls must have been ended or forgotten before. */
  stop(): void {
    const left = this.ua
    this.ua = null
    left?.stop()
    this.sessions.clear()
    this.stranded.clear()
  }

  private incoming({ session, request }: IncomingRTCSessionEvent): void {
    const id = session.id
    const { remote_identity: from } = session
    const line: NewLine = {
      id,
      number: from.uri.user ?? '',
      name: from.display_name ?? '',
      call: request.getHeader(CALL_HEADER) ?? '',
    }
    this.hooks.tell({ kind: 'invited', line, at: Date.now() })
    this.follow(id, session)
  }

  answer(id: string, microphone: MediaStream): void {
    this.sessions.get(id)?.answer({ mediaStream: microphone, pcConfig: this.pcConfig() })
  }

  dial(id: string, number: string, microphone: MediaStream): void {
    this.call(id, this.addressOf(number), microphone, [])
  }

  reattach(id: string, dialog: KeptDialog, microphone: MediaStream): void {
    this.abandon(id)
    this.call(id, this.account?.uri ?? '', microphone, [replacesHeader(dialog)])
  }

  private call(id: string, target: string, microphone: MediaStream, extraHeaders: string[]): void {
    if (!this.ua?.isConnected()) {
      this.line(id, 'over', 'network')
      return
    }
    try {
      const session = this.ua.call(target, {
        mediaStream: microphone,
        pcConfig: this.pcConfig(),
        extraHeaders,
      })
      this.follow(id, session)
    } catch {
      this.line(id, 'over', 'invalid')
    }
  }

  /** The number as it is dialled, at our own switch. */
  private addressOf(number: string): string {
    const host = this.account?.uri.split('@')[1] ?? ''
    return `sip:${encodeURIComponent(number).replaceAll('%2B', '+')}@${host}`
  }

  private pcConfig(): RTCConfiguration {
    return { iceServers: this.account?.ice ?? [], bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require' }
  }

  end(id: string): void {
    const session = this.sessions.get(id)
    if (!session || session.isEnded()) {
      this.line(id, 'over')
      return
    }
    const declines = session.direction === 'incoming' && session.isInProgress()
    session.terminate(declines ? { status_code: DECLINED } : {})
  }

  hold(id: string, on: boolean): void {
    const session = this.sessions.get(id)
    if (on) session?.hold()
    else session?.unhold()
  }

  mute(id: string, on: boolean): void {
    const session = this.sessions.get(id)
    if (on) session?.mute({ audio: true })
    else session?.unmute({ audio: true })
  }

  digits(id: string, digits: string): void {
    this.sessions.get(id)?.sendDTMF(digits, { ...TONE, transportType: 'RFC2833' as never })
  }

  connectionOf(id: string): RTCPeerConnection | undefined {
    return this.sessions.get(id)?.connection as RTCPeerConnection | undefined
  }

  /** Leave the call without a word to the switch: it goes on by another leg, or at another page. */
  abandon(id: string): void {
    const session = this.sessions.get(id)
    this.sessions.delete(id)
    this.stranded.delete(id)
    if (session && !session.isEnded()) (session as unknown as Inside)._close()
  }

  private line(id: string, what: LineEvent, reason = ''): void {
    this.hooks.tell({ kind: 'line', id, what, at: Date.now(), reason })
  }

  private follow(id: string, session: RTCSession): void {
    this.sessions.set(id, session)
    const mine = () => this.sessions.get(id) === session
    const watchPath = (connection: RTCPeerConnection) => {
      connection.addEventListener('track', (event) => {
        this.hooks.heard(id, event.streams[0] ?? new MediaStream([event.track]))
      })
      connection.addEventListener('iceconnectionstatechange', () => {
        if (!mine()) return
        const state = connection.iceConnectionState
        if (state === 'disconnected') {
          this.line(id, 'path_lost')
          window.setTimeout(() => {
            if (mine()) this.newPath(session)
          }, DOUBT_MS)
        }
        if (state === 'connected' || state === 'completed') this.line(id, 'path_back')
      })
    }
    session.on('peerconnection', ({ peerconnection }) => {
      watchPath(peerconnection)
    })
    // an outgoing session had its connection before anyone could listen
    if (session.direction === 'outgoing') watchPath(session.connection)
    // the switch learns our addresses from our own checks: do not wait for every interface of the machine
    session.on('icecandidate', ({ ready }) => {
      ready()
    })
    session.on('confirmed', () => {
      if (!mine()) return
      const dialog = (session as unknown as Inside)._dialog?.id
      if (dialog) this.hooks.kept(id, { ...dialog })
      this.line(id, 'accepted')
    })
    session.on('hold', (event) => {
      if (event.originator === 'local') this.hooks.tell({ kind: 'held', id, held: true })
    })
    session.on('unhold', (event) => {
      if (event.originator === 'local') this.hooks.tell({ kind: 'held', id, held: false })
    })
    const over = (event: { cause?: string; originator?: string }) => {
      if (!mine()) return
      this.sessions.delete(id)
      this.hooks.kept(id, null)
      this.hooks.heard(id, null)
      this.line(id, 'over', event.originator === 'local' ? '' : (event.cause ?? ''))
    }
    session.on('ended', over)
    session.on('failed', over)
    this.outliveTheNetwork(id, session)
  }

  /** JsSIP hangs up when the path fails; our switch keeps the call, so it is taken up again instead. */
  private outliveTheNetwork(id: string, session: RTCSession): void {
    const hangUp = session.terminate.bind(session)
    session.terminate = (options = {}) => {
      if (options.cause !== 'RTP Timeout' || !session.isEstablished()) {
        hangUp(options)
        return
      }
      this.stranded.add(id)
      this.line(id, 'path_lost')
      if (this.ua?.isRegistered()) this.recover()
    }
  }

  /** The socket is back: calls whose path failed are taken up by a new leg, those in doubt get a new path. */
  private recover(): void {
    for (const [id, session] of [...this.sessions]) {
      if (!session.isEstablished()) continue
      if (this.stranded.has(id)) this.line(id, 'reattach')
      else this.newPath(session)
    }
  }

  /** Where the path is in doubt and the switch can be asked: look for another one, keys and call as they are. */
  private newPath(session: RTCSession): void {
    if (session.isEnded() || session.connection.iceConnectionState !== 'disconnected') return
    if (this.ua?.isConnected()) session.renegotiate({ rtcOfferConstraints: { iceRestart: true } })
  }
}
