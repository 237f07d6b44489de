/** What waits for an answer of whoever is signed in, by page: the rail counts it beside the page's name. */

import { computed, onBeforeUnmount, onMounted, watch, type ComputedRef } from 'vue'

import { useProposal } from '@/pages/standard/proposal'
import { useSession } from './session'

/** So often the centre is asked, besides whenever somebody comes back to the page. */
export const ASK_MS = 60_000

export type Awaited = Partial<Record<string, number>>

/** Within a component: it asks as long as that is there. */
export function useAwaited(): ComputedRef<Awaited> {
  const session = useSession()
  const proposals = useProposal()
  const publishes = computed(() => session.may('change_book'))
  let timer = 0

  async function ask(): Promise<void> {
    if (publishes.value && !document.hidden) await proposals.load().catch(() => undefined)
  }

  watch(publishes, ask)
  onMounted(() => {
    void ask()
    timer = window.setInterval(() => void ask(), ASK_MS)
    document.addEventListener('visibilitychange', ask)
  })
  onBeforeUnmount(() => {
    window.clearInterval(timer)
    document.removeEventListener('visibilitychange', ask)
  })
  return computed(() => (publishes.value && proposals.open ? { standard: 1 } : {}))
}
