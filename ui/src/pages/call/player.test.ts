import { effectScope } from 'vue'
import { afterEach, describe, expect, test, vi } from 'vitest'

import { usePlayer } from './player'

class Sound extends EventTarget {
  static last: Sound
  duration = NaN
  currentTime = 0
  paused = true

  constructor() {
    super()
    Sound.last = this
  }

  pause(): void {
    this.paused = true
  }

  load(): void {
    this.currentTime = 0
  }

  removeAttribute(): void {
    this.duration = NaN
  }

  /** The browser has read how long it is. */
  read(seconds: number): void {
    this.duration = seconds
    this.dispatchEvent(new Event('loadedmetadata'))
  }
}

const scope = effectScope(true)
const player = (known?: number) => {
  vi.stubGlobal('Audio', Sound)
  return scope.run(() => usePlayer('/recording', known)) as ReturnType<typeof usePlayer>
}

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('a recording is as long', () => {
  test('as the record of its call says, until the sound itself is read', () => {
    const it = player(61_000)
    expect(it.length.value).toBe(61_000)
    Sound.last.read(62.5)
    expect(it.length.value).toBe(62_500)
  })

  test('as nobody knows, while the record does not say', () => {
    expect(player().length.value).toBe(0)
  })

  test('as the record says when the sound has no end of its own', () => {
    const it = player(61_000)
    Sound.last.read(Infinity)
    expect(it.length.value).toBe(61_000)
  })
})
