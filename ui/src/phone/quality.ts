/** How good the line is, and why it is not better: judged from two looks at WebRTC's own figures. Pure. */

export type Light = 'good' | 'fair' | 'poor'
export type Cause = 'loss' | 'jitter' | 'delay' | 'silence'

/** What is counted since the call began; a figure the browser does not give is null. */
export interface Sample {
  /** Milliseconds, any clock that only goes forward. */
  at: number
  received: number
  lost: number
  /** Milliseconds. */
  jitter: number | null
  round_trip: number | null
  /** Share (0–1) of our packets that the other side says it missed. */
  lost_there: number | null
}

export interface Verdict {
  light: Light
  /** The worst figure; null while all is well. */
  cause: Cause | null
  loss: number
  jitter: number | null
  round_trip: number | null
}

/**
 * From where on a G.711 conversation suffers: loss 2 % is heard and 5 % breaks words; a browser's buffer evens out
 * about 30 ms of jitter; people begin to cut in on each other beyond some 300 ms both ways (ITU-T G.114).
 */
const LIMITS = {
  loss: { fair: 0.02, poor: 0.05 },
  jitter: { fair: 30, poor: 60 },
  delay: { fair: 300, poor: 600 },
} as const

/** Nothing arrived for as long as this: the line is dead or the other side sends nothing. */
const SILENT_MS = 2_500

export function judge(before: Sample, now: Sample): Verdict {
  const received = Math.max(0, now.received - before.received)
  const lost = Math.max(0, now.lost - before.lost)
  const here = received + lost ? lost / (received + lost) : 0
  const loss = Math.max(here, now.lost_there ?? 0)
  const figures = { loss, jitter: now.jitter, round_trip: now.round_trip }
  if (!received && now.at - before.at >= SILENT_MS) return { light: 'poor', cause: 'silence', ...figures }
  const values = { loss, jitter: now.jitter ?? 0, delay: now.round_trip ?? 0 }
  for (const light of ['poor', 'fair'] as const)
    for (const cause of ['loss', 'jitter', 'delay'] as const)
      if (values[cause] >= LIMITS[cause][light]) return { light, cause, ...figures }
  return { light: 'good', cause: null, ...figures }
}

type Report = Record<string, unknown>

/** One look, out of the reports of `RTCPeerConnection.getStats()`. */
export function sampleOf(reports: Iterable<Report>, at: number): Sample {
  const sample: Sample = { at, received: 0, lost: 0, jitter: null, round_trip: null, lost_there: null }
  const number = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? value : null)
  const ms = (value: unknown) => {
    const seconds = number(value)
    return seconds === null ? null : seconds * 1000
  }
  for (const report of reports) {
    if (report['type'] === 'inbound-rtp' && report['kind'] === 'audio') {
      sample.received += number(report['packetsReceived']) ?? 0
      sample.lost += Math.max(0, number(report['packetsLost']) ?? 0)
      sample.jitter = ms(report['jitter'])
    } else if (report['type'] === 'remote-inbound-rtp' && report['kind'] === 'audio') {
      sample.lost_there = number(report['fractionLost'])
      sample.round_trip = ms(report['roundTripTime']) ?? sample.round_trip
    } else if (report['type'] === 'candidate-pair' && report['nominated'] === true) {
      sample.round_trip ??= ms(report['currentRoundTripTime'])
    }
  }
  return sample
}
