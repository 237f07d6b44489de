/** The shape that every language's catalogue has: that of the Chinese one. */

import type zh from './zh-CN'

export type Catalogue = typeof zh

/** Every text's key as a dotted path, sorted. */
export function keysOf(catalogue: object, before = ''): string[] {
  return Object.entries(catalogue)
    .flatMap(([name, value]: [string, unknown]) =>
      typeof value === 'object' && value !== null ? keysOf(value, `${before}${name}.`) : [before + name],
    )
    .sort()
}
