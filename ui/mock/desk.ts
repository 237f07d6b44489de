/** One agent's desk in the mock centre: offers calls while ready, grows their timelines, wants wrap-ups. */

import type { Desk, DeskAgent, DeskCall, DeskChange, DeskFigures, Note, WrapUp } from '../src/api/desk-types'
import type { AgentView, Fact, Party } from '../src/api/types'
import { Chance } from './chance.ts'
import { freshCall, headOf, helpAsked } from './desk-calls.ts'
import { earlierOf, figuresOf, tasksOf } from './desk-data.ts'
import { hintOf } from './hints.ts'
import { CALLERS, HOTLINE, QUEUES, type Agent } from './people.ts'

const RING_MS = 20_000
const WRAP_UP_MS = 60_000

export class MockDesk {
  readonly agent: DeskAgent
  readonly figures: DeskFigures
  readonly calls: DeskCall[] = []
  readonly notes = new Map<string, Note>()
  readonly wrapUps = new Map<string, WrapUp[]>()
  readonly tasks: Desk['tasks']
  wrapUp: Desk['wrap_up'] = null
  phone: Desk['phone'] = { loan: '', lent_ms: 0, since_ms: 0, address: '', browser: '' }
  help: Desk['help'] = []
  news: Desk['news'] = []
  /** Rings the agent's phone; set by whoever has its socket. */
  ring: (call: string, number: string) => boolean = () => false
  hangUp: (call: string) => void = () => undefined
  private readonly chance = new Chance(11)
  private serial = 1
  private nextOffer = Infinity
  private talksUntil = Infinity
  private nextTalk = Infinity
  private speaker: Party = 'agent'
  private told = new Map<string, string>()

  constructor(
    person: Agent,
    /** The same agent as the wallboard shows them. */
    private readonly seat: AgentView,
    now: number,
  ) {
    Object.assign(seat, {
      state: 'signed_out',
      since_ms: now,
      reason: '',
      call: null,
      caller: null,
      queue: null,
    })
    this.agent = {
      id: person.id,
      name: person.name,
      extension: person.extension,
      state: 'signed_out',
      since_ms: now,
      reason: '',
      by: '',
      next: null,
      queue: null,
      queues: QUEUES.filter((queue) => person.queues.includes(queue.id)).map(({ id, name }) => ({
        id,
        name,
      })),
      reachable: false,
    }
    this.figures = figuresOf(now)
    this.tasks = tasksOf(person.id, now)
  }

  private become(state: DeskAgent['state'], now: number, reason = ''): void {
    const { agent } = this
    const running = {
      talking: 'talk_ms',
      wrap_up: 'wrap_up_ms',
      ready: 'ready_ms',
      break: 'break_ms',
    } as const
    const counted = running[agent.state as keyof typeof running]
    if (counted) this.figures[counted] += now - Math.max(agent.since_ms, this.figures.counted_ms)
    this.figures.counted_ms = now
    Object.assign(agent, { state, since_ms: now, reason })
    const call = this.calls.find((one) => one.state !== 'wrap_up')
    Object.assign(this.seat, {
      state,
      since_ms: now,
      reason,
      reachable: agent.reachable,
      call: call?.id ?? null,
      caller: call?.caller ?? null,
      queue: call?.queue ?? null,
    })
    this.nextOffer = state === 'ready' ? now + 3_500 : Infinity
  }

  choose(state: 'ready' | 'break' | 'signed_out', reason: string, now: number): string | null {
    if (this.agent.state === 'talking' || this.agent.state === 'ringing') {
      this.agent.next = { state, reason }
      return null
    }
    if (state === 'ready' && !this.agent.reachable) return 'The phone is not registered.'
    if (state === 'ready' && this.wrapUp?.required && !this.wrapUp.filed) return 'The wrap-up is not filed.'
    this.closeWrapUp()
    this.become(state, now, state === 'break' ? reason : '')
    return null
  }

