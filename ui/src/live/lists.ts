/** Lists of things that have a name: what live screens put into and take out of their snapshots. */

/** The list with `item` in the place of the one of the same name, or at the end. */
export function put<T>(list: readonly T[], item: T, name: (one: T) => string): T[] {
  const at = list.findIndex((one) => name(one) === name(item))
  return at < 0 ? [...list, item] : [...list.slice(0, at), item, ...list.slice(at + 1)]
}

export function without<T>(list: readonly T[], gone: string, name: (one: T) => string): T[] {
  return list.filter((one) => name(one) !== gone)
}
