/** The settings' own words: they come with these pages, not with everybody's, and follow the language chosen. */

import { watch } from 'vue'
import { useI18n } from 'vue-i18n'

import type { Problem } from '@/api/settings-types'
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

  const field = (scope: string, name: string) =>
    first([`settings.field.${scope}.${name}`, `settings.field.all.${name}`]) ?? name
  const problem = (one: { message: string; message_zh: string }) =>
    zhNow() ? one.message_zh || one.message : one.message

  return {
    t,
    te,
    /** A field's name, as its form says it or as all forms do. */
    field,
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
    /** What the centre says of a mistake, in the language of the screen: in the file's own words. */
    problem,
    /** The same where there are forms: what the file calls `otherwise` has a label there. */
    problemInForms(one: Problem): string {
      const key = `settings.problem_of.${one.code}`
      if (!te(key)) return problem(one)
      const name = /^"(.+?)"/.exec(one.message)?.[1] ?? ''
      const step = one.path[0] === 'flows' && one.path[2] === 'steps'
      return t(key, { field: field(step ? 'step' : String(one.path[0]), name) })
    },
    nameOf: (name: string, english: string) => (zhNow() ? name : english || name),
  }
}