  private say(call: DeskCall, at_ms: number, kind: string, party: Party, fields: object = {}): void {
    const seq = (call.facts.at(-1)?.seq ?? 0) + 1
    call.facts = [...call.facts, { seq, at_ms, kind, party, ...fields } as Fact]
  }

  private newCall(caller: string, name: string, now: number, more: Partial<DeskCall>): DeskCall {
    const call = freshCall(`d${this.serial++}`, caller, name, now, more)
    this.calls.push(call)
    return call
  }

  private offer(now: number): void {
    const [caller, name] = this.chance.pick(CALLERS.slice(0, 9))
    const queue = QUEUES[this.serial % 2 ? 0 : 1]
    const began = now - 43_000
    const call = this.newCall(caller, name, now, {
      queue: queue.id,
      queue_name: queue.name,
      began_ms: began,
      queued_ms: now - 26_000,
      ring_until_ms: now + RING_MS,
      earlier: name ? earlierOf(now) : [],
    })
    this.say(call, began, 'offered', 'caller', { number: HOTLINE, caller, flow: 'hotline' })
    this.say(call, began + 600, 'answered', 'caller', { codec: 'PCMA' })
    this.say(call, began + 700, 'prompt', 'centre', { prompts: ['welcome'] })
    this.say(call, began + 9_000, 'keys', 'caller', { digits: queue.key, how: 'keys', spoke: false })
    this.say(call, now - 26_000, 'queued', 'centre', { queue: queue.id, priority: 0 })
    this.say(call, now - 10, 'offer_made', 'centre', {
      agent: this.agent.id,
      queue: queue.id,
      waited_ms: 26_000,
    })
    this.say(call, now, 'agent_ringing', 'agent', { agent: this.agent.id })
    this.become('ringing', now)
    this.ring(call.id, caller)
  }

  private find(id: string): DeskCall | undefined {
    return this.calls.find((one) => one.id === id)
  }

  answered(id: string, now: number): void {
    const call = this.find(id)
    if (!call || call.state === 'talking') return
    Object.assign(call, {
      state: 'talking',
      answered_ms: now,
      waited_ms: 26_000,
      at: 'room',
      recording: 'running',
    })
    this.say(call, now, 'agent_answered', 'agent', { agent: this.agent.id, codec: 'PCMU' })
    this.say(call, now + 50, 'bridged', 'agent', { agent: this.agent.id })
    this.say(call, now + 60, 'recording_started', 'centre', { recording: `r-${id}`, path: '' })
    this.become('talking', now)
    this.nextTalk = now + 2_500
    this.talksUntil = now + 240_000
  }

  held(id: string, on: boolean, now: number): void {
    const call = this.find(id)
    if (!call || on === call.held_by.includes('agent')) return
    call.held_by = on ? ['agent'] : []
    call.caller_at = on ? 'hold' : 'room'
    this.say(call, now, on ? 'held' : 'resumed', 'agent')
  }

  ended(id: string, by: Party, refused: boolean, now: number): void {
    const call = this.find(id)
    if (!call || call.state === 'wrap_up') return
    if (call.state === 'ringing') {
      this.calls.splice(this.calls.indexOf(call), 1)
      if (refused) {
        this.figures.missed++
        this.become('break', now, 'declined')
      } else this.become('ready', now)
      return
    }
    this.say(call, now, 'parted', by, { agent: this.agent.id, reason: 'normal' })
    this.say(call, now, 'recording_stopped', 'centre', {
      recording: `r-${id}`,
      length_ms: now - (call.answered_ms ?? now),
    })
    this.say(call, now, 'ended', by, { by, reason: 'normal', detail: '' })
    this.say(call, now, 'wrap_up_began', 'agent', { agent: this.agent.id })
    Object.assign(call, { state: 'wrap_up', ended_ms: now, recording: 'none', held_by: [], consult: null })
    if (call.direction === 'out') this.figures.outgoing++
    else this.figures.calls++
    this.wrapUp = {
      call: id,
      queue: call.queue ?? '',
      began_ms: now,
      due_ms: now + WRAP_UP_MS,
      required: true,
      overdue: false,
      filed: this.wrapUps.has(id),
    }
    this.become('wrap_up', now)
  }

