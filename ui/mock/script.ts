/** Plans the course of a call as facts with their instants, in the order the centre would write them. */

import type { Call, CallWithFacts, Fact, Party } from '../src/api/types'
import type { Chance } from './chance.ts'
import { CALLERS, HOTLINE, QUEUES, type Agent } from './people.ts'

export type Queue = (typeof QUEUES)[number]

const ABOUT_TO_END = 5_000
const TALK_ON = 30_000

export class Script {
  readonly call: Call
  readonly facts: Fact[] = []
  /** Where the plan has come to; facts may lie in the future of the clock. */
  at: number
  abandonAt = Infinity
  wrapUpUntil = 0
  offered: Agent | null = null

  constructor(
    readonly id: string,
    began: number,
    public queue: Queue,
    private readonly chance: Chance,
  ) {
    const [caller, name] =
      queue.id === 'english' ? (CALLERS[9] as readonly [string, string]) : chance.pick(CALLERS)
    this.at = began
    this.call = {
      id,
      direction: 'in',
      caller,
      caller_name: name,
      number: HOTLINE,
      flow: 'hotline',
      language: queue.id === 'english' ? 'en' : 'zh',
      queue: null,
      agent: null,
      agent_name: null,
      began_ms: began,
      answered_ms: null,
      queued_ms: null,
      bridged_ms: null,
      ended_ms: null,
      waited_ms: null,
      talk_ms: null,
      state: 'flow',
      outcome: null,
      ended_by: null,
      reason: '',
      recording: null,
      survey: null,
      voicemail: null,
    }
  }

  private say(kind: string, party: Party = 'centre', fields: Record<string, unknown> = {}): void {
    this.facts.push({ seq: this.facts.length + 1, at_ms: this.at, kind, party, ...fields })
  }

  private after(least: number, most = least): this {
    this.at += this.chance.between(least, most)
    return this
  }

  /** From the first ring to the line (or the end, for one who only listens). */
  flow(selfService = false): this {
    const c = this.call
    this.say('offered', 'caller', {
      number: c.number,
      caller: c.caller,
      caller_name: c.caller_name,
      flow: c.flow,
      trunk: 'carrier',
    })
    this.after(350, 800)
    c.answered_ms = this.at
    this.say('answered', 'caller', { codec: 'PCMA' })
    this.say('step', 'centre', { flow: 'hotline', step: 'welcome', text: '' })
    this.say('prompt', 'centre', { prompts: ['welcome'] })
    this.after(5_600)
    this.say('step', 'centre', { flow: 'hotline', step: 'menu', text: '' })
    this.say('prompt', 'centre', { prompts: ['menu'] })
    if (selfService) {
      this.after(9_000, 14_000)
      this.say('keys', 'caller', { digits: '5', how: 'keys', spoke: false })
      this.say('prompt', 'centre', { prompts: ['closed'] })
      this.after(7_200)
      return this.end('centre', 'self_service', 'normal')
    }
    if (this.chance.hit(0.15)) {
      this.after(8_000, 11_000)
      this.say('keys', 'caller', { digits: '', how: 'timeout', spoke: true })
      this.say('prompt', 'centre', { prompts: ['no-key', 'menu'] })
    }
    this.after(3_000, 9_000)
    this.say('keys', 'caller', { digits: this.queue.key, how: 'keys', spoke: false })
    if (this.queue.id === 'english') this.say('language', 'caller', { language: 'en' })
    this.say('step', 'centre', {
      flow: 'hotline',
      step: 'menu',
      text: `key ${this.queue.key} → ${this.queue.id}`,
    })
    this.say('step', 'centre', { flow: 'hotline', step: this.queue.id, text: '' })
    this.say('prompt', 'centre', { prompts: [this.queue.prompt] })
    this.after(3_200)
    c.queued_ms = this.at
    c.queue = this.queue.id
    this.say('queued', 'centre', { queue: this.queue.id, priority: this.queue.id === 'complaint' ? 10 : 0 })
    return this
  }

  announce(place: number): this {
    this.say('announced', 'centre', { place, estimate_ms: place * 45_000 })
    this.say('prompt', 'centre', {
      prompts: place === 1 ? ['position-next'] : ['position-before', `number.${place - 1}`, 'position-after'],
    })
    return this
  }

