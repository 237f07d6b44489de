/** The list of calls: pages behind each other by cursor, and its head kept fresh while calls run. */

import { computed, ref, shallowRef } from 'vue'

import { api } from '@/api/client'
import type { Call, CallPage, CallSearch } from '@/api/types'
import type { Formats } from '@/format/time'

/** Newer views replace older ones of the same call; new calls stand at the top; newest first. */
export function merged(list: readonly Call[], fresh: readonly Call[]): Call[] {
  const byId = new Map(list.map((call) => [call.id, call]))
  for (const call of fresh) byId.set(call.id, call)
  return [...byId.values()].sort((a, b) => b.began_ms - a.began_ms || (a.id < b.id ? 1 : -1))
}

/** Calls without a gap, newest first, and where pages of the centre's ended: behind which call a cursor leads on. */
export interface Listing {
  calls: readonly Call[]
  /** In the order of the calls; the last one is at the last call. */
  ends: readonly { call: string; next: string | null }[]
}

/** As many rows beyond those that were asked for may gather above them before the oldest are let go. */
export const SPARE = 100

export function opened(page: CallPage): Listing {
  const last = page.calls.at(-1)
  return { calls: page.calls, ends: last ? [{ call: last.id, next: page.next }] : [] }
}

export function nextOf(listing: Listing): string | null {
  return listing.ends.at(-1)?.next ?? null
}

/** With a page behind the last call. */
export function continued(listing: Listing, page: CallPage): Listing {
  const { calls, ends } = opened(page)
  return { calls: merged(listing.calls, calls), ends: [...listing.ends, ...ends] }
}

/** With the newest page: where it does not reach back to the calls known, others are missing, and it begins anew. */
export function freshened(listing: Listing, page: CallPage): Listing {
  const fresh = opened(page)
  const known = new Set(listing.calls.map((call) => call.id))
  if (page.next === null || !page.calls.some((call) => known.has(call.id))) return fresh
  const ends = listing.ends.filter((end) => end.call !== fresh.ends[0]?.call)
  return { calls: merged(listing.calls, page.calls), ends: [...fresh.ends, ...ends] }
}

/** Without the oldest, once there are many more than were `asked` for: a page that stays open all day stays quick. */
export function trimmed(listing: Listing, asked: number): Listing {
  if (listing.calls.length <= asked + SPARE) return listing
  const places = new Map(listing.calls.map((call, at) => [call.id, at]))
  const last = listing.ends.findIndex((end) => (places.get(end.call) ?? -1) >= asked - 1)
  const end = listing.ends[last]
  if (!end) return listing
  return {
    calls: listing.calls.slice(0, (places.get(end.call) ?? 0) + 1),
    ends: listing.ends.slice(0, last + 1),
  }
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
  const listing = shallowRef<Listing>({ calls: [], ends: [] })
  const calls = computed(() => listing.value.calls)
  const next = computed(() => nextOf(listing.value))
  const loading = ref(false)
  const loaded = ref(false)
  const failure = ref<unknown>(null)
  let search: CallSearch = {}
  let asked = 0
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
      listing.value = opened(page)
      asked = page.calls.length
      loaded.value = true
    } catch (error) {
      if (mine.signal.aborted) return
      failure.value = error
    }
    if (asking === mine) loading.value = false
  }

  async function more(): Promise<void> {
    const cursor = next.value
    if (!cursor || loading.value) return
    const mine = asking
    loading.value = true
    try {
      const page = await api.calls({ ...search, cursor }, mine?.signal)
      if (asking !== mine) return
      if (next.value === cursor) {
        listing.value = continued(listing.value, page)
        asked += page.calls.length
      } // else the list began anew meanwhile
    } catch (error) {
      if (mine?.signal.aborted) return
      failure.value = error
    }
    if (asking === mine) loading.value = false
  }

  /**
   * Ask for the newest calls again, and for running ones that the newest no longer include.
   * `trim`: nobody looks at the oldest ones now.
   */
  async function freshen(trim: boolean): Promise<void> {
    if (freshening || loading.value || !loaded.value) return
    freshening = true
    const mine = asking
    try {
      const page = await api.calls(search, mine?.signal)
      const seen = new Set(page.calls.map((call) => call.id))
      const rest = running.value.filter((call) => !seen.has(call.id)).slice(0, 10)
      const others = await Promise.all(rest.map((call) => api.call(call.id, mine?.signal).catch(() => call)))
      if (asking !== mine) return
      const { calls, ends } = freshened(listing.value, page)
      const known = new Set(calls.map((call) => call.id))
      const whole = {
        calls: merged(
          calls,
          others.filter((call) => known.has(call.id)),
        ),
        ends,
      }
      listing.value = trim ? trimmed(whole, asked) : whole
    } catch {
      // the next change tries again; the list stays as it was
    } finally {
      freshening = false
    }
  }

  return { calls, next, loading, loaded, failure, running, load, more, freshen }
}
