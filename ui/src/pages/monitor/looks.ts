/** The icon and hue of each kind of matter, and of each way to be beside a call. */

import type { Mode } from '@/api/monitor-types'
import type { IconName } from '@/design/icons'
import type { MatterKind } from './matters'

export const MODE_ICONS: Record<Mode | 'take_over', IconName> = {
  listen: 'desk',
  whisper: 'consult',
  barge: 'conference',
  take_over: 'in',
}

export const MATTER_LOOKS: Record<MatterKind, { icon: IconName; colour: string }> = {
  alarm: { icon: 'urgent', colour: 'unavailable' },
  help: { icon: 'help', colour: 'wrap_up' },
  trouble: { icon: 'wave', colour: 'break' },
  warning: { icon: 'alert', colour: 'ringing' },
  lost: { icon: 'hang_up', colour: 'break' },
}