  /** After some waiting the caller presses 1: the place in line stays, the line ends. */
  callback(): this {
    this.announce(3)
    this.after(6_000, 9_000)
    this.say('prompt', 'centre', { prompts: ['callback-offer'] })
    this.after(4_000, 7_000)
    this.say('keys', 'caller', { digits: '1', how: 'keys', spoke: false })
    this.say('callback_agreed', 'caller', {
      callback: `b-${this.id}`,
      queue: this.queue.id,
      callee: this.call.caller,
    })
    this.say('prompt', 'centre', { prompts: ['callback-agreed', 'goodbye'] })
    this.after(4_200)
    return this.end('centre', 'callback', 'normal')
  }

  offer(agent: Agent): this {
    this.offered = agent
    const waited = this.at - (this.call.queued_ms ?? this.at)
    this.say('offer_made', 'centre', { agent: agent.id, queue: this.queue.id, waited_ms: waited })
    this.after(120, 300)
    this.say('agent_ringing', 'agent', { agent: agent.id })
    return this
  }

  offerFailed(reason: 'declined' | 'no_answer'): this {
    this.after(reason === 'declined' ? 2_500 : 15_000)
    this.say('offer_failed', 'agent', { agent: this.offered?.id, reason })
    this.offered = null
    this.after(200)
    return this
  }

  /** The whole conversation up to the hang-up and the wrap-up after it. */
  talk(long: boolean): this {
    const c = this.call
    const agent = this.offered
    if (!agent) throw new Error('nobody was offered this call')
    const chance = this.chance
    this.after(1_800, 6_500)
    this.say('agent_answered', 'agent', { agent: agent.id, codec: 'PCMU' })
    this.after(60)
    const bridged = this.at
    c.bridged_ms = bridged
    c.waited_ms = bridged - (c.queued_ms ?? bridged)
    c.agent = agent.id
    c.agent_name = agent.name
    this.say('bridged', 'agent', { agent: agent.id })
    this.say('recording_started', 'centre', { recording: `r-${this.id}`, path: '' })
    const turns = long ? chance.between(16, 34) : chance.between(7, 14)
    const holdAt = chance.hit(0.4) ? Math.floor(turns * 0.55) : -1
    const muteAt = chance.hit(0.2) ? Math.floor(turns * 0.3) : -1
    let speaker: 'agent' | 'caller' = 'agent'
    this.after(500, 2_200)
    for (let turn = 0; turn < turns; turn++) {
      if (turn === holdAt) {
        this.after(300, 800)
        this.say('held', 'agent')
        this.after(9_000, 26_000)
        this.say('resumed', 'agent')
        speaker = 'agent'
        this.after(300, 900)
      }
      if (turn === muteAt) {
        this.say('muted', 'agent')
        this.after(4_000, 7_000)
        this.say('unmuted', 'agent')
        this.after(300, 900)
      }
      const began = this.at
      this.after(speaker === 'agent' ? 1_500 : 1_100, speaker === 'agent' ? 8_500 : 6_500)
      this.say('talk', speaker, {
        began_ms: began,
        ended_ms: this.at,
        level_db: -(20 + chance.next() * 8),
        peak_db: -(6 + chance.next() * 6),
      })
      // mostly a short breath, now and then a long search, now and then cutting in
      if (chance.hit(0.1)) this.after(3_500, 9_000)
      else if (chance.hit(0.12)) this.at -= Math.min(900, this.at - began - 400)
      else this.after(250, 1_300)
      speaker = speaker === 'agent' ? 'caller' : 'agent'
    }
    this.after(400, 1_500)
    const by = chance.hit(0.84) ? 'caller' : 'agent'
    c.talk_ms = this.at - bridged
    this.say('parted', by, { agent: agent.id, reason: 'normal' })
    this.say('quality', 'caller', { packets: 5210, lost: chance.between(0, 40), jitter_ms: 6.4, mos: 4.2 })
    this.say('quality', 'agent', { packets: 5190, lost: chance.between(0, 9), jitter_ms: 2.1, mos: 4.4 })
    this.say('recording_stopped', 'centre', { recording: `r-${this.id}`, length_ms: this.at - bridged })
    c.recording = {
      length_ms: this.at - bridged,
      size: Math.round((this.at - bridged) * 16),
      state: 'complete',
    }
    this.end(by, 'answered', 'normal')
    this.say('wrap_up_began', 'agent', { agent: agent.id })
    const ended = this.at
    this.after(8_000, 24_000)
    this.wrapUpUntil = this.at
    this.say('wrap_up_ended', 'agent', { agent: agent.id })
    this.at = ended
    return this
  }

