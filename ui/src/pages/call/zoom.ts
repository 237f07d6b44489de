/** How wide the lanes are drawn, and which part of them is in view. */

import { nextTick, ref, watch, type ShallowRef } from 'vue'

export const ZOOMS = [1, 2, 4] as const

/** `position` is the playhead's in ms of the call, or null; `share` tells where on the axis that is, in per cent. */
export function useZoom(
  scroller: Readonly<ShallowRef<HTMLElement | null>>,
  position: () => number | null,
  share: (at: number) => number,
) {
  const zoom = ref<number>(1)

  /** Around the playhead, or around the middle of what is in view when there is none. */
  async function zoomTo(next: number): Promise<void> {
    const box = scroller.value
    const middle = box ? (box.scrollLeft + box.clientWidth / 2) / box.scrollWidth : 0.5
    const at = position()
    const focus = at === null ? middle : share(at) / 100
    zoom.value = next
    await nextTick()
    if (box) box.scrollLeft = focus * box.scrollWidth - box.clientWidth / 2
  }

  // the playhead stays in view
  watch(position, (at) => {
    const box = scroller.value
    if (!box || at === null || box.scrollWidth <= box.clientWidth) return
    const x = (share(at) / 100) * box.scrollWidth
    if (x < box.scrollLeft || x > box.scrollLeft + box.clientWidth - 24)
      box.scrollLeft = x - box.clientWidth * 0.2
  })

  return { zoom, zoomTo }
}
