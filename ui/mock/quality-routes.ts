/** Inspection, as the mock centre's interface answers of it. */

import type { Judged, Plan, PlanWanted } from '../src/api/quality-types'
import type { CallWithFacts } from '../src/api/types'
import type { MockCentre } from './centre.ts'
import { MockBacklog } from './quality-backlog.ts'
import { MockRounds } from './quality-rounds.ts'
import { sliced } from './sliced.ts'
import { MockBook } from './quality-try.ts'
import { assessmentOf, transcriptOf } from './quality-calls.ts'
import { figureChanges, figuresOf, previewOf } from './quality-figures.ts'
import { Form, PEOPLE, type Viewer } from './quality-forms.ts'

export type Answer = [number, unknown]
type Body = Record<string, unknown>

export const refuse = (status: number, code: string, message: string, more: object = {}): Answer => [
  status,
  { error: { code, message, ...more } },
]

const DAY = 86_400_000
const INSPECTING = new Set(['inspector', 'manager'])

export class QualityRoutes {
  private readonly book = new MockBook()
  private readonly backlog = new MockBacklog()
  private forms: Form[] | null = null
  private rounds: MockRounds
  private readonly plans: Plan[] = []
  private serial = 1

  constructor(private centre: MockCentre) {
    this.rounds = this.noRounds()
  }

  anew(centre: MockCentre): void {
    this.centre = centre
    this.forms = null
    this.rounds = this.noRounds()
  }

  private noRounds(): MockRounds {
    return new MockRounds(
      (id, inspector, round, at) => {
        const call = this.centre.scripts.get(id)?.whole(at)
        if (!call) return null
        const form = new Form(`i${this.serial++}`, call, inspector, [], at, null, null, round)
        this.all(at).push(form)
        return form
      },
      (now) => this.all(now),
    )
  }

  private calls(now: number): CallWithFacts[] {
    return [...this.centre.scripts.values()]
      .map((script) => script.whole(now))
      .filter((call) => call.ended_ms !== null && call.bridged_ms !== null)
      .sort((a, b) => b.began_ms - a.began_ms)
  }

  /** A morning's work: some to do, one told, one appealed against. */
  private all(now: number): Form[] {
    if (this.forms) return this.forms
    const why = (kind: string, zh: string, en: string) => [{ kind, value: null, text: { zh, en } }]
    const calls = this.calls(now)
    const own = calls.filter((call) => call.agent === 'a1001')
    const others = calls.filter((call) => call.agent !== 'a1001')
    const make = (call: CallWithFacts, inspector: string, reasons: Form['why'], due: number | null) =>
      new Form(`i${this.serial++}`, call, inspector, reasons, now - DAY, due, {
        id: 'p0',
        name: '上周风险抽检',
      })
    const forms = others
      .slice(0, 5)
      .map((call, i) =>
        make(
          call,
          'inspector',
          i % 2
            ? why('stratum', `抽样：${call.agent_name ?? ''}`, `sample of ${call.agent_name ?? ''}`)
            : [
                ...why('lost_points', '扣 21 分', '21 points lost'),
                ...(i ? [] : why('fatal', '致命差错', 'fatal fault')),
              ],
          now + (i - 1) * DAY,
        ),
      )
    const [first, second] = own
    if (first)
      forms.push(
        make(first, 'insp2', why('lost_points', '扣 14 分', '14 points lost'), null).fill(
          'insp2',
          now - 3_600_000,
        ),
      )
    if (second) {
      const form = make(second, 'insp2', why('complaint', '投诉', 'complaint'), null).fill('insp2', now - DAY)
      const against = form.items.find((item) => item.machine === 'breach')
      if (against)
        form.object([against.id], '当时系统在切换，我说过请稍等，录音里听得到。', 'a1001', now - 7_200_000)
      forms.push(form)
    }
    this.forms = forms
    const calibrated = others.slice(5, 8).map((call) => call.id)
    if (calibrated.length) this.rounds.finished(calibrated, now)
    return forms
  }

  private judged(call: CallWithFacts, now: number): Judged {
    const found = assessmentOf(call)
    const breaches = found.findings.filter((one) => one.verdict === 'breach')
    return {
      call: call.id,
      began_ms: call.began_ms,
      ended_ms: call.ended_ms ?? call.began_ms,
      agent: call.agent,
      agent_name: call.agent_name,
      queue: call.queue,
      caller: call.caller,
      total: found.score.total,
      fatal: found.fatal,
      words: found.words,
      breaches: breaches.length,
      unsure: found.findings.filter((one) => one.verdict === 'unsure').length,
      version: found.version,
      worst: [...breaches]
        .sort((a, b) => b.points - a.points)
        .slice(0, 3)
        .map(({ rule, title, points, severity }) => ({ rule, title, points, severity })),
      inspected: this.all(now).find((form) => form.call.id === call.id && !form.round)?.state ?? '',
      appeal_until_ms: null,
      came: true,
    }
  }

