/** The pages of inspection, and who is shown which. */

import type { Permission } from '@/shell/roles'

export const PLACES = ['inspections', 'calls', 'appeals', 'plans', 'rounds', 'figures', 'mine'] as const
export type Place = (typeof PLACES)[number]

export const NEEDS: Record<Place, Permission> = {
  inspections: 'inspect',
  calls: 'see_quality',
  appeals: 'inspect',
  plans: 'see_quality',
  rounds: 'see_quality',
  figures: 'see_quality',
  mine: 'appeal_own',
}

export function isPlace(part: unknown): part is Place {
  return typeof part === 'string' && (PLACES as readonly string[]).includes(part)
}

/** What somebody may open, in the order of the tabs. */
export function placesOf(may: (permission: Permission) => boolean): Place[] {
  return PLACES.filter((place) => may(NEEDS[place]))
}
