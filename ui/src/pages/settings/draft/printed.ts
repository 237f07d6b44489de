/** Values as the centre prints them in a change: `[a, b]`, `{queue: x}`, `[{rule: a, who: [b, c]}]`. */

import type { Table } from './plain'

/** A text at its commas, those inside brackets not counted. */
function apart(text: string): string[] {
  const pieces: string[] = []
  let [depth, from] = [0, 0]
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    if (char === '[' || char === '{') depth++
    else if (char === ']' || char === '}') depth--
    else if (char === ',' && depth === 0 && text.charAt(at + 1) === ' ') {
      pieces.push(text.slice(from, at))
      from = at + 2
    }
  }
  return text === '' ? [] : [...pieces, text.slice(from)]
}

/** The pieces of a list; a single value is a list of one. */
export function listed(text: string): string[] {
  return apart(/^\[(.*)\]$/s.exec(text)?.[1] ?? text)
}

/** The names and values of a table; null when it is none. A comma in a value belongs to the value. */
export function tabled(text: string): [string, string][] | null {
  const inner = /^\{(.*)\}$/s.exec(text)?.[1]
  if (inner === undefined) return null
  const pairs: [string, string][] = []
  for (const piece of apart(inner)) {
    const [, name, value] = /^(\w+): (.*)$/s.exec(piece) ?? []
    const last = pairs.at(-1)
    if (name !== undefined && value !== undefined) pairs.push([name, value])
    else if (last) last[1] += `, ${piece}`
  }
  return pairs
}

/** A printed table as the file has it, lists as lists; what is not set is left out. Null when it is none. */
export function asTable(text: string): Table | null {
  const pairs = tabled(text)?.filter(([, value]) => value !== '(none)')
  return pairs
    ? Object.fromEntries(
        pairs.map(([name, value]) => [name, /^\[.*\]$/s.test(value) ? listed(value) : value]),
      )
    : null
}

/** A line of a list whose order counts, and what became of it: it stayed, it moved, or only one list has it. */
export interface Line {
  line: string
  is: 'same' | 'moved' | 'only'
}

/** The longest run of lines that both lists have in the same order: their places in the one and in the other. */
function common(before: readonly string[], after: readonly string[]): [number, number][] {
  const best: [number, number][][] = Array.from({ length: after.length + 1 }, () => [])
  for (const [i, line] of before.entries()) {
    let diagonal = best[0] ?? []
    for (const [j, other] of after.entries()) {
      const [above = [], left = []] = [best[j + 1], best[j]]
      const longer = left.length > above.length ? left : above
      best[j + 1] = line === other ? [...diagonal, [i, j]] : longer
      diagonal = above
    }
  }
  return best.at(-1) ?? []
}

/** Two states of such a list: as few lines as can be count as moved. */
export function compared(before: readonly string[], after: readonly string[]): [Line[], Line[]] {
  const stayed = common(before, after)
  const lines = (list: readonly string[], others: readonly string[], side: 0 | 1): Line[] => {
    const kept = new Set(stayed.map((pair) => pair[side]))
    const across = new Set(stayed.map((pair) => pair[1 - side]))
    const left = others.filter((_, index) => !across.has(index))
    return list.map((line, index) => {
      if (kept.has(index)) return { line, is: 'same' }
      const at = left.indexOf(line)
      if (at >= 0) left.splice(at, 1)
      return { line, is: at >= 0 ? 'moved' : 'only' }
    })
  }
  return [lines(before, after, 0), lines(after, before, 1)]
}
