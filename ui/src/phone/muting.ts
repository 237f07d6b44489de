/** The centre is told when the agent mutes: it hears silence and cannot know that the page sends it on purpose. */

import { computed, onScopeDispose, watch } from 'vue'

import { deskApi } from '@/api/desk'
import { callsOf } from '@/live/desk'
import { useDesk } from '@/live/desk-store'
import { itemsOf, type Item } from '@/pages/desk/board'
import { usePhone } from './store'

export interface Muting {
  call: string
  on: boolean
}

/** Which calls the centre knows otherwise than the phone. Pure. */
export function mutingsOf(items: readonly Item[]): Muting[] {
  return items.flatMap(({ call, line }) =>
    call?.state === 'talking' && line?.state === 'talking' && call.muted !== line.muted
      ? [{ call: call.id, on: line.muted }]
      : [],
  )
}

const AGAIN_MS = 5_000

/** While the page stands: what differs is told at once, and again after a while if it did not arrive. */
export function useMutingTold(): void {
  const phone = usePhone()
  const desk = useDesk()
  const differs = computed(() =>
    JSON.stringify(mutingsOf(itemsOf(desk.desk ? callsOf(desk.desk) : [], phone.phone.lines))),
  )
  let again: number | undefined

  function tell(): void {
    window.clearTimeout(again)
    for (const { call, on } of JSON.parse(differs.value) as Muting[])
      deskApi.mute(call, on).catch(() => {
        again = window.setTimeout(tell, AGAIN_MS)
      })
  }

  watch(differs, tell)
  onScopeDispose(() => {
    window.clearTimeout(again)
  })
}
