/** What a shift leader sees and sets in the mock centre: doors, moves, warnings, lost callers, requests, alarms. */

import type { HelpRequest } from '../src/api/desk-types'
import type {
  Alarm,
  Departure,
  Divert,
  Door,
  HelpBoard,
  HelpChange,
  LiveCall,
  LostCall,
  Mode,
  Moved,
  Monitor,
  MonitorChange,
  QueueControl,
  Seat,
  TroubledCall,
  Warning,
} from '../src/api/monitor-types'
import type { AgentView } from '../src/api/types'
import type { MockCentre } from './centre.ts'
import { Chance } from './chance.ts'
import { PLACES, tasksOf } from './desk-data.ts'

const LIMITS = { wait: 60_000, wrap_up: 15_000, break: 900_000, unavailable: 60_000, talk: 240_000 }
const LOST_KEPT_MS = 8 * 3_600_000
const ASKS = ['客人要求赔偿，我没有权限', '请班长听一下', '客人情绪激动，要投诉到 12315']

const TROUBLES = [
  { rule: 'wait.announce', reason: { zh: '查询前说明并征得同意', en: 'Say why they wait, and ask leave' } },
  { rule: 'listen.interrupt', reason: { zh: '不打断客户', en: 'Do not cut in' } },
  { rule: 'voice.loudness', reason: { zh: '不提高嗓门', en: 'Do not raise the voice' } },
]

const UNITS: Partial<Record<Warning['kind'], Warning['unit']>> = {
  service_level: 'share',
  offers_missed: 'count',
  no_agent: '',
}

interface DoorSet {
  door: Door
  by: string
  at: number
  until: number | null
  note: string
}

export class MockMonitor {
  readonly doors = new Map<string, DoorSet>()
  readonly diverts = new Map<string, Divert>()
  readonly moved = new Map<string, Moved>()
  readonly dealt = new Map<string, Pick<LostCall, 'state' | 'by' | 'by_name' | 'note'>>()
  readonly seen = new Map<string, { by: string; at: number }>()
  /** By call: who is beside it, and how. */
  readonly supervised = new Map<string, Map<string, Mode>>()
  /** Queues with a notice in front of them. */
  readonly notices = new Map<string, string[]>()
  requests: HelpRequest[] = []
  alarms: Alarm[] = []
  private readonly chance = new Chance(23)
  private readonly told = new Map<string, string>()
  private serial = 1
  private nextAsk: number

  constructor(
    private readonly centre: MockCentre,
    private readonly began: number,
    /** Nothing is ever wrong: to see the page at rest. */
    private readonly calm = false,
  ) {
    this.nextAsk = calm ? Infinity : began
  }

  // ── What is so ────────────────────────────────────────────────────────────────────────────────

  private queues(now: number): QueueControl[] {
    const agents = this.centre.agents()
    const waiting = this.centre.waiting(now)
    return this.centre.queues(now).map((queue) => {
      const set = this.doors.get(queue.id)
      const members = agents.filter((agent) => agent.queues.includes(queue.id)).map((agent) => agent.id)
      const line = waiting.filter((script) => script.queue.id === queue.id)
      return {
        id: queue.id,
        door: set?.door ?? 'hours',
        door_by: set?.by ?? '',
        door_by_name: set ? '孙班长' : '',
        door_ms: set?.at ?? null,
        door_until_ms: set?.until ?? null,
        door_note: set?.note ?? '',
        divert: this.diverts.get(queue.id) ?? null,
        estimate_ms: queue.estimate_ms ?? null,
        members,
        added: members.filter((id) => this.moved.get(id) && !this.moved.get(id)?.before.includes(queue.id)),
        taken: [...this.moved]
          .filter(([, to]) => to.before.includes(queue.id) && !to.queues.includes(queue.id))
          .map(([id]) => id),
        notices: this.notices.get(queue.id) ?? [],
        waiting_calls: line.map(({ id, call }, at) => ({
          call: id,
          caller: call.caller,
          place: at + 1,
          queued_ms: call.queued_ms ?? now,
          language: call.language,
          priority: 0,
          offered: '',
        })),
        callbacks:
          queue.id === 'booking' && !this.calm
            ? [...tasksOf('', now).callbacks, heldBack(queue.id, now)]
            : [],
      }
    })
  }

  private placeOf(number: string) {
    const [zh, en] = PLACES[number.slice(0, 3)] ?? ['', '']
    return zh ? { zh, en: en ?? '' } : null
  }

