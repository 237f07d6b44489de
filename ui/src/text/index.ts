/** The languages of the screens: Chinese comes with the page, others are fetched when chosen. */

import { createI18n } from 'vue-i18n'

import type { Catalogue } from './catalogue'
import zh from './zh-CN'

export const LANGUAGES = [
  { code: 'zh-CN', name: '中文' },
  { code: 'en', name: 'English' },
] as const
export type Language = (typeof LANGUAGES)[number]['code']

const KEPT = 'huawu.language'

export const texts = createI18n<[Catalogue], Language, false>({
  legacy: false,
  locale: 'zh-CN',
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': zh } as Record<Language, Catalogue>,
  // `{n} call | {n} calls`: a text that says nothing of one only has the many
  pluralRules: { en: (n) => (n === 1 ? 0 : 1) },
})

/** The language a word for one (`zh`, `en-GB`) means, if the screens have it. */
export function languageOf(code: string | null | undefined): Language | null {
  if (!code) return null
  if (code.toLowerCase().startsWith('zh')) return 'zh-CN'
  return LANGUAGES.find((one) => code.toLowerCase().startsWith(one.code))?.code ?? null
}

/** The last that was asked for: its words may arrive after those of one asked for later. */
let wanted: Language = 'zh-CN'

export async function speak(language: Language, keep = true): Promise<void> {
  wanted = language
  if (!texts.global.availableLocales.includes(language))
    texts.global.setLocaleMessage(language, (await import('./en')).default)
  if (language !== wanted) return
  texts.global.locale.value = language
  document.documentElement.lang = language
  if (keep) localStorage.setItem(KEPT, language)
}

/** The language chosen on this machine before, if any. */
export function keptLanguage(): Language | null {
  return languageOf(localStorage.getItem(KEPT))
}

/** What somebody reads who has chosen nothing: the first of the browser's languages that the screens have. */
export function browserLanguage(): Language {
  return navigator.languages.map(languageOf).find((one) => one !== null) ?? 'en'
}
