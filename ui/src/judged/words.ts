/** The book's texts in the language of the screen. */

import { useI18n } from 'vue-i18n'

import type { Both } from '@/api/quality-types'

export function useBoth() {
  const { locale } = useI18n()
  /** The other language stands in where one is missing. */
  return (text: Both | null | undefined): string =>
    (text && (locale.value.startsWith('zh') ? text.zh || text.en : text.en || text.zh)) || ''
}
