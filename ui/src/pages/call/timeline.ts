/** A call's facts laid out in time: spans and marks on three lanes, in ms since the call began. Pure. */

import type { CallWithFacts, Fact, Party } from '@/api/types'
import { endedBy } from './sentence'

export const SPAN_KINDS = [
  'talk',
  'prompt',
  'wait',
  'ring',
  'hold',
  'mute',
  'paused',
  'broken',
  'bridged',
  'aside',
  'joined',
  'supervised',
  'parked',
  'silence',
] as const
export type SpanKind = (typeof SPAN_KINDS)[number]

export interface Span {
  kind: SpanKind
  /** Silence belongs to both voices and has no lane of its own. */
  lane: Party
  from: number
  to: number
  /** The fact it began with, where there is one. */
  fact: Fact | null
  /** Whose it is on the agents' lane: a place in `Timeline.agents`. */
  row?: number
  /** A ring that nobody took. */
  failed?: boolean
}

export interface Mark {
  kind: 'keys' | 'bridged' | 'ended'
  lane: Party
  at: number
  fact: Fact
}

export interface Timeline {
  length: number
  /** All besides the caller who had a part in the call: agents by id, others by number, first come first. */
  agents: string[]
  spans: Span[]
  marks: Mark[]
}

/** Both say nothing for longer than this: a gap worth showing (the service book's three seconds). */
export const SILENCE_MS = 3_000
/** How long a prompt may look when nothing tells where it ended. */
const PROMPT_MS = 6_000

const ENDS_PROMPT = new Set([
  'prompt',
  'step',
  'keys',
  'queued',
  'agent_answered',
  'bridged',
  'transfer',
  'ended',
])

/** What each opening fact begins, on whose lane, and which facts close it. */
const PAIRS: Record<string, { kind: SpanKind; lane: Party | 'own'; closed: string[]; failed?: string }> = {
  queued: { kind: 'wait', lane: 'centre', closed: ['bridged', 'queued', 'overflowed', 'ended'] },
  agent_ringing: {
    kind: 'ring',
    lane: 'agent',
    closed: ['agent_answered', 'offer_failed', 'offer_made', 'ended'],
    failed: 'offer_failed',
  },
  bridged: { kind: 'bridged', lane: 'agent', closed: ['parted', 'bridged', 'ended'] },
  consult_answered: {
    kind: 'aside',
    lane: 'agent',
    closed: ['consult_ended', 'conference', 'transfer', 'swapped', 'ended'],
  },
  joined: { kind: 'joined', lane: 'agent', closed: ['left', 'ended'] },
  supervised: {
    kind: 'supervised',
    lane: 'agent',
    closed: ['supervised', 'supervision_ended', 'taken_over', 'ended'],
  },
  parked: { kind: 'parked', lane: 'centre', closed: ['retrieved', 'park_over', 'ended'] },
  held: { kind: 'hold', lane: 'own', closed: ['resumed', 'parted', 'ended'] },
  muted: { kind: 'mute', lane: 'own', closed: ['unmuted', 'parted', 'ended'] },
  recording_paused: {
    kind: 'paused',
    lane: 'centre',
    closed: ['recording_resumed', 'recording_stopped', 'ended'],
  },
  recording_failed: {
    kind: 'broken',
    lane: 'centre',
    closed: ['recording_recovered', 'recording_failed', 'recording_started', 'recording_stopped', 'ended'],
  },
}

/** Parts of [from, to] that none of the covers touch. */
export function gaps(
  from: number,
  to: number,
  covers: readonly { from: number; to: number }[],
): [number, number][] {
  const open: [number, number][] = []
  let at = from
  for (const cover of [...covers].sort((a, b) => a.from - b.from)) {
    if (cover.from > at) open.push([at, Math.min(cover.from, to)])
    at = Math.max(at, cover.to)
    if (at >= to) break
  }
  if (at < to) open.push([at, to])
  return open.filter(([a, b]) => b > a)
}

