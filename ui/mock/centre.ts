/** A contact centre in miniature that lives by the clock it is given: callers come, wait, talk and go. */

import type {
  AgentView,
  Call,
  CallCounts,
  CallPage,
  Change,
  ChosenState,
  QueueView,
  Wallboard,
} from '../src/api/types'
import { foundIn } from './call-search.ts'
import { Chance } from './chance.ts'
import { AGENTS, COMPANY, QUEUES, staffOf, type Agent } from './people.ts'
import { Script, type Queue } from './script.ts'
import { countIn, freshTally } from './tally.ts'

interface Desk {
  view: AgentView
  script: Script | null
  /** When the present break, wrap-up or absence ends. */
  until: number
}

const BREAKS = ['meal', 'rest', 'training', 'meeting']
/** The newest recordings but so many: one of these is incomplete. */
const BROKEN_OFF = 6

export class MockCentre {
  readonly scripts = new Map<string, Script>()
  simulating = true
  private readonly chance: Chance
  private readonly staff: readonly Agent[]
  private readonly desks: Desk[]
  private readonly tally = new Map<string, QueueView>()
  private serial = 1
  private nextArrival: number
  private told = new Map<string, string>()
  /** Agents whom a person plays: no call is given to them here. */
  private readonly taken = new Set<string>()

  /** `agents` beyond those who have names get made up; 0 is a centre on its first day: nobody, no call. */
  constructor(now: number, agents: number = AGENTS.length, seed = 7) {
    this.chance = new Chance(seed)
    this.nextArrival = now + 1_000
    for (const queue of QUEUES) this.tally.set(queue.id, freshTally(queue))
    // as many as the leaders' page lists for it
    Object.assign(this.tally.get('booking') ?? {}, { callbacks: 2, callbacks_paused: 1 })
    this.staff = staffOf(agents)
    this.desks = this.staff.map((agent, i) => ({
      view: {
        id: agent.id,
        name: agent.name,
        extension: agent.extension,
        state: 'ready',
        since_ms: now - this.chance.between(10_000, 240_000),
        reason: '',
        call: null,
        caller: null,
        queue: null,
        queues: [...agent.queues],
        calls_today: this.chance.between(4, 19),
        reachable: true,
      },
      script: null,
      until: i === 7 ? now + 400_000 : Infinity,
    }))
    this.away(2, 'break', 'meal', now - 1_240_000, now + 300_000)
    this.away(7, 'unavailable', 'no_answer', now - 95_000, now + 400_000)
    this.away(8, 'calling', '', now - 12_000, now + 300_000)
    this.away(9, 'signed_out', '', now - 3_600_000, Infinity)
    if (!agents) {
      this.simulating = false
      return
    }
    this.history(now)
    this.rush(now)
    this.leftToBeCalledBack(now)
    this.notReached(now)
  }

  /** From now on somebody else moves this seat. */
  take(id: string): AgentView | null {
    const desk = this.desks.find((one) => one.view.id === id)
    if (!desk) return null
    this.taken.add(id)
    desk.script = null
    return desk.view
  }

  private away(i: number, state: AgentView['state'], reason: string, since: number, until: number): void {
    const desk = this.desks[i]
    if (!desk) return
    Object.assign(desk.view, { state, reason, since_ms: since, reachable: state !== 'unavailable' })
    desk.until = until
  }

  private newScript(began: number, queue: Queue, chance = this.chance): Script {
    const script = new Script(`c${String(this.serial++).padStart(5, '0')}`, Math.round(began), queue, chance)
    this.scripts.set(script.id, script)
    return script
  }

  private anyQueue(): Queue {
    return this.chance.pick(QUEUES.flatMap((queue) => Array<Queue>(queue.weight).fill(queue)))
  }

  private agentsOf(queue: Queue): Agent[] {
    return this.staff.filter((agent) => agent.queues.includes(queue.id))
  }

