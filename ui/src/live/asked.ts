/** Something asked of the centre once: what came, or what went wrong, with a way to ask again. */

import { onScopeDispose, ref, shallowRef } from 'vue'

export function useAsked<T>(ask: (signal: AbortSignal) => Promise<T>) {
  const value = shallowRef<T | null>(null)
  const failure = shallowRef<unknown>(null)
  const busy = ref(false)
  let asking: AbortController | undefined

  /** What was known stays until the answer is there. */
  async function load(): Promise<void> {
    asking?.abort()
    const mine = (asking = new AbortController())
    busy.value = true
    try {
      const found = await ask(mine.signal)
      if (mine.signal.aborted) return
      value.value = found
      failure.value = null
    } catch (error) {
      if (!mine.signal.aborted) failure.value = error
    } finally {
      if (asking === mine) busy.value = false
    }
  }

  onScopeDispose(() => asking?.abort())
  return { value, failure, busy, load }
}
