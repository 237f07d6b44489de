/** A list that comes page by page: its first page asked for anew at any time, the others one after another. */

import { computed, ref, shallowRef } from 'vue'

import type { Slice } from '@/api/quality-types'
import { useAct } from '../monitor/act'
import { useAsked } from '@/live/asked'

export function usePaged<T>(ask: (cursor: string, signal?: AbortSignal) => Promise<Slice<T>>) {
  const first = useAsked((signal) => ask('', signal))
  const { busy, trouble, act } = useAct()
  const further = shallowRef<T[]>([])
  const next = ref<string | null>(null)
  /** Null until the first page is there. */
  const rows = computed(() => first.value.value && [...first.value.value.rows, ...further.value])

  async function load(): Promise<void> {
    await first.load()
    further.value = []
    next.value = first.value.value?.next ?? null
  }

  async function more(): Promise<void> {
    const cursor = next.value
    if (!cursor) return
    await act(async () => {
      const page = await ask(cursor)
      if (next.value !== cursor) return // another list was asked for meanwhile
      further.value = [...further.value, ...page.rows]
      next.value = page.next
    })
  }

  return { rows, failure: first.failure, next, further, busy, trouble, act, load, more }
}