  dialled(number: string, now: number): string | number {
    if (number === '4100') return 'echo'
    if (number.startsWith('00')) return 403
    return this.newCall(number, '', now, { direction: 'out', purpose: 'dialled', number, number_name: '' }).id
  }

  /** After a reload: the call that is still on. */
  back(): string | null {
    return this.calls.find((one) => one.state === 'talking')?.id ?? null
  }

  act(id: string, what: string, body: Record<string, unknown>, now: number): boolean {
    const call = this.find(id)
    if (!call) return false
    if (what === 'recording/pause' || what === 'recording/resume') {
      call.recording = what.endsWith('pause') ? 'paused' : 'running'
      this.say(call, now, what.endsWith('pause') ? 'recording_paused' : 'recording_resumed', 'centre')
    } else if (what === 'consult') {
      const of = (name: string) => String(body[name] ?? '')
      call.consult = { agent: of('agent'), queue: of('queue'), number: of('number'), state: 'ringing' }
      call.caller_at = 'hold'
      setTimeout(() => {
        if (call.consult) call.consult = { ...call.consult, state: 'talking' }
      }, 2_500).unref()
    } else if (what === 'consult/back' || what === 'consult/swap') {
      if (what.endsWith('back')) call.consult = null
      call.caller_at = 'room'
    } else if (what === 'consult/conference' || what === 'parties') {
      const agent = String(call.consult?.agent ?? body['agent'] ?? '')
      call.consult = null
      call.caller_at = 'room'
      const seat = { number: '', at: 'room', answered: true, mode: '' } as const
      call.parties = [
        { role: 'agent', agent: this.agent.id, ...seat },
        { role: 'consulted', agent, ...seat },
      ]
    } else if (what === 'consult/complete' || what === 'transfer' || what === 'park' || what === 'end') {
      this.hangUp(id)
      this.ended(id, 'agent', false, now)
    } else if (what === 'mute') {
      call.muted = body['on'] === true
      this.say(call, now, call.muted ? 'muted' : 'unmuted', 'agent', { agent: this.agent.id })
    } else if (what === 'urgent') {
      call.urgent = (body['kind'] as DeskCall['urgent']) || 'other'
    } else if (what === 'help') {
      this.help = [
        ...this.help,
        helpAsked(`h${this.serial++}`, this.agent, id, String(body['text'] ?? ''), now),
      ]
    } else return false
    return true
  }

  file(id: string, body: Record<string, unknown>, now: number): WrapUp {
    const list = this.wrapUps.get(id) ?? []
    const filed: WrapUp = {
      call: id,
      agent: this.agent.id,
      agent_name: this.agent.name,
      disposition: String(body['disposition'] ?? ''),
      summary: String(body['summary'] ?? ''),
      deadline_ms: (body['deadline_ms'] as number | undefined) ?? null,
      at_ms: now,
      version: list.length + 1,
    }
    this.wrapUps.set(id, [...list, filed])
    if (this.wrapUp?.call === id) this.wrapUp.filed = true
    if (body['done'] === true && this.wrapUp?.call === id) {
      const { next } = this.agent
      this.agent.next = null
      this.closeWrapUp()
      this.become(next?.state ?? 'ready', now, next?.reason)
    }
    return filed
  }

  private closeWrapUp(): void {
    const at = this.calls.findIndex((one) => one.id === this.wrapUp?.call)
    if (at >= 0) this.calls.splice(at, 1)
    this.wrapUp = null
  }

  registered(on: boolean): void {
    this.agent.reachable = on
    this.seat.reachable = on
  }