  private departures(agent: AgentView, missed: number, now: number): Departure[] {
    if (this.calm || agent.since_ms <= 0) return []
    const over = (rule: Departure['rule'], limit_ms: number): Departure[] =>
      now - agent.since_ms > limit_ms
        ? [{ rule, book: '', since_ms: agent.since_ms + limit_ms, value: limit_ms, limit: limit_ms }]
        : []
    const byState: Partial<Record<AgentView['state'], Departure[]>> = {
      wrap_up: over('wrap_up_long', LIMITS.wrap_up),
      break: over('break_long', LIMITS.break),
      unavailable: over('unavailable_long', LIMITS.unavailable),
      talking: over('talk_long', LIMITS.talk),
    }
    const offers: Departure[] =
      missed > 2
        ? [{ rule: 'offers_missed', book: '', since_ms: agent.since_ms, value: missed, limit: 2 }]
        : []
    return [...(byState[agent.state] ?? []), ...offers]
  }

  private seats(now: number): Seat[] {
    return this.centre.agents().map((agent, i) => {
      const call = agent.call ? this.centre.scripts.get(agent.call)?.view(now) : undefined
      const missed = i % 5 === 2 ? 3 : i % 4 === 1 ? 1 : 0
      const moved = this.moved.get(agent.id)
      return {
        id: agent.id,
        with:
          call && agent.state !== 'wrap_up'
            ? {
                call: call.id,
                number: call.caller,
                agent: '',
                direction: 'in',
                since_ms: call.bridged_ms ?? agent.since_ms,
                held: false,
              }
            : null,
        counted_ms: now - (now % 60_000),
        outgoing: 0,
        talk_ms: agent.calls_today * 190_000,
        ready_ms: 3_200_000 + i * 140_000,
        wrap_up_ms: agent.calls_today * 31_000,
        break_ms: (i % 3) * 610_000,
        breaks: i % 3,
        missed,
        calls: agent.calls_today,
        moved: moved
          ? {
              queues: moved.queues,
              before: moved.before,
              by: moved.by,
              by_name: moved.by_name,
              at_ms: moved.at_ms,
              until_ms: moved.until_ms,
              reason: moved.reason,
            }
          : null,
        departs: this.departures(agent, missed, now),
      }
    })
  }

  private lost(now: number): LostCall[] {
    if (this.calm) return []
    const gone = [...this.centre.scripts.values()]
      .map((script) => script.view(now))
      .filter((call) => call.outcome === 'abandoned' && now - (call.ended_ms ?? 0) < LOST_KEPT_MS)
    return gone.map((call) => ({
      call: call.id,
      queue: call.queue ?? '',
      caller: call.caller,
      number: call.number,
      callable: true,
      dealt_ms: null,
      dealt_call: '',
      place: this.placeOf(call.caller),
      lost_ms: call.ended_ms ?? now,
      waited_ms: call.waited_ms ?? 0,
      times: gone.filter((one) => one.caller === call.caller).length,
      callback: '',
      attempts: 0,
      due_ms: null,
      ...(this.dealt.get(call.id) ?? { state: 'open', by: '', by_name: '', note: '' }),
    }))
  }

  private warnings(now: number): Warning[] {
    if (this.calm) return []
    const list: Warning[] = []
    const warn = (
      kind: Warning['kind'],
      about: { queue?: string; agent?: string },
      value: number,
      limit: number,
      since: number,
    ) => {
      const id = `${kind}:${about.queue ?? ''}${about.agent ?? ''}`
      const seen = this.seen.get(id)
      list.push({
        id,
        kind,
        book: '',
        unit: UNITS[kind] ?? 'ms',
        queue: about.queue ?? '',
        agent: about.agent ?? '',
        value,
        limit,
        since_ms: since,
        seen_by: seen?.by ?? '',
        seen_by_name: seen ? '孙班长' : '',
        seen_ms: seen?.at ?? null,
      })
    }
    for (const queue of this.centre.queues(now)) {
      const since = queue.longest_since_ms
      if (since !== null && now - since > LIMITS.wait)
        warn('longest_wait', { queue: queue.id }, now - since, LIMITS.wait, since + LIMITS.wait)
      if (queue.service_level !== null && queue.offered > 4 && queue.service_level < queue.goal_share - 0.2)
        warn('service_level', { queue: queue.id }, queue.service_level, queue.goal_share, this.began)
      if (!queue.signed_in) warn('no_agent', { queue: queue.id }, 0, 0, this.began)
    }
    for (const seat of this.seats(now))
      for (const { rule, since_ms, value, limit } of seat.departs)
        if (rule !== 'break_sum') warn(rule, { agent: seat.id }, value, limit, since_ms)
    return list
  }

  /** Every fifth conversation of some length goes wrong, each in its way. */
  private troubles(now: number): TroubledCall[] {
    if (this.calm) return []
    return this.calls(now)
      .filter((call) => call.state === 'talking' && call.agent && now - call.since_ms > 20_000)
      .filter((_, index) => index % 5 === 0)
      .slice(0, 3)
      .map((call, index) => ({
        call: call.id,
        agent: call.agent,
        score: 9 - 3 * index,
        breaches: 3 - index,
        since_ms: call.since_ms + 20_000,
        now: index === 0,
        ...TROUBLES[index % TROUBLES.length],
      })) as TroubledCall[]
  }

