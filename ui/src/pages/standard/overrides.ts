/** A centre's own changes to the book, as they are edited: only what differs from what is shipped is kept. Pure. */

import type { Book, BookChange, Overrides, Phrase, Rule } from '@/api/book-types'

/** A value as it is written (`3s`, `0.5`, 6), apart: the number that is typed and the unit that stands behind it. */
export function apart(written: number | string): { number: number; unit: string } | null {
  if (typeof written === 'number') return { number: written, unit: '' }
  const [, number, unit] = /^\s*(-?\d+(?:\.\d+)?)\s*([a-z%]*)\s*$/.exec(written) ?? []
  return number === undefined ? null : { number: Number(number), unit: unit ?? '' }
}

/** The value in force with the changes, as it is written. */
export function valueIn(overrides: Overrides, rule: Rule, name: string): number | string {
  const own = overrides.rules?.[rule.id]?.['thresholds'] as Record<string, number | string> | undefined
  return own?.[name] ?? rule.thresholds[name]?.shipped ?? ''
}

type Group = 'rules' | 'phrases'

/** With one value set, or with `undefined` taken back to what is shipped; empty leaves are left out. */
export function withValue(
  overrides: Overrides,
  group: Group,
  id: string,
  name: string,
  value: unknown,
): Overrides {
  const own = { ...overrides[group]?.[id] }
  if (value === undefined) Reflect.deleteProperty(own, name)
  else own[name] = value
  const all = { ...overrides[group] }
  if (Object.keys(own).length) all[id] = own
  else Reflect.deleteProperty(all, id)
  const made: Overrides = { ...overrides }
  if (Object.keys(all).length) made[group] = all
  else Reflect.deleteProperty(made, group)
  return made
}

/** Sets a rule's points or severity; the shipped one is no change. */
export function setPlain(
  overrides: Overrides,
  rule: Rule,
  name: 'points' | 'severity',
  value: Rule['points'] | Rule['severity'],
): Overrides {
  return withValue(overrides, 'rules', rule.id, name, value === rule.shipped[name] ? undefined : value)
}

/** Switches a rule on or off; the book says it the other way round. */
export function setOn(overrides: Overrides, rule: Rule, on: boolean): Overrides {
  return withValue(overrides, 'rules', rule.id, 'off', on === !rule.shipped.off ? undefined : !on)
}

export function onIn(overrides: Overrides, rule: Rule): boolean {
  const off = overrides.rules?.[rule.id]?.['off']
  return typeof off === 'boolean' ? !off : !rule.shipped.off
}

/** Sets a threshold from the number typed, in the unit that the book has it in; null means the shipped value. */
export function setThreshold(
  overrides: Overrides,
  rule: Rule,
  name: string,
  typed: number | null,
): Overrides {
  const shipped = rule.thresholds[name]?.shipped
  const form = shipped === undefined ? null : apart(shipped)
  if (!form) return overrides
  const own = { ...(overrides.rules?.[rule.id]?.['thresholds'] as Record<string, unknown> | undefined) }
  if (typed === null || typed === form.number) Reflect.deleteProperty(own, name)
  else own[name] = form.unit ? `${typed}${form.unit}` : typed
  return withValue(overrides, 'rules', rule.id, 'thresholds', Object.keys(own).length ? own : undefined)
}

/** Sets the ways of saying a phrase in one language, one a line. */
export function setWays(
  overrides: Overrides,
  phrase: Phrase,
  language: 'zh' | 'en',
  typed: string,
): Overrides {
  const ways = typed
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const same =
    ways.length === phrase.shipped[language].length &&
    ways.every((way, i) => way === phrase.shipped[language][i])
  return withValue(overrides, 'phrases', phrase.id, language, same ? undefined : ways)
}

export function plainIn<K extends 'points' | 'severity'>(
  overrides: Overrides,
  rule: Rule,
  name: K,
): Rule['shipped'][K] {
  const own = overrides.rules?.[rule.id]?.[name]
  return own === undefined ? rule.shipped[name] : (own as Rule['shipped'][K])
}

export function waysIn(overrides: Overrides, phrase: Phrase, language: 'zh' | 'en'): string[] {
  const own = overrides.phrases?.[phrase.id]?.[language]
  return Array.isArray(own) ? own.map(String) : phrase.shipped[language]
}

