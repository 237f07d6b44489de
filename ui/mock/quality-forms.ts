/** The mock centre's inspections: made from what its machine found, filled in, told, appealed against, decided. */

import type {
  Appeal,
  Brief,
  Decision,
  Inspection,
  InspectionState,
  Item,
  ItemWanted,
  May,
  Why,
} from '../src/api/quality-types'
import type { CallWithFacts } from '../src/api/types'
import { RULES } from './quality-book.ts'
import { assessmentOf, BOOK_VERSION, scoreOf } from './quality-calls.ts'

const DAY = 86_400_000
export const PEOPLE: Record<string, string> = {
  inspector: '何质检',
  insp2: '秦质检',
  manager: '高经理',
  trainer: '冯老师',
  leader: '孙班长',
  a1001: '陈晓雯',
}

export interface Viewer {
  user: string
  role: string
}

function itemsOf(call: CallWithFacts): Item[] {
  const machine = assessmentOf(call).findings.map((finding): Item => ({
    id: finding.id,
    rule: finding.rule,
    title: finding.title,
    part: finding.part,
    source: finding.source,
    severity: finding.severity,
    points: finding.points,
    by: 'machine',
    finding,
    machine: finding.verdict === 'not_applicable' ? null : finding.verdict,
    stand: '',
    verdict: null,
    reason: '',
  }))
  const people = RULES.filter((rule) => rule.looks_at.join('') === 'H').map((rule): Item => ({
    id: `h:${rule.id}`,
    rule: rule.id,
    title: rule.title,
    part: rule.part,
    source: rule.source,
    severity: rule.severity,
    points: rule.points,
    by: 'person',
    finding: null,
    machine: null,
    stand: '',
    verdict: null,
    reason: '',
  }))
  return [...machine, ...people]
}

const holds = (item: Item) => (item.stand === '' || item.stand === 'agree' ? item.machine : item.verdict)

export class Form {
  state: InspectionState = 'draft'
  version = 1
  comment = ''
  praise = ''
  items: Item[]
  appeal: Appeal | null = null
  steps: Inspection['steps'] = []
  appealUntil: number | null = null

  constructor(
    readonly id: string,
    readonly call: CallWithFacts,
    public inspector: string,
    readonly why: Why[],
    readonly created: number,
    readonly due: number | null,
    readonly plan: { id: string; name: string } | null = null,
    readonly round: string | null = null,
  ) {
    this.items = itemsOf(call)
    this.step(created, inspector, 'created')
  }

  private step(at_ms: number, by: string, what: string, note = ''): void {
    this.steps.push({ at_ms, by, by_name: PEOPLE[by] ?? by, what, note })
    this.version++
  }

  may({ user, role }: Viewer, now: number): May[] {
    const inspects = role === 'inspector' || role === 'manager'
    const own = user === this.inspector
    const can: May[] = []
    if (this.state === 'draft' && own) can.push('save', 'submit')
    if (this.state === 'draft' && inspects && !this.round) can.push('reassign')
    if (this.state === 'submitted' && own && !this.round) can.push('tell')
    if (this.state === 'told' && user === this.call.agent && now < (this.appealUntil ?? 0)) can.push('appeal')
    if (this.state === 'appealed' && inspects && !own) can.push('decide')
    return can
  }

  brief(now: number): Brief {
    const machine = assessmentOf(this.call)
    return {
      id: this.id,
      call: this.call.id,
      state: this.state,
      plan: this.plan?.id ?? null,
      plan_name: this.plan?.name ?? null,
      round: this.round,
      inspector: this.inspector,
      inspector_name: PEOPLE[this.inspector] ?? this.inspector,
      agent: this.call.agent,
      agent_name: this.call.agent_name,
      queue: this.call.queue,
      began_ms: this.call.began_ms,
      why: this.why,
      created_ms: this.created,
      due_ms: this.due,
      overdue: this.due !== null && this.due < now,
      machine_total: machine.score.total,
      total: this.state === 'draft' ? null : this.score().total,
      appeal_until_ms: this.appealUntil,
      appeal: this.appeal,
      version: this.version,
      came: true,
    }
  }