  private calls(now: number): LiveCall[] {
    const list: LiveCall[] = []
    for (const script of this.centre.scripts.values()) {
      const call = script.view(now)
      if (call.state === 'ended') continue
      list.push({
        id: call.id,
        caller: call.caller,
        number: call.number,
        queue: call.queue ?? '',
        agent: call.agent ?? '',
        direction: 'in',
        state: call.state,
        since_ms: call.bridged_ms ?? call.queued_ms ?? call.began_ms,
        began_ms: call.began_ms,
        urgent: this.alarms.find((alarm) => alarm.call === call.id)?.kind ?? '',
        supervised_by: [...(this.supervised.get(call.id) ?? [])].map(([agent, mode]) => ({ agent, mode })),
      })
    }
    return list
  }

  monitor(now: number): Monitor {
    return {
      at_ms: now,
      queues: this.queues(now),
      seats: this.seats(now),
      lost: this.lost(now),
      warnings: this.warnings(now),
      calls: this.calls(now),
      troubles: this.troubles(now),
    }
  }

  help(now: number): HelpBoard {
    return structuredClone({ at_ms: now, requests: this.requests, alarms: this.alarms })
  }

  // ── What happens ──────────────────────────────────────────────────────────────────────────────

  private talking(): AgentView[] {
    return this.centre.agents().filter((agent) => agent.state === 'talking' && agent.call)
  }

  /** Now and then an agent asks for help; a call that is over needs none. */
  private asks(now: number): void {
    const running = new Set(this.talking().map((agent) => agent.call))
    this.requests = this.requests.filter((one) => running.has(one.call))
    if (now < this.nextAsk) return
    const agent = this.talking().find((one) => !this.requests.some((request) => request.agent === one.id))
    if (!agent?.call) return
    const first = this.serial === 1
    this.nextAsk = now + this.chance.between(45_000, 90_000)
    this.requests.push({
      id: `h${this.serial++}`,
      agent: agent.id,
      agent_name: agent.name,
      call: agent.call,
      text: ASKS[this.serial % ASKS.length] ?? '',
      at_ms: now,
      state: 'open',
      taken_by: '',
      taken_by_name: '',
      taken_ms: null,
      closed_ms: null,
      answer: '',
    })
    const other = this.talking().at(-1)
    if (first && other?.call)
      this.alarms.push({
        id: `u${this.serial++}`,
        kind: 'medical',
        call: other.call,
        agent: other.id,
        agent_name: other.name,
        text: '乘客晕倒，已请对方拨打 120',
        at_ms: now,
        seen_by: '',
        seen_ms: null,
      })
  }

  step(now: number): { monitor: MonitorChange[]; help: HelpChange[] } {
    this.asks(now)
    const { queues, seats, lost, warnings, calls, troubles } = this.monitor(now)
    const monitor: MonitorChange[] = []
    const help: HelpChange[] = []
    const present = new Set<string>()
    const tell = <Change>(into: Change[], key: string, change: Change) => {
      present.add(key)
      const text = JSON.stringify(change)
      if (this.told.get(key) === text) return
      this.told.set(key, text)
      into.push(structuredClone(change))
    }
    for (const queue of queues) tell(monitor, `queue ${queue.id}`, { queue })
    for (const seat of seats) tell(monitor, `seat ${seat.id}`, { seat })
    for (const one of lost) tell(monitor, `lost ${one.call}`, { lost: one })
    for (const warning of warnings) tell(monitor, `warning ${warning.id}`, { warning })
    for (const trouble of troubles) tell(monitor, `trouble ${trouble.call}`, { trouble })
    for (const call of calls) tell(monitor, `call ${call.id}`, { call })
    for (const request of this.requests) tell(help, `request ${request.id}`, { request })
    for (const alarm of this.alarms) tell(help, `alarm ${alarm.id}`, { alarm })
    for (const key of [...this.told.keys()].filter((one) => !present.has(one))) {
      this.told.delete(key)
      const [kind = '', id = ''] = key.split(' ')
      const into: object[] = kind === 'request' || kind === 'alarm' ? help : monitor
      into.push({ [`${kind}_removed`]: id })
    }
    return { monitor, help }
  }
}

/** A callback that the line has not carried three times in a row. */
const heldBack = (queue: string, now: number) => ({
  id: 'b-held',
  kind: 'callback' as const,
  state: 'paused',
  queue,
  number: '13800138021',
  agent: '',
  created_ms: now - 2_400_000,
  queued_ms: now - 2_700_000,
  expires_ms: now + 9_000_000,
  due_ms: now + 960_000,
  ended_ms: null,
  attempts: 0,
  broken: 3,
  reason: 'failed',
  origin: 'c00001',
  call: null,
})
