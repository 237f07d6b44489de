/** The parts of inspection, each a piece of the bundle. */

import type { Fetch, PiecesFor } from '@/shell/ahead'
import { placesOf, type Place } from './places'

export const PIECES: Record<Place, Fetch> = {
  inspections: () => import('./InspectionsPage.vue'),
  calls: () => import('./JudgedCallsPage.vue'),
  appeals: () => import('./AppealsPage.vue'),
  plans: () => import('./PlansPage.vue'),
  rounds: () => import('./RoundsPage.vue'),
  figures: () => import('./FiguresPage.vue'),
  mine: () => import('./MinePage.vue'),
}

/** One inspection. */
export const FORM: Fetch = () => import('./InspectionPage.vue')

export const qualityPieces: PiecesFor = (may) => [...placesOf(may).map((place) => PIECES[place]), FORM]
