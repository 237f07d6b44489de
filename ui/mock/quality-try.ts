/** The mock centre's book: changed, tried on the calls there are, published in versions. */

import type {
  Book,
  BookChange,
  BookProblem,
  BookVersion,
  Overrides,
  Rule,
  Tried,
  TriedChange,
  TriedRule,
} from '../src/api/book-types'
import type { CallWithFacts } from '../src/api/types'
import { PARTS, PHRASES, RULES } from './quality-book.ts'
import { assessmentOf, BOOK_VERSION, scoreOf } from './quality-calls.ts'
import { PEOPLE, type Viewer } from './quality-forms.ts'
import { MockProposals } from './quality-proposals.ts'

type Answer = [number, unknown]
const refuse = (status: number, code: string, message: string, more: object = {}): Answer => [
  status,
  { error: { code, message, ...more } },
]

interface Kept extends BookVersion {
  overrides: Overrides
}

/** `4s`, `300ms` or a number, as the number a threshold holds. */
function valueOf(given: unknown): number | null {
  if (typeof given === 'number') return given
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s)?$/.exec(String(given)) ?? []
  return number === undefined ? null : Number(number) * (unit === 's' ? 1000 : 1)
}

/** A threshold in ms; 0 where the rule has none of that name. */
const msOf = (rule: Rule, name: string) => valueOf(rule.thresholds[name]?.value) ?? 0

function changedRule(rule: Rule, more: Record<string, unknown> | undefined): Rule {
  if (!more) return rule
  const thresholds = { ...rule.thresholds }
  for (const [name, given] of Object.entries((more['thresholds'] ?? {}) as Record<string, string | number>)) {
    const old = thresholds[name]
    if (old) thresholds[name] = { ...old, value: given }
  }
  return {
    ...rule,
    points: typeof more['points'] === 'number' ? more['points'] : rule.points,
    severity: (more['severity'] as Rule['severity'] | undefined) ?? rule.severity,
    off: more['off'] === true,
    thresholds,
    changed: true,
  }
}

function flat(of: unknown, before = ''): Map<string, unknown> {
  const all = new Map<string, unknown>()
  if (typeof of !== 'object' || of === null || Array.isArray(of)) return before ? all.set(before, of) : all
  for (const [name, value] of Object.entries(of))
    for (const [path, one] of flat(value, before ? `${before}.${name}` : name)) all.set(path, one)
  return all
}

export class MockBook {
  private readonly proposals = new MockProposals()
  private readonly versions: Kept[] = [
    {
      number: 0,
      version: BOOK_VERSION,
      at_ms: null,
      by: '',
      by_name: '',
      proposed_by: '',
      proposed_by_name: '',
      why: '',
      rolled_back_to: null,
      current: true,
      changes: 0,
      overrides: {},
    },
  ]

  private get current(): Kept {
    return this.versions[0] as Kept
  }

  published(): Kept | null {
    return this.current.number ? this.current : null
  }

  private book(overrides: Overrides = this.current.overrides): Book {
    return {
      version: this.current.version,
      number: this.current.number,
      parts: PARTS,
      rules: RULES.map((rule) => changedRule(rule, overrides.rules?.[rule.id])),
      phrases: PHRASES.map((phrase) => {
        const more = overrides.phrases?.[phrase.id]
        return more ? { ...phrase, ...(more as Partial<typeof phrase>), changed: true } : phrase
      }),
      overrides,
    }
  }

  private problems(overrides: Overrides): BookProblem[] {
    const found: BookProblem[] = []
    for (const [id, more] of Object.entries(overrides.rules ?? {})) {
      if (!RULES.some((one) => one.id === id))
        found.push({
          where: `rules.${id}`,
          line: null,
          message: 'there is no such rule',
          code: 'no_rule',
          about: { rule: id },
        })
      const { points } = more
      if (typeof points === 'number' && points > 20)
        found.push({
          where: `rules.${id}.points`,
          line: null,
          message: 'points must be at most 20',
          code: 'range',
          about: { limit: '<= 20' },
        })
    }
    return found
  }

  answer(
    verb: string,
    path: string,
    terms: URLSearchParams,
    body: Record<string, unknown>,
    calls: CallWithFacts[],
    me: Viewer,
  ): Answer | null {
    const overrides = (body['overrides'] ?? {}) as Overrides
    if (path.startsWith('book/proposal'))
      return this.proposals.answer(verb, path, body, this.current.overrides, me)
    switch (`${verb} ${path}`) {
      case 'GET book': {
        const asked = terms.get('version')
        const kept = asked === null ? null : this.versions.find((one) => one.number === Number(asked))
        return [200, this.book(kept?.overrides)]
      }
      case 'POST book/check':
        return [200, { problems: this.problems(overrides) }]
      case 'POST book/trial': {
        const problems = this.problems(overrides)
        if (problems.length) return refuse(422, 'invalid', 'The changes cannot be read.', { problems })
        const result = this.tried(overrides, calls.slice(0, Number(body['calls'] ?? 200)))
        return [200, { tried: result.calls, of: result.calls, result }]
      }
      case 'GET book/versions':
        return [200, { versions: this.versions }]
      case 'GET book/changes': {
        const of = (name: string) =>
          this.versions.find((one) => one.number === Number(terms.get(name)))?.overrides ?? {}
        return [
          200,
          { from: terms.get('from'), to: terms.get('to'), changes: this.between(of('from'), of('to')) },
        ]
      }
      case 'POST book/publish':
        if (me.role !== 'manager') return refuse(403, 'forbidden', 'Only a manager publishes.')
        if (body['from_number'] !== this.current.number)
          return refuse(409, 'changed', 'Somebody else published meanwhile.')
        return this.publish(overrides, String(body['why']), me, body['proposal'])
      case 'POST book/roll_back': {
        const to = this.versions.find((one) => one.number === body['to'])
        if (!to) return refuse(404, 'not_found', 'There is no such version.')
        return [200, this.keep(to.overrides, String(body['why']), me, to.number)]
      }
      default:
        return null
    }
  }

