/**
 * The file as plain values, changed without being touched: every change gives a new file that shares what
 * stayed. What the file leaves out (nothing, an empty list) is left out here too, as the centre does it: so that
 * undoing a change by hand gives the same file again.
 */

import type { Parts, Path, Plain } from '@/api/settings-types'

export type Table = { [name: string]: Plain }

export function isTable(value: Plain | undefined): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A list, also where one word stands for a list of one; nothing is an empty list. */
export function listOf(value: Plain | undefined): Plain[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : [value]
}

export function wordsOf(value: Plain | undefined): string[] {
  return listOf(value)
    .filter((each) => typeof each !== 'object')
    .map(String)
}

export function textOf(value: Plain | undefined): string {
  return value === undefined || value === null || typeof value === 'object' ? '' : String(value)
}

export function at(value: Plain | undefined, path: Path): Plain | undefined {
  let here: Plain | undefined = value
  for (const name of path) {
    if (typeof name === 'number') here = listOf(here)[name]
    else if (isTable(here) && Object.hasOwn(here, name)) here = here[name]
    else return undefined
  }
  return here
}

/** Whether the file means the same by both. */
export function same(a: Plain | undefined, b: Plain | undefined): boolean {
  if (a === b) return true
  if (Array.isArray(a) || Array.isArray(b)) {
    const left = listOf(a)
    const right = listOf(b)
    return left.length === right.length && left.every((item, index) => same(item, right[index]))
  }
  if (!isTable(a) || !isTable(b)) return false
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && same(a[name], b[name]))
  )
}

/** As the file would have it: nothing instead of an empty text or list. */
export function short(value: Plain | undefined): Plain | undefined {
  if (value === undefined || value === null || value === '') return undefined
  return Array.isArray(value) && !value.length ? undefined : value
}

function withItem(list: Plain[], index: number, value: Plain | undefined): Plain[] {
  if (value === undefined) return list.filter((_, each) => each !== index)
  const next = [...list]
  next[index] = value
  return next
}

/** A table with its names set anew; an undefined value takes the name out. */
export function withName(table: Table, name: string, value: Plain | undefined): Table {
  if (value !== undefined) return { ...table, [name]: value }
  return Object.fromEntries(Object.entries(table).filter(([each]) => each !== name))
}

function put(here: Plain | undefined, path: Path, value: Plain | undefined): Plain | undefined {
  const [name, ...rest] = path
  if (name === undefined) return value
  if (typeof name === 'number') {
    const list = listOf(here)
    return withItem(list, name, put(list[name], rest, value))
  }
  const table = isTable(here) ? here : {}
  return withName(table, name, put(Object.hasOwn(table, name) ? table[name] : undefined, rest, value))
}

/** The file with another value at a place; undefined takes it out. */
export function withAt(parts: Parts, path: Path, value: Plain | undefined): Parts {
  return (put(parts, path, value) ?? {}) as Parts
}

/** A table under another name at the same place in its order. */
export function renamed(table: Table, from: string, to: string): Table {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [name === from ? to : name, value]))
}

export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const next = [...list]
  const [item] = next.splice(from, 1)
  if (item !== undefined) next.splice(Math.max(0, Math.min(next.length, to)), 0, item)
  return next
}

/** A name that is not taken: `base`, `base-2`, `base-3` … */
export function freeName(base: string, taken: Iterable<string>): string {
  const used = new Set(taken)
  if (!used.has(base)) return base
  for (let n = 2; ; n++) if (!used.has(`${base}-${n}`)) return `${base}-${n}`
}

/** A number that is not taken, from `first` on. */
export function freeNumber(first: number, taken: Iterable<string>): string {
  const used = new Set(taken)
  let n = first
  while (used.has(String(n))) n++
  return String(n)
}
