/** The ring and the keys' tones, made on the spot: no sound file to load when the first call comes. */

/** Hz and seconds of the ring that people in China know: one second of 450 Hz, four of silence. */
const RING = { hz: 450, on: 1, every: 5 }
const LOUD = 0.16
const SOFT = 0.03

/** The two tones of each key (ITU-T Q.23). */
const ROWS = [697, 770, 852, 941] as const
const COLUMNS = [1209, 1336, 1477] as const
export const PAD = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'] as const

export function tonesOf(digit: string): [number, number] | null {
  const at = (PAD as readonly string[]).indexOf(digit)
  if (at < 0) return null
  return [ROWS[Math.floor(at / 3)] ?? ROWS[0], COLUMNS[at % 3] ?? COLUMNS[0]]
}

type Sinkable = AudioContext & { setSinkId?: (id: string) => Promise<void> }

export class Bell {
  private context: Sinkable | null = null
  private timer: number | null = null
  private how: 'loud' | 'soft' | 'none' = 'none'
  private speaker = ''

  /** To be called in a person's click or key: browsers let no page sound before that. */
  wake(): void {
    this.context ??= new AudioContext()
    void this.context.resume().catch(() => undefined)
    this.toSpeaker(this.speaker)
  }

  toSpeaker(device: string): void {
    this.speaker = device
    void this.context?.setSinkId?.(device).catch(() => undefined)
  }

  ring(how: 'loud' | 'soft' | 'none'): void {
    if (how === this.how) return
    this.how = how
    if (this.timer !== null) window.clearTimeout(this.timer)
    this.timer = null
    if (how !== 'none') this.again()
  }

  key(digit: string): void {
    const tones = tonesOf(digit)
    if (!tones) return
    for (const hz of tones) this.tone(hz, 0.04, 0.12)
  }

  private again(): void {
    if (this.how === 'loud') this.tone(RING.hz, LOUD, RING.on)
    else this.tone(RING.hz, SOFT, 0.18)
    this.timer = window.setTimeout(() => {
      this.again()
    }, RING.every * 1000)
  }

  private tone(hz: number, volume: number, seconds: number): void {
    const context = this.context
    if (context?.state !== 'running') return
    const [voice, gain] = [context.createOscillator(), context.createGain()]
    const from = context.currentTime
    voice.frequency.value = hz
    gain.gain.setValueAtTime(0, from)
    gain.gain.linearRampToValueAtTime(volume, from + 0.02)
    gain.gain.setValueAtTime(volume, from + seconds - 0.04)
    gain.gain.linearRampToValueAtTime(0, from + seconds)
    voice.connect(gain).connect(context.destination)
    voice.start(from)
    voice.stop(from + seconds)
  }
}
