/** The parts of the book that are pieces of the bundle. */

import type { Fetch, PiecesFor } from '@/shell/ahead'

export const PIECES = {
  try: () => import('./TryPage.vue'),
  versions: () => import('./BookVersionsPage.vue'),
} satisfies Record<string, Fetch>

export const bookPieces: PiecesFor = (may) => (may('try_book') ? Object.values(PIECES) : [])
