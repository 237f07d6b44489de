/** The settings' own words: they come with these pages, not with everybody's, and follow the language chosen. */

import { watch } from 'vue'
import { useI18n } from 'vue-i18n'

import { texts, type Language } from '@/text'
import en from './text/en'
import zh from './text/zh-CN'

const OWN: Record<Language, object> = { 'zh-CN': zh, en }

// a language's shared texts are set whole when it is chosen: ours are put beside them each time
watch(
  texts.global.locale,
  (language) => {
    texts.global.mergeLocaleMessage(language, OWN[language])
  },
  { immediate: true, flush: 'sync' },
)

export function useWords() {
  const { t, te, locale } = useI18n()
  const zhNow = () => locale.value.startsWith('zh')

  function first(keys: readonly string[]): string | null {
    const key = keys.find((each) => te(each))
    return key === undefined ? null : t(key)
  }

  return {
    t,
    te,
    /** A field's name, as its form says it or as all forms do. */
    field: (scope: string, name: string) =>
      first([`settings.field.${scope}.${name}`, `settings.field.all.${name}`]) ?? name,
    hint: (scope: string, name: string) => first([`settings.hint.${scope}.${name}`]),
    group: (scope: string, name: string) => t(`settings.group.${scope}.${name}`),
    /** One of a closed set, such as a role or a strategy. */
    option: (words: string, value: string) => {
      if (words === 'as_is') return value
      if (words === 'capitals') return value.toUpperCase()
      if (words === 'role' || words === 'reason' || words === 'spoken')
        return first([`${words}.${value}`]) ?? value
      return first([`settings.option.${words}.${value === '' ? 'none' : value}`]) ?? value
    },
    none: (word: string) => t(`settings.none.${word}`),
    /** What the centre says of a mistake, in the language of the screen. */
    problem: (one: { message: string; message_zh: string }) =>
      zhNow() ? one.message_zh || one.message : one.message,
    nameOf: (name: string, english: string) => (zhNow() ? name : english || name),
  }
}