  end(by: Party, outcome: NonNullable<Call['outcome']>, reason: string): this {
    const c = this.call
    c.ended_ms = this.at
    c.outcome = outcome
    c.ended_by = by
    c.reason = reason
    if (outcome !== 'answered' && c.queued_ms !== null) c.waited_ms = this.at - c.queued_ms
    this.say('ended', by, { by, reason, detail: '' })
    return this
  }

  /** What was planned for later does not come: somebody ends the conversation now. */
  cut(now: number): void {
    const kept = this.facts.filter((fact) => fact.at_ms <= now)
    this.facts.splice(0, this.facts.length, ...kept)
    this.at = now
    const c = this.call
    c.talk_ms = now - (c.bridged_ms ?? now)
    if (c.recording) c.recording = { ...c.recording, length_ms: c.talk_ms, size: c.talk_ms * 16 }
    this.end('centre', 'answered', 'normal')
    this.wrapUpUntil = now + 12_000
  }

  /** They talk on: what is about to be said last comes later. */
  talkOn(now: number): void {
    const { call, facts } = this
    if (call.ended_ms === null || call.ended_ms <= now || call.ended_ms > now + ABOUT_TO_END) return
    for (const fact of facts) if (fact.at_ms > now) fact.at_ms += TALK_ON
    call.ended_ms += TALK_ON
    if (call.talk_ms !== null) call.talk_ms += TALK_ON
    this.at += TALK_ON
    this.wrapUpUntil += TALK_ON
  }

  /** The disk filled up: the recording ends before the conversation does. */
  breakOff(): void {
    const [whole, began] = [this.call.recording, this.call.bridged_ms]
    if (!whole || began === null) return
    const length_ms = Math.round(whole.length_ms * 0.6)
    const at_ms = began + length_ms
    this.call.recording = { length_ms, size: length_ms * 16, state: 'partial' }
    const failed = { at_ms, kind: 'recording_failed', party: 'centre' as const }
    const later = this.facts.findIndex((fact) => fact.at_ms > at_ms)
    this.facts.splice(later, 0, { seq: 0, ...failed, detail: 'No space left on device' })
    for (const [i, fact] of this.facts.entries()) fact.seq = i + 1
  }

  refuse(): this {
    this.say('offered', 'caller', {
      number: '95581',
      caller: this.call.caller,
      caller_name: '',
      flow: '',
      trunk: 'carrier',
    })
    this.call.number = '95581'
    this.after(90)
    return this.end('centre', 'refused', 'not_found')
  }

  /** The centre called the customer back and reached nobody. */
  notReached(outcome: NonNullable<Call['outcome']>, reason: string): this {
    const { caller, caller_name, number } = this.call
    this.call.direction = 'out'
    this.say('offered', 'centre', { direction: 'out', purpose: 'callback', caller, caller_name, number })
    this.after(9_000, 30_000)
    return this.end('centre', outcome, reason)
  }

  /** The call as the centre would tell of it at that moment. */
  view(now: number): Call {
    const c = this.call
    const past = (at: number | null) => (at !== null && at <= now ? at : null)
    const ended = past(c.ended_ms)
    const bridged = past(c.bridged_ms)
    const ringing = this.offered !== null && this.facts.some((f) => f.kind === 'offer_made' && f.at_ms <= now)
    return {
      ...c,
      answered_ms: past(c.answered_ms),
      queued_ms: past(c.queued_ms),
      queue: past(c.queued_ms) === null ? null : c.queue,
      bridged_ms: bridged,
      ended_ms: ended,
      agent: bridged === null ? null : c.agent,
      agent_name: bridged === null ? null : c.agent_name,
      waited_ms: bridged !== null || ended !== null ? c.waited_ms : null,
      talk_ms: ended === null ? null : c.talk_ms,
      state:
        ended !== null
          ? 'ended'
          : bridged !== null
            ? 'talking'
            : past(c.queued_ms) === null
              ? 'flow'
              : ringing
                ? 'ringing'
                : 'waiting',
      outcome: ended === null ? null : c.outcome,
      ended_by: ended === null ? null : c.ended_by,
      reason: ended === null ? '' : c.reason,
      recording:
        bridged === null
          ? null
          : ended === null
            ? { length_ms: now - bridged, size: (now - bridged) * 16, state: 'running' }
            : c.recording,
    }
  }

  whole(now: number): CallWithFacts {
    return { ...this.view(now), facts: this.facts.filter((fact) => fact.at_ms <= now) }
  }
}
