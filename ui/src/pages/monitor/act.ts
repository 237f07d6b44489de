/** One thing asked of the centre: busy meanwhile, and the words of a refusal for the place where it was asked. */

import { ref } from 'vue'
import { useI18n } from 'vue-i18n'

import { ApiError } from '@/api/client'
import { useTroubles } from '@/format/use'

export function useAct() {
  const { t, te } = useI18n()
  const troubleOf = useTroubles()
  const busy = ref(false)
  const trouble = ref('')

  /** True = it was done. */
  async function act(what: () => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    trouble.value = ''
    try {
      await what()
      return true
    } catch (error) {
      trouble.value = wordsOf(error)
      return false
    } finally {
      busy.value = false
    }
  }

  /** A refusal in the viewer's words where there are some, otherwise in the centre's. */
  function wordsOf(error: unknown): string {
    if (!(error instanceof ApiError) || (error.status !== 409 && error.status !== 422))
      return troubleOf(error)
    const { code } = (error.detail['why'] ?? {}) as { code?: string }
    const message = te(`refusal.${code ?? error.code}`) ? troubleOf(error) : error.message
    return t('monitor.refused', { message })
  }

  return { busy, trouble, act }
}

/** Up and down lead through the elements of a list that match, so that Tab need not. */
export function rove(event: KeyboardEvent, selector: string): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  const list = event.currentTarget as HTMLElement
  if (!step || !(event.target as HTMLElement).matches(selector)) return
  const all = [...list.querySelectorAll<HTMLElement>(selector)]
  const next = all[all.indexOf(event.target as HTMLElement) + step]
  if (!next) return
  event.preventDefault()
  next.focus()
}