  /** As [status, body]; null when it is not this part's to answer. */
  answer(route: string, terms: URLSearchParams, body: Body, me: Viewer, now: number): Answer | null {
    const [, verb = '', path = ''] = /^(\w+) \/(.*)$/.exec(route) ?? []
    if (path.startsWith('book')) return this.book.answer(verb, path, terms, body, this.calls(now), me)
    const [, id = '', what = ''] = /^calls\/([^/]+)\/(assessment|transcript|appeal|judge)$/.exec(path) ?? []
    if (what) return this.call(id, what, body, me, now)
    if (path === 'hearings/summary') return [200, this.backlog.hearings(now)]
    if (!path.startsWith('quality/')) return null
    const [, kind = '', item = '', act = ''] = path.split('/')
    const sees = me.role !== 'agent' && me.role !== 'support' && me.role !== 'administrator'
    switch (kind) {
      case 'calls':
        return sees ? this.list(terms, now) : refuse(403, 'forbidden', 'Not yours.')
      case 'mine': {
        const own = this.calls(now).filter((call) => call.agent === me.user)
        const mine = own.map((call) => ({
          ...this.judged(call, now),
          appeal_until_ms: this.appealUntil(call, me, now),
        }))
        return [200, { calls: mine, next: null }]
      }
      case 'backlog':
        if (act === 'retry') {
          this.backlog.retry(item)
          return [202, { call: item, state: 'waiting' }]
        }
        return [200, this.backlog.view(this.calls(now), now)]
      case 'inspectors':
        return [
          200,
          {
            inspectors: ['inspector', 'insp2'].map((user) => ({
              user,
              name: PEOPLE[user],
              open: this.all(now).filter((form) => form.inspector === user && form.state === 'draft').length,
            })),
          },
        ]
      case 'inspections':
        return this.inspections(verb, item, act, terms, body, me, now)
      case 'appeals':
        return this.appeals(terms, me, now)
      case 'plans':
        return this.plan(verb, item, act, terms, body, me, now)
      case 'rounds':
        return this.rounds.answer(verb, item, terms, body, me.user, now)
      case 'figures':
        if (item === 'changes') return [200, figureChanges(this.book.published())]
        return [200, figuresOf(this.calls(now), (terms.get('by') ?? 'rule') as 'rule', terms, now)]
      default:
        return null
    }
  }

  /** Until when this viewer may appeal against the machine alone. */
  private appealUntil(call: CallWithFacts, me: Viewer, now: number): number | null {
    const until = (call.ended_ms ?? 0) + 3 * DAY
    const inspected = this.all(now).some((form) => form.call.id === call.id && !form.round)
    const against = assessmentOf(call).findings.some((one) => one.verdict === 'breach')
    return call.agent === me.user && against && !inspected && now <= until ? until : null
  }

  private call(id: string, what: string, body: Body, me: Viewer, now: number): Answer {
    const call = this.centre.scripts.get(id)?.whole(now)
    if (!call || (me.role === 'agent' && call.agent !== me.user))
      return refuse(404, 'not_found', `There is no call ${id}.`)
    if (what === 'transcript') return [200, transcriptOf(call, me.role === 'trainer')]
    if (call.ended_ms === null || call.bridged_ms === null)
      return refuse(404, 'not_judged', 'This call has not been judged.', {
        why: { state: 'none', broken: null, detail: '' },
      })
    const forms = this.all(now).filter((form) => form.call.id === id && !form.round)
    if (what === 'judge') {
      this.backlog.judge(id, now)
      return [202, { call: id, state: 'waiting' }]
    }
    if (what === 'appeal') {
      if (forms.length) return refuse(409, 'not_possible', 'This call is being inspected.')
      const form = new Form(`i${this.serial++}`, call, '', [], now, null)
      form.object((body['findings'] as string[] | undefined) ?? [], String(body['text'] ?? ''), me.user, now)
      this.forms?.push(form)
      return [200, form.view(me, now)]
    }
    return [
      200,
      {
        ...assessmentOf(call),
        state: this.backlog.waits(id, now) ? 'waiting' : 'judged',
        appeal_until_ms: this.appealUntil(call, me, now),
        inspections: forms
          .filter((form) => me.role !== 'agent' || form.state !== 'draft')
          .map((form) => {
            const brief = form.brief(now)
            return { ...brief, score: brief.total, submitted_ms: null }
          }),
      },
    ]
  }

  private list(terms: URLSearchParams, now: number): Answer {
    const rule = terms.get('rule')
    const rows = this.calls(now)
      .filter((call) => !terms.get('agent') || call.agent === terms.get('agent'))
      .filter((call) => !terms.get('queue') || call.queue === terms.get('queue'))
      .filter(
        (call) =>
          !rule || assessmentOf(call).findings.some((one) => one.rule === rule && one.verdict === 'breach'),
      )
      .map((call) => this.judged(call, now))
    if (terms.get('order') === 'worst') rows.sort((a, b) => (a.total ?? 101) - (b.total ?? 101))
    const from = Number(terms.get('cursor') ?? 0)
    const to = from + Number(terms.get('limit') ?? 50)
    return [200, { calls: rows.slice(from, to), next: to < rows.length ? String(to) : null }]
  }

