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

/** Lines of a list beside those of another: which of them stand there too, as often as they do. */
export function shared(
  lines: readonly string[],
  others: readonly string[],
): { line: string; same: boolean }[] {
  const left = [...others]
  return lines.map((line) => {
    const at = left.indexOf(line)
    if (at >= 0) left.splice(at, 1)
    return { line, same: at >= 0 }
  })
}
