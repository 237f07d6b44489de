/**
 * Who names whom in the file: found by the forms' own descriptions, so that a renamed queue is renamed
 * everywhere, and one may see what still needs a thing before it goes.
 */

import type { Parts, Path, Plain } from '@/api/settings-types'
import type { Field, Named } from '../forms/field'
import { COLLECTIONS, SINGLES } from '../forms/parts.ts'
import { CASE, fieldsOf, isStepKind } from '../flow/steps.ts'
import { at, isTable, listOf, renamed, textOf, withAt, type Table } from './plain.ts'

export interface Reference {
  /** Where it stands; with `asKey` the last name of the path is what is named. */
  path: Path
  of: Named
  name: string
  asKey?: boolean
}

const WAY: readonly Field[] = [
  { name: 'queue', kind: 'one', of: 'queues' },
  { name: 'number', kind: 'one', of: 'numbers' },
  { name: 'flow', kind: 'one', of: 'flows' },
]

function* ofField(field: Field, value: Plain | undefined, path: Path): Iterable<Reference> {
  if (value === undefined || value === null) return
  switch (field.kind) {
    case 'one':
      if (textOf(value)) yield { path, of: field.of, name: textOf(value) }
      break
    case 'step':
      if (textOf(value)) yield { path, of: 'steps', name: textOf(value) }
      break
    case 'many':
    case 'prompts': {
      const of = field.kind === 'prompts' ? 'prompts' : field.of
      const list = Array.isArray(value)
      for (const [index, item] of listOf(value).entries())
        yield { path: list ? [...path, index] : path, of, name: textOf(item) }
      break
    }
    case 'levels':
      if (isTable(value))
        for (const name of Object.keys(value))
          yield { path: [...path, name], of: 'skills', name, asKey: true }
      break
    case 'keys':
      if (isTable(value))
        for (const [key, step] of Object.entries(value))
          yield { path: [...path, key], of: 'steps', name: textOf(step) }
      break
    case 'cases':
    case 'items': {
      const fields = field.kind === 'cases' ? CASE : field.fields
      for (const [index, item] of listOf(value).entries()) yield* ofFields(fields, item, [...path, index])
      break
    }
    case 'each':
      if (!isTable(value)) break
      for (const [name, item] of Object.entries(value)) {
        if (typeof field.keys === 'string' && field.keys !== 'free')
          yield { path: [...path, name], of: field.keys, name, asKey: true }
        yield* ofFields(field.fields, item, [...path, name])
      }
      break
    case 'way':
      yield* ofFields(WAY, value, path)
      break
    case 'part':
    case 'inside':
      yield* ofFields(field.fields, value, path)
      break
    default:
  }
}

export function* ofFields(
  fields: readonly Field[],
  value: Plain | undefined,
  path: Path,
): Iterable<Reference> {
  if (!isTable(value)) return
  for (const field of fields)
    yield* ofField(field, Object.hasOwn(value, field.name) ? value[field.name] : undefined, [
      ...path,
      field.name,
    ])
}

/** All references of one flow; its steps' too. */
export function* ofFlow(id: string, flow: Plain | undefined): Iterable<Reference> {
  if (!isTable(flow)) return
  for (const name of ['start', 'person'])
    if (textOf(flow[name])) yield { path: ['flows', id, name], of: 'steps', name: textOf(flow[name]) }
  if (!isTable(flow['steps'])) return
  for (const [name, step] of Object.entries(flow['steps']))
    if (isTable(step) && isStepKind(step['do']))
      yield* ofFields(fieldsOf(step['do']), step, ['flows', id, 'steps', name])
}

export function* references(parts: Parts): Iterable<Reference> {
  for (const [part, collection] of Object.entries(COLLECTIONS)) {
    const things = parts[part]
    if (collection.shape === 'list')
      for (const [index, thing] of listOf(things).entries())
        yield* ofFields(collection.fields, thing, [part, index])
    else if (isTable(things))
      for (const [name, thing] of Object.entries(things))
        yield* ofFields(collection.fields, thing, [part, name])
  }
  for (const [part, fields] of Object.entries(SINGLES)) yield* ofFields(fields, parts[part], [part])
  const flows = parts['flows']
  if (isTable(flows)) for (const [id, flow] of Object.entries(flows)) yield* ofFlow(id, flow)
}

/** People who take calls are people too. */
function means(reference: Reference, of: Named): boolean {
  return reference.of === of || (of === 'people' && reference.of === 'agents')
}

export function usesOf(parts: Parts, of: Named, name: string): Reference[] {
  return [...references(parts)].filter((each) => means(each, of) && each.name === name)
}

/** The file with every mention of a name changed. */
function mentioned(parts: Parts, of: Named, from: string, to: string): Parts {
  let next = parts
  for (const each of usesOf(parts, of, from)) {
    if (!each.asKey) {
      next = withAt(next, each.path, to)
      continue
    }
    const above = each.path.slice(0, -1)
    next = withAt(next, above, renamed(at(next, above) as Table, from, to))
  }
  return next
}

/** A thing of a collection under a new name, wherever it is named. */
export function renameThing(parts: Parts, part: string, from: string, to: string): Parts {
  const collection = (
    COLLECTIONS as Record<string, { shape: string; key?: string; named?: Named } | undefined>
  )[part]
  const of: Named | undefined =
    collection?.named ?? (part === 'flows' || part === 'calendars' || part === 'skills' ? part : undefined)
  let next = of ? mentioned(parts, of, from, to) : parts
  const things = next[part]
  if (collection?.shape === 'list') {
    const key = collection.key ?? 'id'
    next = {
      ...next,
      [part]: listOf(things).map((thing) =>
        isTable(thing) && textOf(thing[key]) === from ? { ...thing, [key]: to } : thing,
      ),
    }
  } else if (isTable(things)) next = { ...next, [part]: renamed(things, from, to) }
  return next
}
