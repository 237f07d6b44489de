/** The words in which a call's timeline is told on this screen. */
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'

import { readableNumber, useFormats, useNames } from '@/format/use'
import type { Words } from './sentence'

interface Answered {
  agent?: string | null
  agent_name?: string | null
}

/** `call`: its own agent is called by the name on record. */
export function useWords(call: () => Answered | null = () => null) {
  const { t, te } = useI18n()
  const format = useFormats()
  const names = useNames()
  return computed<Words>(() => ({
    t: (key, values) => t(key, values ?? {}),
    te: (key) => te(key),
    format: format.value,
    queue: names.queue,
    agent: (who) => {
      const own = call()
      return (who && who === own?.agent && own.agent_name) || names.agent(who)
    },
    number: readableNumber,
  }))
}
