// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from 'vitest'

import { browserLanguage, keptLanguage, speak, texts } from '.'

beforeEach(() => {
  localStorage.clear()
})

test.each([
  [['zh-TW'], 'zh-CN'],
  [['en-GB', 'zh-CN'], 'en'],
  [['fr-FR', 'zh-CN', 'en'], 'zh-CN'],
  [['fr-FR'], 'en'],
  [[], 'en'],
])('a browser that speaks %j is answered in %s', (languages, answer) => {
  vi.spyOn(navigator, 'languages', 'get').mockReturnValue(languages)
  expect(browserLanguage()).toBe(answer)
})

test('what is chosen is kept, what is only followed is not', async () => {
  await speak('en', false)
  expect([texts.global.locale.value, document.documentElement.lang]).toEqual(['en', 'en'])
  expect(keptLanguage()).toBe(null)
  await speak('zh-CN')
  expect(keptLanguage()).toBe('zh-CN')
})

test('the language asked for last is spoken, whichever arrives first', async () => {
  await Promise.all([speak('en'), speak('zh-CN')])
  expect([texts.global.locale.value, keptLanguage()]).toEqual(['zh-CN', 'zh-CN'])
})

test('in English one is told apart from several', async () => {
  await speak('en', false)
  const { t } = texts.global
  expect([0, 1, 2].map((n) => t('call.facts_count', { n }))).toEqual(['0 entries', '1 entry', '2 entries'])
  await speak('zh-CN', false)
})
