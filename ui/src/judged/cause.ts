/** Why a call could not be judged or heard, in words; what nobody has words for is told as the machines tell it. */

import { useI18n } from 'vue-i18n'

import type { Cause } from '@/api/quality-types'
import { useFormats } from '@/format/use'

export function useCauses() {
  const { t, te } = useI18n()
  const format = useFormats()
  return (why: Cause | null | undefined, detail = ''): string => {
    if (!why) return ''
    const key = te(`cause.${why.code}`) ? `cause.${why.code}` : 'cause.unexpected'
    const at = typeof why.at_ms === 'number' ? format.value.time(why.at_ms) : ''
    return t(key, { ...why, at, detail })
  }
}
