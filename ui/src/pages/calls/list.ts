/** The list of calls: pages behind each other by cursor, and its head kept fresh while calls run. */

import { computed, ref, shallowRef } from 'vue'

import { api } from '@/api/client'
import type { Call, CallSearch } from '@/api/types'
import type { Formats } from '@/format/time'

/** Newer views replace older ones of the same call; new calls stand at the top; newest first. */
export function merged(list: readonly Call[], fresh: readonly Call[]): Call[] {
  const byId = new Map(list.map((call) => [call.id, call]))
  for (const call of fresh) byId.set(call.id, call)
  return [...byId.values()].sort((a, b) => b.began_ms - a.began_ms || (a.id < b.id ? 1 : -1))
}

/** Neighbours of one day in the centre's time zone, under its name. */
export function byDay(
  list: readonly Call[],
  format: Formats,
): { key: string; label: string; calls: Call[] }[] {
  const groups: { key: string; label: string; calls: Call[] }[] = []
  for (const call of list) {
    const key = format.dayKey(call.began_ms)
    const last = groups.at(-1)
    if (last?.key === key) last.calls.push(call)
    else groups.push({ key, label: format.day(call.began_ms), calls: [call] })
  }
  return groups
}

export function useCallList() {
  const calls = shallowRef<Call[]>([])
  const next = ref<string | null>(null)
  const loading = ref(false)
  const loaded = ref(false)
  const failure = ref<unknown>(null)
  let search: CallSearch = {}
  let asking: AbortController | null = null
  let freshening = false

  const running = computed(() => calls.value.filter((call) => call.state !== 'ended'))

  async function load(terms: CallSearch): Promise<void> {
    search = terms
    asking?.abort()
    const mine = (asking = new AbortController())
    loading.value = true
    failure.value = null
    try {
      const page = await api.calls(search, mine.signal)
      calls.value = page.calls
      next.value = page.next
      loaded.value = true
    } catch (error) {
      if (mine.signal.aborted) return
      failure.value = error
    }
    if (asking === mine) loading.value = false
  }

  async function more(): Promise<void> {
    if (!next.value || loading.value) return
    const mine = asking
    loading.value = true
    try {
      const page = await api.calls({ ...search, cursor: next.value }, mine?.signal)
      if (asking !== mine) return
      calls.value = merged(calls.value, page.calls)
      next.value = page.next
    } catch (error) {
      if (mine?.signal.aborted) return
      failure.value = error
    }
    if (asking === mine) loading.value = false
  }

  /** Ask for the newest calls again, and for running ones that the newest no longer include. */
  async function freshen(): Promise<void> {
    if (freshening || loading.value || !loaded.value) return
    freshening = true
    const mine = asking
    try {
      const page = await api.calls(search, mine?.signal)
      const seen = new Set(page.calls.map((call) => call.id))
      const rest = running.value.filter((call) => !seen.has(call.id)).slice(0, 10)
      const others = await Promise.all(rest.map((call) => api.call(call.id, mine?.signal).catch(() => call)))
      if (asking === mine) calls.value = merged(calls.value, [...page.calls, ...others])
    } catch {
      // the next change tries again; the list stays as it was
    } finally {
      freshening = false
    }
  }

  return { calls, next, loading, loaded, failure, running, load, more, freshen }
}
