// A telephone in a page, for tests: JsSIP whose microphone is a tone and whose ear is a spectrum.
import JsSIP from '../../../ui/node_modules/jssip/lib/JsSIP.js'

const BINS = 2048

/** One tone that is heard as if spoken. */
function voice(audio, hertz) {
  const tone = new OscillatorNode(audio, { frequency: hertz })
  const level = new GainNode(audio, { gain: 0.3 })
  const mouth = new MediaStreamAudioDestinationNode(audio)
  tone.connect(level).connect(mouth)
  tone.start()
  return mouth.stream
}

class Phone {
  constructor({ websocket, user, password, realm, hertz, answers, between, pc, ...more }) {
    this.between = between
    this.pc = pc ?? { iceServers: [] }
    this.events = []
    this.audio = new AudioContext()
    this.mouth = voice(this.audio, hertz)
    this.session = null
    this.ear = null
    this.realm = realm
    this.ua = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(websocket)],
      uri: `sip:${user}@${realm}`,
      password,
      realm,
      register: true,
      session_timers: false,
      ...more,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 2,
    })
    this.ua.on('registered', () => this.note('registered'))
    this.ua.on('registrationFailed', (event) => this.note(`registration failed: ${event.cause}`))
    this.ua.on('disconnected', () => this.note('disconnected'))
    this.ua.on('newRTCSession', ({ originator, session }) => {
      this.take(session)
      if (originator === 'remote') this.note('rings')
      if (originator === 'remote' && answers) {
        session.answer({ mediaStream: this.mouth, pcConfig: this.pc })
      }
    })
    this.ua.start()
  }

  note(what) {
    this.events.push(what)
  }

  take(session) {
    this.session = session
    for (const kind of ['progress', 'accepted', 'confirmed', 'hold', 'unhold']) {
      session.on(kind, () => this.note(kind))
    }
    session.on('ended', (event) => this.note(`ended: ${event.cause}`))
    session.on('failed', (event) => this.note(`failed: ${event.cause}`))
    session.on('sdp', (event) => {
      // by another way, where the test put something between
      if (event.originator === 'remote' && this.between) {
        this.told = Number(/a=candidate:\S+ 1 udp \d+ \S+ (\d+)/.exec(event.sdp)[1])
        event.sdp = event.sdp.replace(/(a=candidate:\S+ 1 udp \d+) \S+ \d+/g, `$1 127.0.0.1 ${this.between}`)
      }
    })
    session.on('peerconnection', ({ peerconnection }) => this.hear(peerconnection))
    if (session.connection) this.hear(session.connection)
  }

  hear(connection) {
    connection.addEventListener('connectionstatechange', () =>
      this.note(`media ${connection.connectionState}`),
    )
    connection.addEventListener('track', ({ track, streams }) => {
      const stream = streams[0] ?? new MediaStream([track])
      this.speaker = new Audio()
      this.speaker.muted = true
      this.speaker.srcObject = stream // without it Chromium does not pull the stream
      this.ear = new AnalyserNode(this.audio, { fftSize: BINS, smoothingTimeConstant: 0 })
      new MediaStreamAudioSourceNode(this.audio, { mediaStream: stream }).connect(this.ear)
    })
  }

  call(number, headers = []) {
    this.ua.call(`sip:${number}@${this.realm}`, {
      mediaStream: this.mouth,
      mediaConstraints: { audio: true, video: false },
      pcConfig: this.pc,
      extraHeaders: headers,
    })
  }

  /** The loudest frequency heard now, in hertz; 0 = silence. */
  heard() {
    if (!this.ear) return 0
    const bins = new Float32Array(this.ear.frequencyBinCount)
    this.ear.getFloatFrequencyData(bins)
    let loudest = 1
    for (let bin = 1; bin < bins.length; bin += 1) if (bins[bin] > bins[loudest]) loudest = bin
    return bins[loudest] < -70 ? 0 : (loudest * this.audio.sampleRate) / BINS
  }

  /** The switch's ICE user name now. */
  ufrag() {
    return /a=ice-ufrag:(\S+)/.exec(this.session.connection.currentRemoteDescription.sdp)[1]
  }

  /** The Replaces header that takes this call over. */
  replaces() {
    const { id } = this.session._dialog
    return `Replaces: ${id.call_id};to-tag=${id.remote_tag};from-tag=${id.local_tag}`
  }
}

window.startPhone = (options) => {
  window.phone = new Phone(options)
}
