/** Whose score an inspection's is: after an appeal it is the word of whoever decided. */

import { useI18n } from 'vue-i18n'

import type { Brief } from '@/api/quality-types'

export function useScoreBy() {
  const { t } = useI18n()

  return ({ appeal, inspector_name: inspector }: Brief): string => {
    const name = inspector || t('judged.machine')
    if (!appeal || appeal.decided_ms === null) return t('judged.score_by', { name })
    const by = appeal.decided_by_name || appeal.decided_by
    const changed = appeal.decisions.some((one) => one.outcome === 'changed')
    return t(changed ? 'judged.score_decided' : 'judged.score_upheld', { name, by })
  }
}
