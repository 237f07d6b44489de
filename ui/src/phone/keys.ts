/**
 * The phone's keys on the keyboard. Function keys, because they work while one types notes, and no browser or
 * input method uses these four.
 */

import { onBeforeUnmount, onMounted } from 'vue'

import type { PhoneKey } from './machine'

export const KEYS: Record<PhoneKey, string> = { answer: 'F2', hold: 'F4', mute: 'F8', end: 'F9' }

type Pressed = Pick<KeyboardEvent, 'key' | 'repeat' | 'ctrlKey' | 'altKey' | 'metaKey' | 'shiftKey'>

/** Nothing for a key held down, or pressed with another: Alt+F4 closes a window and holds nobody. */
export function keyOf(event: Pressed): PhoneKey | null {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return null
  const found = Object.entries(KEYS).find(([, key]) => key === event.key)
  return (found?.[0] as PhoneKey | undefined) ?? null
}

export function usePhoneKeys(act: (key: PhoneKey) => void): void {
  const listen = (event: KeyboardEvent) => {
    const key = keyOf(event)
    if (!key) return
    event.preventDefault()
    act(key)
  }
  onMounted(() => {
    window.addEventListener('keydown', listen)
  })
  onBeforeUnmount(() => {
    window.removeEventListener('keydown', listen)
  })
}
