/** Sentences of the agent's page that are put together from values. Pure: the catalogue is handed in. */

import type { Formats } from '@/format/time'
import type { Verdict } from '@/phone/quality'

type Translate = (key: string, values?: Record<string, unknown>) => string

/** Why a line is not good; empty while it is. */
export function causeOf(verdict: Verdict, format: Formats, t: Translate): string {
  const ms = (value: number | null) => format.number(Math.round(value ?? 0))
  switch (verdict.cause) {
    case 'loss':
      return t('desk.line.cause.loss', { share: format.percent(verdict.loss) })
    case 'jitter':
      return t('desk.line.cause.jitter', { ms: ms(verdict.jitter) })
    case 'delay':
      return t('desk.line.cause.delay', { ms: ms(verdict.round_trip) })
    case 'silence':
      return t('desk.line.cause.silence')
    case null:
      return ''
  }
}

/** JsSIP's words for the end of a call that came to nothing, and ours. */
const CAUSES: Record<string, string> = {
  Busy: 'busy',
  Rejected: 'rejected',
  'Not Found': 'not_found',
  'Address Incomplete': 'not_found',
  Unavailable: 'unavailable',
  'No Answer': 'unavailable',
  'Request Timeout': 'unavailable',
  'Authentication Error': 'forbidden',
  'Connection Error': 'network',
  'SIP Failure Code': 'line',
  network: 'network',
  invalid: 'not_found',
  microphone: 'microphone',
  lost_call: 'lost_call',
}

/** Why a call from here came to nothing, for the one who dialled. */
export function causeWords(cause: string, t: Translate): string {
  const known = CAUSES[cause]
  return known ? t(`desk.cause.${known}`) : t('desk.cause.other', { cause })
}