  /** Some sixty calls of the last three days. */
  private history(now: number): void {
    const began = Array.from({ length: 58 }, (_, i) =>
      i < 34
        ? now - this.chance.between(600_000, 7 * 3_600_000)
        : now - this.chance.between(20, 68) * 3_600_000,
    ).sort((a, b) => a - b)
    for (const at of began) {
      const script = this.newScript(at, this.anyQueue())
      const fate = this.chance.next()
      if (fate < 0.04) script.refuse()
      else if (fate < 0.1) script.flow(true)
      else {
        script.flow()
        if (fate < 0.2) {
          script.announce(2)
          script.at += this.chance.between(18_000, 70_000)
          script.end('caller', 'abandoned', 'normal')
        } else {
          script.at += this.chance.between(300, this.chance.hit(0.25) ? 48_000 : 9_000)
          if (this.chance.hit(0.12)) {
            script.announce(1)
            script.offer(this.chance.pick(this.agentsOf(script.queue))).offerFailed('no_answer')
          }
          script.offer(this.chance.pick(this.agentsOf(script.queue))).talk(this.chance.hit(0.4))
        }
      }
      if (at > now - 8 * 3_600_000) this.count(script)
    }
    const recorded = [...this.scripts.values()].filter(({ call }) => call.recording)
    recorded.at(-BROKEN_OFF)?.breakOff()
  }

  /** Two who would not wait; chances of their own, so that the other calls stay as they are. */
  private leftToBeCalledBack(now: number): void {
    const chance = new Chance(3)
    for (const back of [150_000, 5_400_000])
      this.count(
        this.newScript(now - back, QUEUES[0], chance)
          .flow()
          .callback(),
      )
  }

  /** What callbacks came to that reached nobody. */
  private notReached(now: number): void {
    const chance = new Chance(5)
    const why = {
      unanswered: 'no_answer',
      busy: 'busy',
      not_found: 'not_found',
      cancelled: 'agent_hung_up',
      refused: 'declined',
    } as const
    let back = 400_000
    for (const outcome of Object.keys(why) as (keyof typeof why)[]) {
      this.newScript(now - back, QUEUES[0], chance).notReached(outcome, why[outcome])
      back += 140_000
    }
  }

  /** The first moments are not empty: a few talk, a few wait. */
  private rush(now: number): void {
    const talking = [0, 3, 4, 5].map((i) => this.desks[i])
    for (const desk of talking) {
      const agent = this.staff.find((one) => one.id === desk?.view.id)
      const queue = QUEUES.find((one) => one.id === agent?.queues[0])
      if (!desk || !agent || !queue) continue
      const script = this.newScript(now - this.chance.between(45_000, 90_000), queue).flow()
      script.offer(agent).talk(true)
      this.count(script)
      desk.script = script
    }
    for (const back of [72_000, 41_000, 26_000]) {
      const script = this.newScript(now - back, QUEUES[2]).flow()
      script.abandonAt = script.at + this.chance.between(90_000, 200_000)
    }
  }

  /** Keep the day's figures once the call's fate is planned. */
  private count(script: Script): void {
    const queue = this.tally.get(script.queue.id)
    if (queue) countIn(queue, script.call)
  }

  waiting(now: number): Script[] {
    return [...this.scripts.values()].filter(
      (s) =>
        s.offered === null &&
        s.call.ended_ms === null &&
        s.call.queued_ms !== null &&
        s.call.queued_ms <= now,
    )
  }

  /** Let time pass up to `now`; tells what changed for a screen. */
  step(now: number): Change[] {
    if (this.simulating && now >= this.nextArrival) {
      const script = this.newScript(now, this.anyQueue()).flow(this.chance.hit(0.06))
      script.abandonAt = script.at + this.chance.between(30_000, 140_000)
      this.nextArrival = now + this.chance.between(9_000, 26_000) * (AGENTS.length / this.staff.length)
    }
    for (const desk of this.desks) this.renew(desk, now)
    for (const script of this.waiting(now)) {
      script.at = now
      const desk = this.desks
        .filter((one) => one.view.state === 'ready' && one.view.queues.includes(script.queue.id))
        .filter((one) => !this.taken.has(one.view.id))
        .sort((a, b) => a.view.since_ms - b.view.since_ms)[0]
      const agent = this.staff.find((one) => one.id === desk?.view.id)
      if (desk && agent) {
        script.offer(agent).talk(this.chance.hit(0.3))
        this.count(script)
        desk.script = script
        this.renew(desk, now)
      } else if (now >= script.abandonAt) {
        script.end('caller', 'abandoned', 'normal')
        this.count(script)
      }
    }
    return this.difference(now)
  }

