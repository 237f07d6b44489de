/** Plays a two-channel recording: each voice has its own volume, both are heard on both sides. */

import { onScopeDispose, reactive, ref } from 'vue'

export const SPEEDS = [1, 1.25, 1.5, 2] as const

export interface Channel {
  volume: number
  muted: boolean
}

/** `known` is how long the call's record says the recording is, in ms: told until the sound itself is read. */
export function usePlayer(address: string, known = 0) {
  const audio = new Audio()
  audio.preload = 'metadata'
  audio.src = address

  const playing = ref(false)
  const position = ref(0)
  const length = ref(known)
  const speed = ref(1)
  const failed = ref(false)
  const channels = reactive<{ caller: Channel; agent: Channel }>({
    caller: { volume: 1, muted: false },
    agent: { volume: 1, muted: false },
  })

  let context: AudioContext | null = null
  let gains: { caller: GainNode; agent: GainNode } | null = null
  let frame = 0
  /** Where a clip ends that is being heard, in ms; Infinity while none is. */
  let until = Infinity

  /** Built at the first play: browsers want a person's act before sound. */
  function build(): void {
    if (context) return
    context = new AudioContext()
    const splitter = context.createChannelSplitter(2)
    context.createMediaElementSource(audio).connect(splitter)
    // the voices stay a little apart, but a single earpiece hears both
    const side = (channel: number, pan: number): GainNode => {
      const ctx = context as AudioContext
      const gain = ctx.createGain()
      const panner = ctx.createStereoPanner()
      panner.pan.value = pan
      splitter.connect(gain, channel)
      gain.connect(panner).connect(ctx.destination)
      return gain
    }
    gains = { caller: side(0, -0.35), agent: side(1, 0.35) }
    setGains()
  }

  function setGains(): void {
    if (!gains) return
    for (const who of ['caller', 'agent'] as const)
      gains[who].gain.value = channels[who].muted ? 0 : channels[who].volume
  }

  function where(): void {
    position.value = audio.currentTime * 1000
    if (position.value < until) return
    until = Infinity
    audio.pause()
  }

  function tell(): void {
    where()
    if (playing.value) frame = requestAnimationFrame(tell)
  }

  async function play(): Promise<void> {
    try {
      build()
    } catch {
      // no audio graph: the element plays both channels by itself
    }
    try {
      await context?.resume()
      audio.playbackRate = speed.value
      await audio.play()
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'AbortError')) failed.value = true
    }
  }

  function pause(): void {
    audio.pause()
  }

  async function toggle(): Promise<void> {
    until = Infinity
    if (audio.paused) await play()
    else pause()
  }

  /** Just this stretch of the recording, in ms, and silence after it. */
  async function playClip(from: number, to: number): Promise<void> {
    seek(from)
    until = to
    await play()
  }

  /** To an instant of the recording in ms, kept within it. */
  function seek(to: number): void {
    until = Infinity
    const most = Number.isFinite(audio.duration) ? audio.duration * 1000 : Math.max(0, to)
    audio.currentTime = Math.min(Math.max(0, to), most) / 1000
    position.value = audio.currentTime * 1000
  }

  function setSpeed(rate: number): void {
    speed.value = rate
    audio.playbackRate = rate
  }

  function setChannel(who: 'caller' | 'agent', change: Partial<Channel>): void {
    Object.assign(channels[who], change)
    setGains()
  }

  audio.addEventListener('play', () => {
    playing.value = true
    tell()
  })
  audio.addEventListener('pause', () => {
    playing.value = false
    cancelAnimationFrame(frame)
    tell()
  })
  audio.addEventListener('seeked', tell)
  audio.addEventListener('timeupdate', where)
  audio.addEventListener('loadedmetadata', () => {
    if (Number.isFinite(audio.duration)) length.value = audio.duration * 1000
  })
  audio.addEventListener('error', () => {
    failed.value = true
  })

  onScopeDispose(() => {
    cancelAnimationFrame(frame)
    audio.pause()
    audio.removeAttribute('src')
    audio.load()
    void context?.close()
  })

  return {
    playing,
    position,
    length,
    speed,
    failed,
    channels,
    toggle,
    pause,
    seek,
    playClip,
    setSpeed,
    setChannel,
  }
}

export type Player = ReturnType<typeof usePlayer>
