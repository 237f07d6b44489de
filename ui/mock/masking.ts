/** What the centre tells those who may not see numbers (views.py, live.py): callers masked wherever they stand. */

const HIDDEN = new Set(['caller', 'caller_name', 'callee'])
/** In these facts the number is that of somebody outside. */
const OUTSIDE = new Set(['outside', 'outside_refused', 'transfer', 'transfer_failed'])

/** `138****5678`, `王*`; short values keep their first sign. */
export function masked(value: string): string {
  return value.length >= 8
    ? `${value.slice(0, 3)}****${value.slice(-4)}`
    : value.slice(0, 1) + '*'.repeat(Math.max(0, value.length - 1))
}

export function withoutNumbers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNumbers)
  if (typeof value !== 'object' || value === null) return value
  const outside = 'kind' in value && OUTSIDE.has(String(value.kind))
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      typeof each === 'string' && (HIDDEN.has(name) || (outside && name === 'number'))
        ? masked(each)
        : withoutNumbers(each),
    ]),
  )
}
