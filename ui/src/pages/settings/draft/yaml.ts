/** Plain values as YAML that reads back as the same values: for a draft that the centre cannot print yet. */

import type { Parts, Plain } from '@/api/settings-types'
import { isTable } from './plain.ts'

/** A word that needs no quotes, and is no other word in disguise. */
const BARE = /^[\p{L}\p{N}_+./][\p{L}\p{N}_+./%()（）-]*$/u

function scalar(value: string | number | boolean | null): string {
  if (value === null) return '""'
  const text = String(value)
  return BARE.test(text) && !/^[+.]$/.test(text) ? text : JSON.stringify(text)
}

function inline(value: Plain): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`
  if (isTable(value))
    return `{${Object.entries(value)
      .map(([name, each]) => `${scalar(name)}: ${inline(each)}`)
      .join(', ')}}`
  return scalar(value)
}

const SHORT = 90

function block(value: Plain, indent: string): string {
  const flat = inline(value)
  const simple = Array.isArray(value) || isTable(value) ? indent.length + flat.length <= SHORT : true
  if (simple || (Array.isArray(value) && !value.length)) return ` ${flat}\n`
  if (Array.isArray(value))
    return `\n${value
      .map((each) => {
        const below = block(each, `${indent}  `)
        if (!isTable(each) || below.startsWith(' ')) return `${indent}-${below}`
        return `${indent}- ${below.slice(1 + indent.length + 2)}`
      })
      .join('')}`
  return `\n${Object.entries(value as { [name: string]: Plain })
    .map(([name, each]) => `${indent}${scalar(name)}:${block(each, `${indent}  `)}`)
    .join('')}`
}

export function printYaml(parts: Parts): string {
  return Object.entries(parts)
    .map(([name, value]) => {
      // things of a part always stand one below the other
      if (isTable(value) && Object.keys(value).length)
        return `${name}:\n${Object.entries(value)
          .map(([id, each]) => `  ${scalar(id)}:${block(each, '    ')}`)
          .join('')}`
      if (Array.isArray(value) && value.length)
        return `${name}:\n${value.map((each) => `  - ${inline(each)}\n`).join('')}`
      return `${name}:${block(value, '  ')}`
    })
    .join('\n')
}
