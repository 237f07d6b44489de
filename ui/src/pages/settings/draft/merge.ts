/** Two people changed the same file: what both did, and where they cannot both be right. */

import type { Parts, Path, Plain } from '@/api/settings-types'
import { isTable, same, type Table } from './plain'

/** Lists of things that have a name of their own are merged thing by thing. */
const NAMES = ['number', 'user', 'endpoint', 'trunk', 'rule', 'id'] as const

export interface Conflict {
  path: Path
  theirs: Plain | undefined
  mine: Plain | undefined
}

export interface Merged {
  parts: Parts
  conflicts: Conflict[]
}

/** By which of its fields a thing in a list is named; null where the list is of something else. */
export function namedBy(list: readonly Plain[]): string | null {
  if (!list.length || !list.every(isTable)) return null
  for (const name of NAMES) {
    const names = list.map((item) => (item as Table)[name])
    if (names.every((each) => each !== undefined) && new Set(names.map(String)).size === names.length)
      return name
  }
  return null
}

function tableOf(list: readonly Plain[], name: string): Table {
  return Object.fromEntries(list.map((item) => [`=${String((item as Table)[name])}`, item]))
}

export const conflictKey = (path: Path) => JSON.stringify(path)

/**
 * Both sides' changes to what they began with; where both changed one thing otherwise, mine stands, or theirs
 * where `yielded` has the conflict's key.
 */
export function merge(
  base: Parts,
  theirs: Parts,
  mine: Parts,
  yielded: ReadonlySet<string> = new Set(),
): Merged {
  const conflicts: Conflict[] = []

  function one(
    path: Path,
    was: Plain | undefined,
    their: Plain | undefined,
    my: Plain | undefined,
  ): Plain | undefined {
    if (same(their, my) || same(was, my)) return their
    if (same(was, their)) return my
    if (isTable(their) && isTable(my)) return table(path, isTable(was) ? was : {}, their, my)
    if (Array.isArray(their) && Array.isArray(my)) {
      const name = namedBy([...their]) ?? namedBy([...my])
      if (name && [their, my].every((list) => !list.length || namedBy(list) === name)) {
        const before = Array.isArray(was) && namedBy(was) === name ? tableOf(was, name) : {}
        return Object.values(table(path, before, tableOf(their, name), tableOf(my, name)))
      }
    }
    conflicts.push({ path, theirs: their, mine: my })
    return yielded.has(conflictKey(path)) ? their : my
  }

  function table(path: Path, was: Table, their: Table, my: Table): Table {
    const merged: Table = {}
    // my order, and what they added after
    for (const name of [
      ...Object.keys(my),
      ...Object.keys(their).filter((each) => !Object.hasOwn(my, each)),
    ]) {
      const value = one(
        [...path, name.replace(/^=/, '')],
        Object.hasOwn(was, name) ? was[name] : undefined,
        Object.hasOwn(their, name) ? their[name] : undefined,
        Object.hasOwn(my, name) ? my[name] : undefined,
      )
      if (value !== undefined) merged[name] = value
    }
    return merged
  }

  return { parts: table([], base, theirs, mine), conflicts }
}
