/** The states of an inspection: shape, colour and word together. */

import type { InspectionState } from '@/api/quality-types'
import type { Look } from '@/design/states'

export const INSPECTION_LOOKS: Record<InspectionState, Look> = {
  draft: { shape: 'ring', colour: 'ringing' },
  submitted: { shape: 'half', colour: 'talking' },
  told: { shape: 'disc', colour: 'talking' },
  appealed: { shape: 'diamond', colour: 'wrap_up' },
  decided: { shape: 'square', colour: 'wrap_up' },
  closed: { shape: 'tick', colour: 'ready' },
}
