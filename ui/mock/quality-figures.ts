/** What the mock centre counts: rates with Wilson's intervals, equal ranks, samples and agreement. */

import type { FigureChanges, FigureRow, Figures, FiguresBy } from '../src/api/figures-types'
import type {
  Agreed,
  Agreement,
  Chosen,
  PlanWanted,
  Preview,
  Round,
  RuleAgreement,
  Why,
} from '../src/api/quality-types'
import type { CallWithFacts } from '../src/api/types'
import { AGENTS, QUEUES } from './people.ts'
import { RULES } from './quality-book.ts'
import { assessmentOf } from './quality-calls.ts'
import { PEOPLE } from './quality-forms.ts'

const Z = 1.96

export function wilson(n: number, of: number, z = Z): [number, number] {
  const p = n / of
  const middle = (p + (z * z) / (2 * of)) / (1 + (z * z) / of)
  const half = (z * Math.sqrt((p * (1 - p)) / of + (z * z) / (4 * of * of))) / (1 + (z * z) / of)
  return [Math.max(0, middle - half), Math.min(1, middle + half)]
}

interface Count {
  key: string
  title: string
  en: string
  calls: number
  breaches: number
  scores: number[]
}

function rowOf(count: Count): FigureRow {
  const [low, high] = count.calls ? wilson(count.breaches, count.calls) : [null, null]
  const mean = count.scores.length ? count.scores.reduce((a, b) => a + b, 0) / count.scores.length : null
  const half = count.scores.length ? 40 / Math.sqrt(count.scores.length) : 0
  return {
    key: count.key,
    title: { zh: count.title, en: count.en },
    calls: count.calls,
    breaches: count.breaches,
    unsure: 0,
    rate: count.calls ? count.breaches / count.calls : null,
    low,
    high,
    rank: null,
    score: mean,
    score_low: mean === null ? null : Math.max(0, mean - half),
    score_high: mean === null ? null : Math.min(100, mean + half),
  }
}

/** Best first; a row begins a new rank when its interval lies wholly above that of the rank's best. */
function rank(rows: FigureRow[]): FigureRow[] {
  let best: FigureRow | null = null
  let place = 0
  const sorted = rows.filter((row) => row.rate !== null).sort((a, b) => (a.rate ?? 0) - (b.rate ?? 0))
  sorted.forEach((row, i) => {
    if (!best || (row.low ?? 0) > (best.high ?? 1)) {
      best = row
      place = i + 1
    }
    row.rank = place
  })
  return [...sorted, ...rows.filter((row) => row.rate === null)]
}

export function figuresOf(
  calls: CallWithFacts[],
  by: FiguresBy,
  terms: URLSearchParams,
  now: number,
): Figures {
  const counts = new Map<string, Count>()
  const add = (key: string, title: string, en: string, breach: boolean, score: number | null) => {
    const count = counts.get(key) ?? { key, title, en, calls: 0, breaches: 0, scores: [] }
    count.calls++
    if (breach) count.breaches++
    if (score !== null) count.scores.push(score)
    counts.set(key, count)
  }
  const [rule, queue, agent] = [terms.get('rule'), terms.get('queue'), terms.get('agent')]
  calls
    .filter((call) => (!queue || call.queue === queue) && (!agent || call.agent === agent))
    .forEach((call, i) => {
      const { findings, score } = assessmentOf(call)
      const judged = findings.filter((one) => !rule || one.rule === rule)
      if (!judged.length) return
      const broken = judged.some((one) => one.verdict === 'breach')
      if (by === 'rule')
        for (const id of new Set(judged.map((one) => one.rule))) {
          const own = judged.filter((one) => one.rule === id)
          add(
            id,
            own[0]?.title.zh ?? id,
            own[0]?.title.en ?? id,
            own.some((one) => one.verdict === 'breach'),
            null,
          )
        }
      else if (by === 'agent')
        add(call.agent ?? '', call.agent_name ?? '', call.agent_name ?? '', broken, score.total)
      else if (by === 'queue' || by === 'team') {
        const name = QUEUES.find((one) => one.id === call.queue)?.name ?? ''
        add(call.queue ?? '', name, name, broken, score.total)
      } else {
        // the mock's calls are all of today: they are spread over the days before
        const back = (i * 7) % (by === 'week' ? 8 : 14)
        const day = new Date(now - back * 86_400_000 * (by === 'week' ? 7 : 1)).toISOString().slice(0, 10)
        add(day, day, day, broken, score.total)
      }
    })
  const rows = [...counts.values()].map(rowOf)
  const time = by === 'day' || by === 'week'
  return {
    by,
    from_ms: Number(terms.get('from_ms') ?? 0),
    to_ms: now,
    confidence: 0.95,
    rows: time ? rows.sort((a, b) => a.key.localeCompare(b.key)) : rank(rows),
  }
}

