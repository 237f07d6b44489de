/** A page of a list, as the centre cuts it: so many rows after the one that the cursor names. */

export function sliced(
  name: string,
  all: readonly { id: string }[],
  terms: URLSearchParams,
): Record<string, unknown> {
  const limit = Number(terms.get('limit') || 50)
  const cursor = terms.get('cursor')
  const from = cursor ? all.findIndex((one) => one.id === cursor) + 1 : 0
  const rows = all.slice(from, from + limit)
  return { [name]: rows, next: from + limit < all.length ? (rows.at(-1)?.id ?? null) : null }
}