  private renew(desk: Desk, now: number): void {
    const { view, script } = desk
    if (this.taken.has(view.id)) return
    const become = (state: AgentView['state'], reason = '') => {
      if (view.state === state) return
      Object.assign(view, { state, reason, since_ms: now, reachable: true })
    }
    if (script) {
      const { bridged_ms: bridged, ended_ms: ended } = script.call
      Object.assign(view, { call: script.id, caller: script.call.caller, queue: script.queue.id })
      if (bridged !== null && now < bridged) become('ringing')
      else if (ended !== null && now < ended) {
        if (view.state !== 'talking') {
          become('talking')
          view.since_ms = Math.min(now, bridged ?? now)
        }
      } else {
        Object.assign(view, { call: null, caller: null, queue: null })
        if (view.state !== 'wrap_up') view.calls_today++
        become('wrap_up')
        if (now >= script.wrapUpUntil) {
          desk.script = null
          if (this.chance.hit(0.15)) {
            become('break', this.chance.pick(BREAKS))
            desk.until = now + this.chance.between(40_000, 160_000)
          } else become('ready')
        }
      }
    } else if (now >= desk.until) {
      desk.until = Infinity
      become('ready')
    }
  }

  /** What a person chose for an agent; a sentence when it cannot be. */
  setState(id: string, state: ChosenState, reason: string, now: number): AgentView | string | null {
    const desk = this.desks.find((one) => one.view.id === id)
    if (!desk) return null
    const { view } = desk
    if (state === 'ready' && !view.reachable)
      return `The phone of agent ${id} is not registered, so no call could ring there.`
    if (view.state !== 'talking' && view.state !== 'ringing') {
      Object.assign(view, { state, reason: state === 'break' ? reason : '', since_ms: now })
      Object.assign(view, { call: null, caller: null, queue: null })
      desk.script = null
      desk.until = Infinity
    }
    return { ...view }
  }

  /** Other queues for an agent. */
  setQueues(id: string, queues: readonly string[]): AgentView | null {
    const desk = this.desks.find((one) => one.view.id === id)
    if (!desk) return null
    desk.view.queues = [...queues]
    return desk.view
  }

  /** The conversation ends now, for all. */
  endCall(id: string, now: number): boolean {
    const script = this.scripts.get(id)
    if (script?.view(now).state !== 'talking') return false
    script.cut(now)
    return true
  }

  private counts(now: number): CallCounts {
    const running = [...this.scripts.values()]
      .map((script) => script.view(now))
      .filter((call) => call.state !== 'ended')
    const of = (state: Call['state']) => running.filter((call) => call.state === state).length
    return { active: running.length, waiting: of('waiting') + of('ringing'), talking: of('talking') }
  }

  /** As if each who serves took a call in a minute and a half; null when nobody does. */
  private estimate(waiting: number, ready: number, serving: number): number | null {
    if (ready) return 0
    return serving ? Math.round(((waiting + 1) * 95_000) / serving) : null
  }

  queues(now: number): QueueView[] {
    const waiting = this.waiting(now)
    return QUEUES.map((queue) => {
      const base = this.tally.get(queue.id)
      if (!base) throw new Error(`no figures for ${queue.id}`)
      const line = waiting.filter((script) => script.queue.id === queue.id)
      const staff = this.desks.filter((desk) => desk.view.queues.includes(queue.id))
      const of = (state: AgentView['state']) => staff.filter((desk) => desk.view.state === state).length
      return {
        ...base,
        waiting: line.length,
        longest_since_ms: line.length
          ? Math.min(...line.map((script) => script.call.queued_ms ?? now))
          : null,
        ready: of('ready'),
        ringing: of('ringing'),
        calling: of('calling'),
        talking: of('talking'),
        wrap_up: of('wrap_up'),
        on_break: of('break'),
        signed_in: staff.length - of('signed_out'),
        estimate_ms: this.estimate(line.length, of('ready'), staff.length - of('signed_out') - of('break')),
      }
    })
  }

  agents(): AgentView[] {
    return this.desks.map((desk) => ({ ...desk.view }))
  }

  wallboard(now: number): Wallboard {
    return {
      at_ms: now,
      queues: this.queues(now),
      agents: this.agents(),
      calls: this.counts(now),
      company: COMPANY.zh,
      switch: 'up',
    }
  }

  private difference(now: number): Change[] {
    const board = this.wallboard(now)
    const changes: Change[] = []
    const tell = (key: string, change: Change) => {
      const text = JSON.stringify(change)
      if (this.told.get(key) === text) return
      this.told.set(key, text)
      changes.push(change)
    }
    for (const queue of board.queues) tell(`queue ${queue.id}`, { queue })
    for (const agent of board.agents) tell(`agent ${agent.id}`, { agent })
    tell('calls', { calls: board.calls })
    return changes
  }

  search(terms: URLSearchParams, now: number): CallPage {
    return foundIn(
      [...this.scripts.values()].map((script) => script.view(now)),
      terms,
    )
  }
}
