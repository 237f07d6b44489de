/** Rows of a live list stay where they are while somebody reaches for one of them: a press meets what was aimed at. */

import { computed, onBeforeUnmount, shallowRef, type ComputedRef } from 'vue'

/** How long after the last sign of a hand (a pointer that moves, a press, a key) the places are kept. */
export const KEPT_MS = 5_000

/** What becomes of rows that appear meanwhile: they stand `last`, or `wait` when they would push others down. */
export type Newcomers = 'last' | 'wait'

/** `rows` with the known ones in the `kept` order of their keys; those that are gone are gone. */
export function keepPlaces<Row>(
  rows: readonly Row[],
  kept: readonly string[],
  keyOf: (row: Row) => string,
  newcomers: Newcomers = 'last',
): Row[] {
  const place = new Map(kept.map((key, at) => [key, at]))
  const placeOf = (row: Row) => place.get(keyOf(row)) ?? Infinity
  const isNew = (row: Row) => !place.has(keyOf(row))
  const known = rows.filter((row) => !isNew(row)).sort((a, b) => placeOf(a) - placeOf(b))
  const after = newcomers === 'last' ? 0 : Math.max(0, ...rows.map((row, at) => (isNew(row) ? 0 : at + 1)))
  return [...known, ...rows.slice(after).filter(isNew)]
}

/**
 * The rows to show, and what the element around them listens to (`v-on`).
 * Places are kept as long as a press lasts, and KEPT_MS after each sign of a hand. A mouse that leaves lets go
 * at once; a finger does not: it leaves before its press counts, and one that scrolls never comes up.
 */
export function useKeptPlaces<Row>(
  rows: () => readonly Row[],
  keyOf: (row: Row) => string,
  newcomers: Newcomers = 'last',
): { shown: ComputedRef<readonly Row[]>; reach: Record<string, (event: Event) => void>; letGo: () => void } {
  const kept = shallowRef<readonly string[] | null>(null)
  const shown = computed(() => (kept.value ? keepPlaces(rows(), kept.value, keyOf, newcomers) : rows()))
  let timer: number | undefined

  function letGo(): void {
    window.clearTimeout(timer)
    kept.value = null
  }
  function press(): void {
    window.clearTimeout(timer)
    kept.value ??= rows().map(keyOf)
  }
  function sign(event: Event): void {
    if ((event as PointerEvent).buttons && event.type === 'pointermove') return
    press()
    timer = window.setTimeout(letGo, KEPT_MS)
  }
  function leave(event: Event): void {
    if ((event as PointerEvent).pointerType === 'mouse') letGo()
  }
  onBeforeUnmount(letGo)
  return {
    shown,
    reach: {
      pointermove: sign,
      pointerdown: press,
      pointerup: sign,
      pointercancel: sign,
      pointerleave: leave,
      keydown: sign,
    },
    letGo,
  }
}
