/** A call without a phone: acts gather, the whole call is played anew by the centre with each. */

import { computed, ref, shallowRef, type Ref } from 'vue'

import { ApiError } from '@/api/client'
import { settingsApi } from '@/api/settings'
import type { Act, Play, Played, PlayWish } from '@/api/settings-types'
import { useDraft } from '../draft/store'

/** The instant of a wall-clock time (`2026-11-26T19:30`) in a time zone. */
export function instantIn(zone: string, local: string): number {
  const wanted = Date.parse(`${local}Z`)
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  })
  const wall = (at: number) => {
    const of = Object.fromEntries(format.formatToParts(at).map((part) => [part.type, part.value]))
    return Date.parse(`${of['year']}-${of['month']}-${of['day']}T${of['hour']}:${of['minute']}Z`)
  }
  // the zone's offset at that hour may differ from the one guessed first: ask twice
  let guess = wanted - (wall(wanted) - wanted)
  guess += wanted - wall(guess)
  return guess
}

/** The steps of one flow that were come through, in order; the last is where the call is. */
export function stepsOf(play: Play | null, flow: string): string[] {
  const found: string[] = []
  for (const one of play?.played ?? [])
    if (one.step && (one.flow || flow) === flow && found.at(-1) !== one.step) found.push(one.step)
  const waiting = play?.waits_for
  if (waiting?.step && (waiting.flow || flow) === flow && found.at(-1) !== waiting.step)
    found.push(waiting.step)
  return found
}

/** Where the call is now; empty in another flow, or when it has ended. */
export function litOf(play: Play | null, flow: string): string {
  if (!play) return ''
  const waiting = play.waits_for
  if (waiting?.step) return (waiting.flow || flow) === flow ? waiting.step : ''
  const last = play.played.filter((one) => one.step).at(-1)
  return last && (last.flow || flow) === flow ? (last.step ?? '') : ''
}

export interface Start {
  /** A number that is dialled; empty: the flow itself. */
  number: string
  caller: string
  /** Wall-clock time at the centre; empty: now. */
  at: string
}

export function usePlay(flow: Ref<string>, zone: Ref<string>) {
  const draft = useDraft()
  const acts = ref<Act[]>([])
  const play = shallowRef<Play | null>(null)
  const failure = shallowRef<unknown>(null)
  const busy = ref(false)
  let begun: Start | null = null
  let asking: AbortController | null = null

  async function run(): Promise<Played[]> {
    if (!begun) return []
    asking?.abort()
    const mine = (asking = new AbortController())
    const wish: PlayWish = {
      parts: draft.parts,
      ...(begun.number ? { number: begun.number } : { flow: flow.value }),
      ...(begun.caller ? { caller: begun.caller } : {}),
      ...(begun.at ? { at_ms: instantIn(zone.value, begun.at) } : {}),
      acts: acts.value,
    }
    busy.value = true
    try {
      const known = play.value?.played.length ?? 0
      const answer = await settingsApi.play(wish, mine.signal)
      failure.value = null
      play.value = answer
      return answer.played.slice(acts.value.length ? known : 0)
    } catch (error) {
      if (mine.signal.aborted) return []
      failure.value = error
      if (error instanceof ApiError && error.code === 'invalid') void draft.check()
      return []
    } finally {
      if (asking === mine) busy.value = false
    }
  }

  return {
    acts,
    play,
    failure,
    busy,
    lit: computed(() => litOf(play.value, flow.value)),
    visited: computed(() => stepsOf(play.value, flow.value)),
    begin: (start: Start): Promise<Played[]> => {
      begun = start
      acts.value = []
      play.value = null
      return run()
    },
    act: (one: Act): Promise<Played[]> => {
      acts.value = [...acts.value, one]
      return run()
    },
    back: (): Promise<Played[]> => {
      acts.value = acts.value.slice(0, -1)
      return run()
    },
    stop: () => {
      asking?.abort()
      begun = null
      acts.value = []
      play.value = null
      failure.value = null
    },
  }
}

export type TestPlay = ReturnType<typeof usePlay>
