/** Adding, copying, removing and ordering the things of a part, whether the file lists them or names them. */

import type { Parts, Plain } from '@/api/settings-types'
import {
  freeName,
  freeNumber,
  isTable,
  listOf,
  moved,
  textOf,
  withAt,
  withName,
  type Table,
} from './draft/plain'
import type { Collection } from './forms/parts'

export interface Entry {
  id: string
  /** As the file's places name it: an index of a list, a name in a table. */
  at: string | number
  thing: Table
}

export function entriesOf(parts: Parts, part: string, collection: Collection): Entry[] {
  const things = parts[part]
  if (collection.shape === 'table')
    return isTable(things)
      ? Object.entries(things).flatMap(([id, thing]) => (isTable(thing) ? [{ id, at: id, thing }] : []))
      : []
  const key = collection.key ?? 'id'
  return listOf(things).flatMap((thing, index) =>
    isTable(thing) ? [{ id: textOf(thing[key]), at: index, thing }] : [],
  )
}

/** What must be there from the beginning for a new thing to be right, as far as that can be guessed. */
export function freshOf(parts: Parts, part: string, id: string, name: string): Table {
  const first = (of: string) => {
    const things = parts[of]
    return isTable(things) ? (Object.keys(things)[0] ?? '') : ''
  }
  switch (part) {
    case 'numbers':
      return { number: id, name, ...(first('flows') ? { flow: first('flows') } : { queue: first('queues') }) }
    case 'queues':
      return { name }
    case 'people':
      return { user: id, name, extension: id, ...(first('queues') ? { queues: first('queues') } : {}) }
    case 'endpoints':
      return { endpoint: id }
    case 'trunks':
      return { trunk: id, name, target: '' }
    default:
      return { id, name }
  }
}

export function freeId(parts: Parts, part: string, taken: readonly string[]): string {
  // numbers, extensions and phones share one plan
  const dialled = [
    ...listOf(parts['numbers']).map((one) => (isTable(one) ? textOf(one['number']) : '')),
    ...listOf(parts['people']).map((one) => (isTable(one) ? textOf(one['extension']) : '')),
    ...listOf(parts['people']).map((one) => (isTable(one) ? textOf(one['user']) : '')),
  ]
  if (part === 'numbers') return freeNumber(4000, dialled)
  if (part === 'people') return freeNumber(1001, [...dialled, ...taken])
  if (part === 'endpoints') return freeNumber(1001, taken)
  return freeName({ queues: 'queue', trunks: 'trunk', breaks: 'break' }[part] ?? 'new', taken)
}

export function withThing(
  parts: Parts,
  part: string,
  collection: Collection,
  id: string,
  thing: Table,
): Parts {
  if (collection.shape === 'table') return withAt(parts, [part, id], thing)
  return { ...parts, [part]: [...listOf(parts[part]), thing] }
}

export function withoutThing(parts: Parts, part: string, entry: Entry): Parts {
  const things = parts[part]
  const left: Plain =
    isTable(things) && typeof entry.at === 'string'
      ? withName(things, entry.at, undefined)
      : listOf(things).filter((_, index) => index !== entry.at)
  const empty = isTable(left) ? !Object.keys(left).length : Array.isArray(left) && !left.length
  return withAt(parts, [part], empty ? undefined : left)
}

/** With a phone for somebody new who is reached at an extension. */
export function withPhone(parts: Parts, person: Table): Parts {
  if (!textOf(person['extension'])) return parts
  const phones = listOf(parts['endpoints'])
  const taken = phones.map((one) => (isTable(one) ? textOf(one['endpoint']) : ''))
  const user = textOf(person['user'])
  const endpoint = taken.includes(user) ? freeId(parts, 'endpoints', taken) : user
  return { ...parts, endpoints: [...phones, { endpoint, person: user }] }
}

/** Without the phone of somebody who goes. */
export function withoutPhone(parts: Parts, user: string): Parts {
  const left = listOf(parts['endpoints']).filter((one) => !isTable(one) || textOf(one['person']) !== user)
  return withAt(parts, ['endpoints'], left.length ? left : undefined)
}

export function withMoved(parts: Parts, part: string, from: number, to: number): Parts {
  const things = parts[part]
  if (!isTable(things)) return { ...parts, [part]: moved(listOf(things), from, to) }
  return { ...parts, [part]: Object.fromEntries(moved(Object.entries(things), from, to)) }
}

/** The same thing once more, under a free name and without what only one may have. */
export function copyOf(
  parts: Parts,
  part: string,
  collection: Collection,
  entry: Entry,
  taken: string[],
): { id: string; thing: Table } {
  const id =
    part === 'numbers' || part === 'people' || part === 'endpoints'
      ? freeId(parts, part, taken)
      : freeName(entry.id, taken)
  const key = collection.shape === 'list' ? (collection.key ?? 'id') : null
  const thing = { ...entry.thing, ...(key ? { [key]: id } : {}) }
  if (part === 'people' && thing['extension'] !== undefined) thing['extension'] = id
  return { id, thing }
}