  private publish(overrides: Overrides, why: string, me: Viewer, proposal: unknown): Answer {
    const of = this.proposals.open
    if (typeof proposal === 'number' && proposal !== of?.number)
      return refuse(409, 'proposal_answered', 'It does not wait any more.')
    const kept = this.keep(overrides, why, me, null)
    if (typeof proposal === 'number' && of) {
      Object.assign(kept, { proposed_by: of.by, proposed_by_name: of.by_name })
      this.proposals.close('published', me, '', kept.number)
    }
    return [200, kept]
  }

  private keep(overrides: Overrides, why: string, me: Viewer, back: number | null): Kept {
    const number = this.current.number + 1
    const changes = this.between(this.current.overrides, overrides).length
    this.current.current = false
    const kept: Kept = {
      number,
      version: number ? `${BOOK_VERSION}+${(0x3fa91c07 + number * 7919).toString(16)}` : BOOK_VERSION,
      at_ms: Date.now(),
      by: me.user,
      by_name: PEOPLE[me.user] ?? me.user,
      proposed_by: '',
      proposed_by_name: '',
      why,
      rolled_back_to: back,
      current: true,
      changes,
      overrides,
    }
    this.versions.unshift(kept)
    return kept
  }

  private between(from: Overrides, to: Overrides): BookChange[] {
    const [a, b] = [flat(from), flat(to)]
    return [...new Set([...a.keys(), ...b.keys()])]
      .filter((path) => a.get(path) !== b.get(path))
      .map((what) => ({
        sign: !a.has(what) ? '+' : !b.has(what) ? '-' : '~',
        what,
        before: a.get(what) ?? null,
        after: b.get(what) ?? null,
      }))
  }

  private tried(overrides: Overrides, calls: CallWithFacts[]): Tried {
    const after = this.book(overrides)
    const before = this.book()
    const rules = new Map<string, TriedRule>()
    const changes: TriedChange[] = []
    const totals: { before: number[]; after: number[] } = { before: [], after: [] }
    let changed = 0
    for (const call of calls) {
      const { findings } = assessmentOf(call)
      const then = findings.map((finding) => {
        const rule = after.rules.find((one) => one.id === finding.rule) as Rule
        const old = before.rules.find((one) => one.id === finding.rule) as Rule
        const limit = msOf(rule, 'silence')
        const shorter = limit > 0 && finding.to_ms - finding.from_ms < limit
        const within = msOf(rule, 'within')
        const stricter = within < msOf(old, 'within')
        let verdict = finding.verdict
        if (rule.off) verdict = 'not_applicable'
        else if (shorter && verdict === 'breach' && finding.found.zh.includes('没有说话')) verdict = 'pass'
        else if (stricter && verdict === 'pass' && finding.rule === 'open.third-ring')
          verdict = finding.to_ms - finding.from_ms > within ? 'breach' : 'pass'
        const kind = verdict === 'breach' ? 'gained' : 'lost'
        const count = rules.get(finding.rule) ?? {
          rule: finding.rule,
          title: finding.title,
          gained: 0,
          lost: 0,
          same: 0,
          breaches_before: 0,
          breaches_after: 0,
          rate_before: null,
          rate_after: null,
        }
        rules.set(finding.rule, count)
        if (finding.verdict === 'breach') count.breaches_before++
        if (verdict === 'breach') count.breaches_after++
        if ((verdict === 'breach') === (finding.verdict === 'breach')) count.same++
        else {
          count[kind]++
          changes.push({
            call: call.id,
            rule: finding.rule,
            began_ms: call.began_ms,
            agent: call.agent,
            kind,
            before: finding.verdict,
            after: verdict,
            from_ms: finding.from_ms,
            to_ms: finding.to_ms,
            found: finding.found,
          })
        }
        return { part: rule.part, points: rule.points, verdict }
      })
      const [old, now] = [scoreOf(findings).total, scoreOf(then).total]
      if (old !== null) totals.before.push(old)
      if (now !== null) totals.after.push(now)
      if (old !== now) changed++
    }
    const mean = (all: number[]) => (all.length ? all.reduce((a, b) => a + b, 0) / all.length : null)
    return {
      version: before.version,
      tried_version: `${BOOK_VERSION}+try`,
      calls: calls.length,
      took_ms: 180,
      skipped: 0,
      rules: [...rules.values()]
        .filter((one) => one.gained || one.lost)
        .map((one) => ({
          ...one,
          rate_before: one.breaches_before / Math.max(1, one.same + one.gained + one.lost),
          rate_after: one.breaches_after / Math.max(1, one.same + one.gained + one.lost),
        })),
      changes,
      scores: { before: mean(totals.before), after: mean(totals.after), changed },
    }
  }
}