/** A third party's lane is the agents': the rows there tell them apart. */
const laneOf = (fact: Fact): Party => (fact.party === 'outsider' ? 'agent' : fact.party)

export function timelineOf(call: CallWithFacts, now: number): Timeline {
  const running = call.ended_ms === null
  const end = call.ended_ms ?? Math.max(now, ...call.facts.map((fact) => fact.at_ms))
  const length = Math.max(1_000, end - call.began_ms)
  const since = (at: number) => Math.min(length, Math.max(0, at - call.began_ms))
  const spans: Span[] = []
  const marks: Mark[] = []
  const agents: string[] = []
  let lead = ''
  /** The row of whom a fact is about: it names them, or it is who led the conversation at that time. */
  const rowOf = (fact: Fact): number => {
    const who = String(fact['agent'] ?? fact['number'] ?? '') || lead
    if (fact.kind === 'bridged') lead = who
    if (!agents.includes(who)) agents.push(who)
    return agents.indexOf(who)
  }

  call.facts.forEach((fact, i) => {
    const later = call.facts.slice(i + 1)
    const from = since(fact.at_ms)
    const pair = PAIRS[fact.kind]
    if (pair) {
      // hold and mute end with the same party's word, or for everyone at the end
      const close = later.find(
        (one) =>
          pair.closed.includes(one.kind) &&
          (pair.lane !== 'own' || one.party === fact.party || !['resumed', 'unmuted'].includes(one.kind)),
      )
      const span: Span = {
        kind: pair.kind,
        lane: pair.lane === 'own' ? laneOf(fact) : pair.lane,
        from,
        to: close ? since(close.at_ms) : length,
        fact,
      }
      if (span.lane === 'agent') span.row = rowOf(fact)
      if (pair.failed && close?.kind === pair.failed) span.failed = true
      spans.push(span)
    }
    switch (fact.kind) {
      case 'prompt': {
        const close = later.find((one) => ENDS_PROMPT.has(one.kind) && one.at_ms > fact.at_ms)
        const longest =
          from + PROMPT_MS * Math.max(1, Array.isArray(fact['prompts']) ? fact['prompts'].length : 1)
        const inLine = spans.some((span) => span.kind === 'wait' && span.from <= from && span.to > from)
        const until = close ? since(close.at_ms) : length
        spans.push({
          kind: 'prompt',
          lane: 'centre',
          from,
          to: inLine || !close ? Math.min(until, longest) : until,
          fact,
        })
        break
      }
      case 'talk':
        spans.push({
          kind: 'talk',
          lane: laneOf(fact),
          from: since(Number(fact['began_ms'])),
          to: since(Number(fact['ended_ms'])),
          fact,
          ...(fact.party === 'agent' ? { row: rowOf(fact) } : {}),
        })
        break
      case 'keys':
        marks.push({ kind: 'keys', lane: 'caller', at: from, fact })
        break
      case 'bridged':
        marks.push({ kind: 'bridged', lane: 'agent', at: from, fact })
        break
      case 'ended':
        marks.push({ kind: 'ended', lane: endedBy(fact), at: from, fact })
        break
    }
  })

  const unheard =
    running || call.facts.some((fact) => fact.kind === 'ended' && fact['reason'] === 'switch_lost')
  const covers = spans.filter((span) => span.kind === 'talk' || span.kind === 'hold')
  for (const bridged of spans.filter((span) => span.kind === 'bridged'))
    for (const [from, to] of gaps(bridged.from, bridged.to, covers)) {
      // who speaks right now is told only when they stop, and never when the switch stopped meanwhile
      if (unheard && to >= length) continue
      if (to - from >= SILENCE_MS) spans.push({ kind: 'silence', lane: 'centre', from, to, fact: null })
    }

  return { length, agents, spans: spans.filter((span) => span.to > span.from), marks }
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600].map((s) => s * 1000)

/** Instants for the ruler: round steps, at most about `most` of them. */
export function ruler(length: number, most: number): number[] {
  const step = STEPS.find((one) => length / one <= most) ?? 3_600_000
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, i) => i * step)
}