  private inspections(
    verb: string,
    id: string,
    act: string,
    terms: URLSearchParams,
    body: Body,
    me: Viewer,
    now: number,
  ): Answer {
    const forms = this.all(now)
    if (!id && verb === 'POST') {
      const call = this.centre.scripts.get(String(body['call']))?.whole(now)
      if (!call) return refuse(404, 'not_found', 'There is no such call.')
      const made = new Form(`i${this.serial++}`, call, me.user, [], now, null)
      forms.push(made)
      return [200, made.view(me, now)]
    }
    if (!id) {
      const mine = terms.get('mine') === 'true'
      const told = (form: Form) => form.call.agent === me.user && !['draft', 'submitted'].includes(form.state)
      const own = (form: Form) => (INSPECTING.has(me.role) ? form.inspector === me.user : told(form))
      const done = terms.get('done')
      const fits = (form: Form) =>
        (!mine || own(form)) &&
        (!done || (form.state !== 'draft') === (done === 'true')) &&
        (!terms.get('agent') || (form.call.agent === terms.get('agent') && told(form)))
      const found = forms.filter(fits).map((form) => form.brief(now))
      return [200, sliced('inspections', found, terms)]
    }
    const form = forms.find((one) => one.id === id)
    if (!form || (me.role === 'agent' && form.call.agent !== me.user))
      return refuse(404, 'not_found', `There is no inspection ${id}.`)
    if (verb === 'GET') return [200, form.view(me, now)]
    const needed = act || 'save'
    if (!form.may(me, now).includes(needed as 'save'))
      return refuse(409, 'not_possible', `This inspection is ${form.state}.`)
    if ('version' in body && body['version'] !== form.version)
      return refuse(409, 'changed', 'Somebody else changed it.', { inspection: form.view(me, now) })
    switch (needed) {
      case 'save':
        form.save(
          (body['items'] as []) ?? [],
          String(body['comment'] ?? ''),
          String(body['praise'] ?? ''),
          me.user,
          now,
        )
        break
      case 'submit': {
        const lacking = form.submit(me.user, now, terms.get('tell') === 'true')
        if (lacking) return refuse(422, 'incomplete', 'Some items are open.', { why: lacking })
        break
      }
      case 'reassign':
        form.reassign(String(body['inspector']), me.user, now)
        break
      case 'tell':
        form.tell(me.user, now)
        break
      case 'appeal':
        form.object(body['items'] as string[], String(body['text']), me.user, now)
        break
      case 'decide':
        form.decide(body['decisions'] as [], String(body['reason']), me.user, now)
    }
    return [200, form.view(me, now)]
  }

  private appeals(terms: URLSearchParams, me: Viewer, now: number): Answer {
    const mine = terms.get('mine') === 'true'
    const decided = terms.get('state') === 'decided'
    const appeals = this.all(now)
      .filter((form) => form.appeal)
      .filter((form) => (mine ? form.call.agent === me.user : form.inspector !== me.user))
      .filter((form) => !terms.get('state') || (form.appeal?.decided_ms !== null) === decided)
      .map((form) => ({ ...form.brief(now), appeal: form.appeal }))
    return [200, sliced('appeals', appeals, terms)]
  }

  private plan(
    verb: string,
    id: string,
    act: string,
    terms: URLSearchParams,
    body: Body,
    me: Viewer,
    now: number,
  ): Answer {
    const wanted = body as unknown as PlanWanted
    if (id === 'preview') return [200, previewOf(this.calls(now), wanted)]
    if (!id && verb === 'GET') return [200, sliced('plans', this.plans, terms)]
    if (!id) {
      const { chosen, left_out, ...sample } = previewOf(this.calls(now), wanted)
      void left_out
      const plan: Plan = {
        ...sample,
        chosen,
        id: `p${this.serial++}`,
        name: wanted.name,
        state: 'draft',
        by: me.user,
        by_name: PEOPLE[me.user] ?? me.user,
        at_ms: now,
        started_ms: null,
        wanted,
        done: 0,
        open: 0,
      }
      this.plans.unshift(plan)
      return [200, plan]
    }
    const plan = this.plans.find((one) => one.id === id)
    if (!plan) return refuse(404, 'not_found', `There is no plan ${id}.`)
    if (verb === 'DELETE') {
      this.plans.splice(this.plans.indexOf(plan), 1)
      return [204, undefined]
    }
    if (act === 'start') {
      for (const one of plan.chosen ?? []) {
        const call = this.centre.scripts.get(one.call)?.whole(now)
        if (call)
          this.all(now).push(
            new Form(`i${this.serial++}`, call, one.inspector, one.why, now, now + 5 * DAY, {
              id,
              name: plan.name,
            }),
          )
      }
      Object.assign(plan, { state: 'started', started_ms: now, open: plan.chosen?.length ?? 0 })
    }
    return [200, plan]
  }
}
