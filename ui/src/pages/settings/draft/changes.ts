/** A change as the centre tells it (`~ queue general.ring 15s → 20s`), in the words of the screen. */

import type { Change, Parts, Plain } from '@/api/settings-types'
import type { Field, Named } from '../forms/field'
import { COLLECTIONS, SINGLES, type Collection } from '../forms/parts'
import { fieldsOf, isStepKind } from '../flow/steps'
import { at, isTable, listOf, textOf } from './plain'

/** The centre's word for one of a part. */
const PART_OF: Readonly<Record<string, string>> = {
  number: 'numbers',
  flow: 'flows',
  calendar: 'calendars',
  queue: 'queues',
  skill: 'skills',
  person: 'people',
  endpoint: 'endpoints',
  trunk: 'trunks',
  break: 'breaks',
}

/** A step on the way to a field: a name that a form has a word for, or what something there is called (no scope). */
export interface Place {
  scope: string
  name: string
  /** It names one of these. */
  of?: Named
  /** It is one of a closed set that has these words. */
  words?: string
}

export interface Told {
  sign: Change['sign']
  /** `queues`, `company`: a part of the file. */
  part: string
  /** What it is called there; '' where there is only one. */
  id: string
  /** Names from there on: `ring`, `keys`, `1`. */
  inside: string[]
  /** The same, as the forms say them; of a step's fields those after the step's name. */
  places: Place[]
  /** The order of a list changed. */
  order: boolean
  field: Field | null
  before: string
  after: string
}

type Bare = Omit<Told, 'field' | 'places'>

function collectionOf(part: string): Collection | null {
  return (COLLECTIONS as Record<string, Collection | undefined>)[part] ?? null
}

/** The names of a part's things, the longest first: an id may have dots in it. */
function idsOf(part: string, files: readonly Parts[]): string[] {
  const key = collectionOf(part)?.key
  const ids = files.flatMap((file) => {
    const things = file[part]
    if (isTable(things)) return Object.keys(things)
    return listOf(things).flatMap((thing) => (isTable(thing) && key ? [textOf(thing[key])] : []))
  })
  return [...new Set(ids)].sort((a, b) => b.length - a.length)
}

export function thingOf(part: string, id: string, files: readonly Parts[]): Plain | undefined {
  const key = collectionOf(part)?.key
  for (const file of files) {
    const things = file[part]
    const found = isTable(things)
      ? at(things, [id])
      : listOf(things).find((thing) => isTable(thing) && !!key && textOf(thing[key]) === id)
    if (found !== undefined) return found
  }
  return undefined
}

function fieldAt(fields: readonly Field[], inside: readonly string[]): Field | null {
  const [name, ...rest] = inside
  const field = fields.find((each) => each.name === name) ?? null
  if (!field || !rest.length) return field
  if (field.kind === 'inside' || field.kind === 'part') return fieldAt(field.fields, rest)
  if (field.kind === 'each') return fieldAt(field.fields, rest.slice(1))
  return null
}

/** The names on the way, each with the scope of the form that shows it. */
function placesIn(fields: readonly Field[], scope: string, inside: readonly string[]): Place[] {
  const [name, ...rest] = inside
  if (name === undefined) return []
  const here = { scope, name }
  const field = fields.find((each) => each.name === name)
  switch (field?.kind) {
    case 'inside':
      return [here, ...placesIn(field.fields, `${scope}_${name}`, rest)]
    case 'part':
      return [here, ...placesIn(field.fields, name, rest)]
    case 'way':
      return [here, ...placesIn([], 'way', rest)]
    case 'levels':
      return [here, ...rest.map((skill) => ({ scope: '', name: skill, of: 'skills' as const }))]
    case 'each': {
      const [key, ...more] = rest
      if (key === undefined) return [here]
      const { keys, words } = field
      const of = typeof keys === 'string' && keys !== 'free' ? { of: keys } : {}
      const one = { scope: '', name: key, ...of, ...(words ? { words } : {}) }
      return [
        here,
        one,
        ...placesIn(field.fields, name.startsWith('caps') ? 'caps' : `${scope}_${name}`, more),
      ]
    }
    default:
      return [here, ...placesIn([], scope, rest)]
  }
}

function stepFields(told: Bare, files: readonly Parts[]): readonly Field[] | null {
  const [first, step] = told.inside
  if (told.part !== 'flows' || first !== 'steps' || step === undefined) return null
  for (const file of files) {
    const kind = textOf(at(file, ['flows', told.id, 'steps', step, 'do']))
    if (isStepKind(kind)) return fieldsOf(kind)
  }
  return []
}

/** Field and places of a change. */
function placed(told: Bare, files: readonly Parts[]): Told {
  const steps = stepFields(told, files)
  const fields =
    steps ??
    collectionOf(told.part)?.fields ??
    (SINGLES as Record<string, readonly Field[] | undefined>)[told.part] ??
    []
  const inside = steps ? told.inside.slice(2) : told.inside
  return {
    ...told,
    field: fieldAt(fields, inside),
    places: placesIn(fields, steps ? 'step' : told.part, inside),
  }
}

/** What a change is about; `files` are those before and after, to know the names by. */
export function told(change: Change, files: readonly Parts[]): Told {
  const base = { sign: change.sign, before: change.before, after: change.after }
  const order = /^(\w+) order$/.exec(change.what)
  if (order?.[1]) return { ...base, part: order[1], id: '', inside: [], places: [], order: true, field: null }
  const [, word = '', rest = ''] = /^(\w+) (.*)$/s.exec(change.what) ?? []
  const part = PART_OF[word]
  if (part) {
    const id =
      idsOf(part, files).find((each) => rest === each || rest.startsWith(`${each}.`)) ??
      rest.split('.')[0] ??
      rest
    const inside = rest.length > id.length ? rest.slice(id.length + 1).split('.') : []
    return placed({ ...base, part, id, inside, order: false }, files)
  }
  const [single = '', ...inside] = change.what.split('.')
  return placed({ ...base, part: single, id: '', inside, order: false }, files)
}

/** What a problem's path leads to: of a list's thing, its place there is taken for what it is called. */
export function pointed(path: readonly (string | number)[], parts: Parts): Told {
  const [part = '', at, ...rest] = path.map(String)
  const key = collectionOf(part)?.key
  const thing = key ? listOf(parts[part])[Number(at)] : undefined
  const id =
    key && isTable(thing) ? textOf(thing[key]) : Object.values(PART_OF).includes(part) ? at : undefined
  const inside = id === undefined && at !== undefined ? [at, ...rest] : rest
  const bare = { sign: '~' as const, before: '', after: '', part, id: id ?? '', inside, order: false }
  return placed(bare, [parts])
}

/** Changes gathered by the thing they are about, in the file's order. */
export function gathered(changes: readonly Change[], files: readonly Parts[]): [string, Told[]][] {
  const groups = new Map<string, Told[]>()
  for (const change of changes) {
    const one = told(change, files)
    const key = `${one.part}\u0000${one.id}`
    groups.set(key, [...(groups.get(key) ?? []), one])
  }
  return [...groups]
}