  private score(): Inspection['score'] {
    return scoreOf(this.items.map((item) => ({ ...item, verdict: holds(item) })))
  }

  view(viewer: Viewer, now: number): Inspection {
    const machine = assessmentOf(this.call)
    return {
      ...this.brief(now),
      comment: this.comment,
      praise: this.praise,
      fatal: this.items.some((item) => item.severity === 'fatal' && holds(item) === 'breach'),
      items: this.items.map((item) => ({ ...item })),
      score: this.score(),
      machine_score: machine.score,
      book_version: BOOK_VERSION,
      words: machine.words,
      steps: [...this.steps],
      may: this.may(viewer, now),
    }
  }

  save(wanted: ItemWanted[], comment: string, praise: string, by: string, now: number): void {
    for (const one of wanted) {
      const item = this.items.find((each) => each.id === one.id)
      if (item)
        Object.assign(item, { stand: one.stand, verdict: one.verdict ?? null, reason: one.reason ?? '' })
    }
    this.comment = comment
    this.praise = praise
    if (this.steps.at(-1)?.what === 'saved') this.version++
    else this.step(now, by, 'saved')
  }

  /** What is still to be said; null when it was submitted. */
  submit(by: string, now: number, tell: boolean): { open: string[]; reasons: string[] } | null {
    const unheard = (item: Item) => item.machine === 'unsure' && item.finding?.confidence === 0
    const owed = this.items.filter(
      (item) => item.by === 'person' || (item.machine !== 'pass' && !unheard(item)),
    )
    const open = owed.filter((item) => item.stand === '').map((item) => item.id)
    const reasons = this.items
      .filter((item) => item.stand === 'overrule' && item.machine !== 'unsure' && !item.reason.trim())
      .map((item) => item.id)
    if (open.length || reasons.length) return { open, reasons }
    this.state = 'submitted'
    this.step(now, by, 'submitted')
    if (tell) this.tell(by, now)
    return null
  }

  reassign(inspector: string, by: string, now: number): void {
    this.inspector = inspector
    this.step(now, by, 'reassigned', inspector)
  }

  tell(by: string, now: number): void {
    this.state = 'told'
    this.appealUntil = now + 3 * DAY
    this.step(now, by, 'told')
  }

  object(items: string[], text: string, by: string, now: number): void {
    this.state = 'appealed'
    this.appeal = {
      by,
      by_name: PEOPLE[by] ?? by,
      at_ms: now,
      text,
      items,
      decided_by: '',
      decided_by_name: '',
      decided_ms: null,
      decide_until_ms: now + 3 * DAY,
      decisions: [],
      reason: '',
    }
    this.step(now, by, 'appealed', text)
  }

  decide(decisions: Decision[], reason: string, by: string, now: number): void {
    if (!this.appeal) return
    for (const one of decisions) {
      const item = this.items.find((each) => each.id === one.item)
      if (item && one.outcome === 'changed')
        Object.assign(item, { stand: 'overrule', verdict: one.verdict, reason })
    }
    Object.assign(this.appeal, {
      decisions,
      reason,
      decided_by: by,
      decided_by_name: PEOPLE[by] ?? by,
      decided_ms: now,
    })
    this.state = 'decided'
    this.step(now, by, 'decided', reason)
  }

  /** Everything said to in one way, for forms that begin as filled in. */
  fill(by: string, now: number): this {
    for (const item of this.items) {
      if (item.by === 'person') Object.assign(item, { stand: 'judged', verdict: 'pass' })
      else if (item.machine === 'unsure') Object.assign(item, { stand: 'overrule', verdict: 'pass' })
      else Object.assign(item, { stand: 'agree', verdict: item.machine })
    }
    this.comment = '开头语要完整，查询前先打招呼。'
    this.praise = '语气平和，最后确认了客户的需求。'
    this.submit(by, now, true)
    return this
  }
}
