/** The pointer on the lanes: a click or a drag asks for an instant of the call. */

import type { ShallowRef } from 'vue'

/**
 * Handlers for the track's pointer events. `length` is the call's in ms; `seek` gets ms of the call, and is
 * asked only while `playable` says so.
 */
export function useSeeking(
  track: Readonly<ShallowRef<HTMLElement | null>>,
  length: () => number,
  playable: () => boolean,
  seek: (at: number) => void,
) {
  function instantOf(event: PointerEvent): number {
    const box = track.value?.getBoundingClientRect()
    if (!box) return 0
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * length()
  }

  function onPointer(event: PointerEvent): void {
    if (!playable() || event.button !== 0) return
    track.value?.setPointerCapture(event.pointerId)
    seek(instantOf(event))
  }

  function onDrag(event: PointerEvent): void {
    if (playable() && track.value?.hasPointerCapture(event.pointerId)) seek(instantOf(event))
  }

  return { onPointer, onDrag }
}
