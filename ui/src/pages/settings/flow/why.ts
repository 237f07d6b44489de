/** Why the tape of a test call tells something: the centre's own notes and codes, in the words of the screen. */

import type { Played } from '@/api/settings-types'
import { stepFound } from '@/pages/call/sentence'

interface Texts {
  t: (key: string) => string
  te: (key: string) => boolean
}

/** Nothing where the code says no more than the line itself, or where there is no word for it. */
export function whyOf(one: Pick<Played, 'kind' | 'why'>, texts: Texts): string {
  const why = one.why ?? ''
  if (!why) return ''
  if (one.kind === 'step') {
    const { what, to } = stepFound(why, texts)
    return [what, to && `→ ${to}`].filter(Boolean).join(' ')
  }
  if (one.kind === 'language') return ''
  if (one.kind === 'looks_up')
    return stepFound(why.replace('not_found', 'not found').replace(' ', ': '), texts).what
  const [code = ''] = why.split(' ')
  for (const group of ['settings.flow.play_panel.because', 'overflow_why', 'discarded_why', 'reason'])
    if (texts.te(`${group}.${code}`)) return texts.t(`${group}.${code}`)
  return ''
}
