/** The wrap-up form: the tree of dispositions, and what is missing before it can be filed. Pure. */

import type { Disposition } from '@/api/desk-types'

export interface Draft {
  disposition: string
  summary: string
  /** As a date field has it (`2026-11-27T18:00`); empty = the disposition's own. */
  deadline: string
}

export const EMPTY_DRAFT: Draft = { disposition: '', summary: '', deadline: '' }

/** From the root to the one with that id, itself included; empty when there is none. */
export function pathTo(tree: readonly Disposition[], id: string): Disposition[] {
  for (const one of tree) {
    if (one.id === id) return [one]
    const rest = pathTo(one.children, id)
    if (rest.length) return [one, ...rest]
  }
  return []
}

/** The rows of choices that stand open: the roots, and the children of each one chosen. */
export function rowsOf(
  tree: readonly Disposition[],
  chosen: string,
): { options: readonly Disposition[]; at: string }[] {
  const path = pathTo(tree, chosen)
  const rows = [{ options: tree, at: path[0]?.id ?? '' }]
  path.forEach((one, i) => {
    if (one.children.length) rows.push({ options: one.children, at: path[i + 1]?.id ?? '' })
  })
  return rows
}

/** Only what has nothing below it can be filed. */
export function leafOf(tree: readonly Disposition[], id: string): Disposition | null {
  const last = pathTo(tree, id).at(-1)
  return last && !last.children.length ? last : null
}

/** When it is due: as written, else the disposition's own counted from the call's end; null = none. */
export function deadlineOf(draft: Draft, leaf: Disposition | null, ended: number): number | null {
  if (draft.deadline) {
    const at = new Date(draft.deadline).getTime()
    return Number.isNaN(at) ? null : at
  }
  return leaf?.deadline_ms ? ended + leaf.deadline_ms : null
}