export function figureChanges(
  published: { at_ms: number | null; why: string; version: string } | null,
): FigureChanges {
  if (!published) return { version: '2026.1', before_version: null, published_ms: null, why: '', rows: [] }
  const sketches: [string, number, number, number, number][] = [
    ['wait.announce', 96, 31, 84, 14],
    ['open.greeting', 96, 22, 84, 17],
  ]
  return {
    version: published.version,
    before_version: '2026.1',
    published_ms: published.at_ms,
    why: published.why,
    rows: sketches.map(([id, n1, b1, n2, b2]) => {
      const [l1, h1] = wilson(b1, n1)
      const [l2, h2] = wilson(b2, n2)
      const [p1, p2] = [b1 / n1, b2 / n2]
      const low = p2 - p1 - Math.hypot(p2 - l2, h1 - p1)
      const high = p2 - p1 + Math.hypot(h2 - p2, p1 - l1)
      return {
        rule: id,
        title: RULES.find((rule) => rule.id === id)?.title ?? { zh: id, en: id },
        before: { version: '1', calls: n1, breaches: b1, rate: p1, low: l1, high: h1 },
        after: { version: '2', calls: n2, breaches: b2, rate: p2, low: l2, high: h2 },
        difference: p2 - p1,
        low,
        high,
        clear: low > 0 || high < 0,
      }
    }),
  }
}

const INSPECTORS = ['inspector', 'insp2']

export function previewOf(calls: CallWithFacts[], wanted: PlanWanted): Preview {
  const fitting = calls.filter(
    (call) =>
      call.began_ms < wanted.to_ms + 86_400_000 &&
      (!wanted.queues.length || wanted.queues.includes(call.queue ?? '')),
  )
  const judged = fitting
    .map((call) => ({ call, found: assessmentOf(call) }))
    .sort((a, b) => (a.found.score.total ?? 101) - (b.found.score.total ?? 101))
  const chosen: Chosen[] = []
  const give = (call: CallWithFacts, total: number | null, why: Why[]) => {
    const inspector = INSPECTORS[chosen.length % INSPECTORS.length] as string
    chosen.push({
      call: call.id,
      agent: call.agent,
      agent_name: call.agent_name,
      began_ms: call.began_ms,
      total,
      inspector,
      inspector_name: PEOPLE[inspector] ?? inspector,
      why,
    })
  }
  const why = (kind: Why['kind'], value: number | null, zh: string, en: string): Why => ({
    kind,
    value,
    text: { zh, en },
  })
  for (const { call, found } of judged.slice(0, wanted.risk)) {
    const lost = found.findings
      .filter((one) => one.verdict === 'breach')
      .reduce((sum, one) => sum + one.points, 0)
    give(call, found.score.total, [
      ...(found.fatal ? [why('fatal', null, '致命差错', 'fatal fault')] : []),
      why('lost_points', lost, `扣 ${lost} 分`, `${lost} points lost`),
      ...(call.queue === 'complaint' ? [why('complaint', null, '投诉', 'complaint')] : []),
    ])
  }
  const risk = chosen.length
  const strata = wanted.margin
    ? AGENTS.flatMap((agent) => {
        const own = judged.filter(({ call }) => call.agent === agent.id)
        if (!own.length) return []
        const z = wanted.confidence === 0.99 ? 2.576 : wanted.confidence === 0.95 ? 1.96 : 1.645
        const infinite = (z * z * 0.25) / wanted.margin ** 2
        const need = Math.ceil(infinite / (1 + (infinite - 1) / own.length))
        const sample = Math.min(need, wanted.most_per_agent ?? need, own.length)
        for (const { call, found } of own
          .filter((one) => !chosen.some((each) => each.call === one.call.id))
          .slice(0, sample))
          give(call, found.score.total, [
            why('stratum', null, `抽样：${agent.name}`, `sample of ${agent.name}`),
          ])
        const margin =
          own.length > 1
            ? z * Math.sqrt(0.25 / sample) * Math.sqrt((own.length - sample) / (own.length - 1))
            : 0
        return [{ agent: agent.id, agent_name: agent.name, calls: own.length, sample, margin }]
      })
    : []
  return {
    population: fitting.length,
    risk,
    sample: chosen.length - risk,
    seed: wanted.seed ?? 4711,
    chosen,
    strata,
    inspectors: INSPECTORS.map((user) => ({
      user,
      name: PEOPLE[user] ?? user,
      inspections: chosen.filter((one) => one.inspector === user).length,
    })),
    left_out: fitting.length > 40 ? [{ why: 'being_inspected', calls: 3 }] : [],
  }
}

/** What a complete round says, made up: two inspectors and the machine on every rule. */
export function agreementOf(round: Round): Agreement {
  const agreed = (items: number, percent: number, kappa: number | null): Agreed => ({
    items,
    percent,
    kappa,
    how: 'fleiss',
  })
  const rules = RULES.filter((rule) => !rule.looks_at.includes('W')).slice(0, 9)
  return {
    overall: agreed(52, 0.87, 0.71),
    people: agreed(52, 0.91, 0.79),
    rules: rules.map((rule, i): RuleAgreement => {
      const same = i % 4 !== 2
      return {
        rule: rule.id,
        title: rule.title,
        items: round.calls.length,
        people: same ? agreed(round.calls.length, 1, null) : agreed(round.calls.length, 0.5, 0.21),
        with_machine: same ? agreed(round.calls.length, 0.92, 0.8) : agreed(round.calls.length, 0.6, 0.3),
        pairs: [
          { a: 'inspector', b: 'insp2', same: same ? 2 : 1, of: 2, percent: same ? 1 : 0.5, kappa: null },
          { a: 'machine', b: 'inspector', same: 2, of: 2, percent: 1, kappa: null },
        ],
        votes: round.calls.map((call) => ({
          call,
          item: rule.id,
          votes: { machine: 'breach', inspector: 'breach', insp2: same ? 'breach' : 'pass' },
        })),
      }
    }),
  }
}