const plain = (of: unknown): of is Record<string, unknown> =>
  typeof of === 'object' && of !== null && !Array.isArray(of)
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

/** What `mine` does differently from `base`, put onto `theirs`; where both differ, mine. */
export function onto(base: Overrides, mine: Overrides, theirs: Overrides): Overrides {
  return (merged(base, mine, theirs) ?? {}) as Overrides
}

function merged(base: unknown, mine: unknown, theirs: unknown): unknown {
  if (same(mine, base)) return theirs
  if (!plain(mine ?? {}) || !plain(theirs ?? {}) || !plain(base ?? {})) return mine
  const [a, b, c] = [base, mine, theirs].map((one) => (one ?? {}) as Record<string, unknown>)
  const made = Object.keys({ ...b, ...c })
    .map((name): [string, unknown] => [name, merged(a?.[name], b?.[name], c?.[name])])
    .filter(([, value]) => value !== undefined)
  return made.length ? Object.fromEntries(made) : undefined
}

/** Every leaf as a dotted path. */
function leaves(of: unknown, before = ''): [string, unknown][] {
  if (typeof of !== 'object' || of === null || Array.isArray(of)) return before ? [[before, of]] : []
  return Object.entries(of).flatMap(([name, value]) => leaves(value, before ? `${before}.${name}` : name))
}

/** What one state of the changes does differently from another, sorted by place. */
export function between(from: Overrides, to: Overrides): BookChange[] {
  const [a, b] = [new Map(leaves(from)), new Map(leaves(to))]
  return [...new Set([...a.keys(), ...b.keys()])]
    .filter((path) => JSON.stringify(a.get(path)) !== JSON.stringify(b.get(path)))
    .sort()
    .map((what) => ({
      sign: !a.has(what) ? '+' : !b.has(what) ? '-' : '~',
      what,
      before: a.get(what) ?? null,
      after: b.get(what) ?? null,
    }))
}

/** Rules whose verdicts a set of changes can alter: those named, and those that use a phrase named. */
export function touched(changes: readonly BookChange[], rules: readonly Rule[]): string[] {
  const named = new Set(changes.map((one) => one.what))
  const has = (group: Group, id: string) => [...named].some((path) => path.startsWith(`${group}.${id}.`))
  return rules
    .filter(
      (rule) =>
        has('rules', rule.id) || [...rule.phrases, ...rule.banned].some((phrase) => has('phrases', phrase)),
    )
    .map((rule) => rule.id)
}

/** Rules in whose texts, id or phrases all words typed occur. */
export function found(rules: readonly Rule[], phrases: ReadonlyMap<string, Phrase>, typed: string): Rule[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean)
  if (!words.length) return [...rules]
  return rules.filter((rule) => {
    const ways = [...rule.phrases, ...rule.banned].flatMap((id) => [
      ...(phrases.get(id)?.zh ?? []),
      ...(phrases.get(id)?.en ?? []),
    ])
    const texts = [rule.title, rule.reason, rule.hint, ...rule.say]
    const all = [rule.id, rule.source, ...texts.flatMap((text) => [text.zh, text.en]), ...ways]
      .join('\n')
      .toLowerCase()
    return words.every((word) => all.includes(word))
  })
}

/** What is shipped at a place that a change names, such as `rules.wait.announce.thresholds.silence`; null: nothing. */
export function shippedAt({ rules, phrases }: Pick<Book, 'rules' | 'phrases'>, what: string): unknown {
  for (const rule of rules) {
    const field = what.startsWith(`rules.${rule.id}.`) ? what.slice(`rules.${rule.id}.`.length) : ''
    const [name = '', of = ''] = field.split('.')
    if (name === 'thresholds' && of in rule.thresholds) return rule.thresholds[of]?.shipped
    if (name === 'points' || name === 'severity' || name === 'off') return rule.shipped[name]
  }
  for (const phrase of phrases) {
    if (what === `phrases.${phrase.id}.zh`) return phrase.shipped.zh
    if (what === `phrases.${phrase.id}.en`) return phrase.shipped.en
  }
  return null
}
