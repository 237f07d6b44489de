/** Of a long list only the rows near what is seen are drawn; the others leave gaps as high as they are. */

import {
  computed,
  onBeforeUnmount,
  onMounted,
  onUpdated,
  ref,
  shallowRef,
  type ComputedRef,
  type ShallowRef,
} from 'vue'

/** A row to be drawn, and its place in the whole list. */
export interface NearRow<Row> {
  key: string
  row: Row
  at: number
}

/** So many pixels stand for rows that are not drawn. */
export interface Gap {
  key: string
  gap: number
}

/**
 * `rows` from `top` to `bottom` (pixels from the list's upper edge), gaps for the others.
 * The one that is `held` is drawn wherever it is, with its neighbours: from it the keyboard leads on.
 */
export function nearRows<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  heightOf: (key: string) => number,
  { top, bottom, held }: { top: number; bottom: number; held: string },
): (NearRow<Row> | Gap)[] {
  const heldAt = held ? rows.findIndex((row) => keyOf(row) === held) : -1
  const parts: (NearRow<Row> | Gap)[] = []
  let edge = 0
  let gap = 0
  rows.forEach((row, at) => {
    const key = keyOf(row)
    const height = heightOf(key)
    const isNear = edge + height > top && edge < bottom
    edge += height
    if (!isNear && (heldAt < 0 || Math.abs(at - heldAt) > 1)) {
      gap += height
      return
    }
    if (gap) parts.push({ key: `gap before ${key}`, gap })
    gap = 0
    parts.push({ key, row, at })
  })
  if (gap) parts.push({ key: 'gap at the end', gap })
  return parts
}

/** So many are drawn whole: to put rows in and out while one scrolls costs more than to have them. */
const FEW = 100

/** Before a row has been measured. */
const GUESS_PX = 36

/**
 * What of `rows` to draw into `list`, whatever scrolls it: a box around it or the whole page.
 * Each row's element carries its key in `data-row`; heights are measured once they are drawn.
 */
export function useNearRows<Row>(
  list: Readonly<ShallowRef<HTMLElement | null>>,
  rows: () => readonly Row[],
  keyOf: (row: Row) => string,
): ComputedRef<(NearRow<Row> | Gap)[]> {
  const seen = shallowRef({ top: 0, bottom: window.innerHeight })
  /** The row that had the focus last: a sheet opened from it gives the focus back. */
  const held = ref('')
  const heights = shallowRef(new Map<string, number>())
  const isFew = () => rows().length <= FEW
  let guess = GUESS_PX
  let width = 0
  let frame = 0

  function look(): void {
    frame = 0
    if (!list.value || isFew()) return
    const box = list.value.getBoundingClientRect()
    // half a window more on both sides, and not a new look for every pixel
    const step = window.innerHeight / 4
    const top = (Math.floor(-box.top / step) - 2) * step
    const bottom = top + 9 * step
    if (top !== seen.value.top || bottom !== seen.value.bottom) seen.value = { top, bottom }
    measure([...list.value.querySelectorAll<HTMLElement>('[data-row]')], box.width)
  }

  /** Another width makes other lines: then only what is drawn is known. */
  function measure(drawn: HTMLElement[], across: number): void {
    if (!drawn.length) return
    const known = new Map(across === width ? heights.value : [])
    for (const one of drawn) known.set(one.dataset['row'] ?? '', one.getBoundingClientRect().height)
    if (across !== width) guess = [...known.values()].reduce((sum, height) => sum + height) / known.size
    width = across
    if ([...known].some(([key, height]) => heights.value.get(key) !== height)) heights.value = known
  }

  const lookSoon = () => {
    frame ||= requestAnimationFrame(look)
  }
  const hold = ({ target }: FocusEvent) => {
    const row = (target as Element).closest<HTMLElement>('[data-row]')
    if (row && list.value?.contains(row)) held.value = row.dataset['row'] ?? ''
  }

  onMounted(() => {
    look()
    document.addEventListener('scroll', lookSoon, { capture: true, passive: true })
    document.addEventListener('focusin', hold)
    window.addEventListener('resize', lookSoon)
  })
  // not at once: the browser would lay all out twice
  onUpdated(lookSoon)
  onBeforeUnmount(() => {
    cancelAnimationFrame(frame)
    document.removeEventListener('scroll', lookSoon, { capture: true })
    document.removeEventListener('focusin', hold)
    window.removeEventListener('resize', lookSoon)
  })

  return computed(() => {
    if (isFew()) return rows().map((row, at) => ({ key: keyOf(row), row, at }))
    const heightOf = (key: string) => heights.value.get(key) ?? guess
    return nearRows(rows(), keyOf, heightOf, { ...seen.value, held: held.value })
  })
}