  /** Let time pass; tells what changed. */
  step(now: number): DeskChange[] {
    if (now >= this.nextOffer) this.offer(now)
    for (const call of [...this.calls]) {
      if (call.state === 'ringing' && call.ring_until_ms !== null && now >= call.ring_until_ms) {
        this.hangUp(call.id)
        this.calls.splice(this.calls.indexOf(call), 1)
        this.figures.missed++
        this.become('unavailable', now, 'no_answer')
        this.news = [
          ...this.news,
          {
            id: `n${this.serial++}`,
            at_ms: now,
            kind: 'missed',
            state: 'unavailable',
            by: '',
            by_name: '',
            reason: '',
          },
        ]
      } else if (call.state === 'talking' && now >= this.talksUntil) {
        this.hangUp(call.id)
        this.ended(call.id, 'caller', false, now)
      } else if (call.state === 'talking' && now >= this.nextTalk) {
        this.say(call, now, 'talk', this.speaker, { began_ms: now - 1_800, ended_ms: now })
        this.speaker = this.speaker === 'agent' ? 'caller' : 'agent'
        this.nextTalk = now + this.chance.between(2_000, 6_000)
      }
    }
    if (this.wrapUp && this.wrapUp.due_ms !== null && now >= this.wrapUp.due_ms) this.wrapUp.overdue = true
    return this.difference(now)
  }

  snapshot(now: number): Desk {
    const { agent, figures, phone, wrapUp, tasks, help, news } = this
    const hints = this.calls.map((call) => hintOf(call, now)).filter((hint) => hint !== null)
    const calls = this.calls.map(headOf)
    const about = Object.fromEntries(
      this.calls.map(({ id, place, earlier, facts }) => [id, { place, earlier, facts }]),
    )
    return structuredClone({
      at_ms: now,
      agent,
      figures,
      phone,
      calls,
      about,
      wrap_up: wrapUp,
      tasks,
      help,
      news,
      hints,
    })
  }

  private difference(now: number): DeskChange[] {
    const changes: DeskChange[] = []
    const tell = (key: string, value: unknown, change: DeskChange) => {
      const text = JSON.stringify(value)
      if (this.told.get(key) === text) return
      this.told.set(key, text)
      changes.push(structuredClone(change))
    }
    tell('agent', this.agent, { agent: this.agent })
    tell('figures', this.figures, { figures: this.figures })
    tell('phone', this.phone, { phone: this.phone })
    tell('tasks', this.tasks, { tasks: this.tasks })
    for (const call of this.calls) {
      const { id, place, earlier, facts } = call
      const head = headOf(call)
      const known = this.told.has(`call ${id}`)
      tell(`call ${id}`, head, { call: head })
      tell(`place ${id}`, place, { place: { call: id, zh: place?.zh ?? '', en: place?.en ?? '' } })
      tell(`earlier ${id}`, earlier, { earlier: { call: id, earlier } })
      for (const fact of facts) tell(`fact ${call.id} ${fact.seq}`, fact, { fact: { call: call.id, fact } })
      if (!known) this.told.set(`here ${call.id}`, call.id)
      const hint = hintOf(call, now)
      if (hint) tell(`hint ${id}`, hint, { hint })
      else if (this.told.delete(`hint ${id}`)) changes.push({ hint_over: id })
    }
    for (const [key, id] of [...this.told])
      if (key.startsWith('here ') && !this.find(id)) {
        this.told.delete(key)
        changes.push({ call_removed: id })
      }
    if (this.wrapUp) tell('wrap_up', this.wrapUp, { wrap_up: this.wrapUp })
    else if (this.told.has('wrap_up')) {
      const { call } = JSON.parse(this.told.get('wrap_up') ?? '{}') as { call: string }
      this.told.delete('wrap_up')
      changes.push({ wrap_up_over: call })
    }
    for (const help of this.help) tell(`help ${help.id}`, help, { help })
    for (const news of this.news) tell(`news ${news.id}`, news, { news })
    return changes
  }
}
