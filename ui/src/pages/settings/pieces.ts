/** The parts of the settings that are pieces of the bundle. */

import type { Fetch, PiecesFor } from '@/shell/ahead'
import type { Place } from './places'

export const PIECES: Partial<Record<Place, Fetch>> = {
  flows: () => import('./flow/FlowsPage.vue'),
  prompts: () => import('./prompts/PromptsPage.vue'),
  versions: () => import('./VersionsPage.vue'),
  file: () => import('./FilePage.vue'),
}

export const settingsPieces: PiecesFor = () => Object.values(PIECES)
