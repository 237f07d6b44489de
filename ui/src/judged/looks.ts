/** How a verdict looks: shape, colour and word together, so that it reads without colour too. */

import type { VerdictKind } from '@/api/quality-types'
import type { Look } from '@/design/states'

export const VERDICT_LOOKS: Record<VerdictKind, Look> = {
  breach: { shape: 'cross', colour: 'unavailable' },
  unsure: { shape: 'triangle', colour: 'ringing' },
  pass: { shape: 'tick', colour: 'ready' },
  not_applicable: { shape: 'stop', colour: 'signed_out' },
}

/** In the order of what asks for attention. */
export const VERDICT_ORDER = ['breach', 'unsure', 'pass', 'not_applicable'] as const
