/** What may be chosen where a thing is named: the draft's own things, its steps, and the prompts there are. */

import { useI18n } from 'vue-i18n'

import { isTable } from '../draft/plain'
import { useDraft } from '../draft/store'
import type { Named } from './field'
import { optionsOf, type Option } from './options-of'

export function useOptions() {
  const draft = useDraft()
  const { t, te, locale } = useI18n()

  function prompts(): Option[] {
    const seen = new Map<string, string>()
    const language = locale.value.startsWith('zh') ? 'zh' : 'en'
    for (const prompt of draft.prompts?.prompts ?? [])
      if (!seen.has(prompt.id) || prompt.language === language) seen.set(prompt.id, prompt.text)
    return [...seen.keys()].sort().map((value) => ({ value, label: promptName(value) }))
  }

  /** What a prompt is called; else its id. */
  function promptName(id: string): string {
    const key = `prompt.${id}`
    return te(key) ? t(key) : id
  }

  return {
    options: (of: Named, flow = ''): Option[] => {
      if (of === 'prompts') return prompts()
      if (of === 'steps') {
        const flows = draft.parts['flows']
        const here = isTable(flows) ? flows[flow] : undefined
        const steps = isTable(here) && isTable(here['steps']) ? here['steps'] : {}
        return Object.keys(steps).map((value) => ({ value, label: value }))
      }
      return optionsOf(draft.parts, of)
    },
    promptName,
  }
}
