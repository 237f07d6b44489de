/** Opens the microphone, or says in one word why it cannot be. */

import { shallowRef } from 'vue'

import type { Microphone } from './machine'

export type MicrophoneTrouble = Exclude<Microphone, 'unknown' | 'open'>

export class NoMicrophone extends Error {
  constructor(readonly why: MicrophoneTrouble) {
    super(why)
    this.name = 'NoMicrophone'
  }
}

/** What a browser's refusal means to the person in front of it. */
export function troubleOf(error: unknown): MicrophoneTrouble {
  const name = error instanceof Error || error instanceof DOMException ? error.name : ''
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'refused'
  if (name === 'NotReadableError' || name === 'AbortError') return 'busy'
  return 'missing'
}

/** One voice, cleaned up by the browser; another microphone is taken when the wanted one is not there. */
export async function openMicrophone(device: string): Promise<MediaStream> {
  // browsers have no microphone at all on pages that came by plain HTTP from another machine
  if (!('mediaDevices' in navigator)) throw new NoMicrophone('insecure')
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: {
        ...(device ? { deviceId: { ideal: device } } : {}),
        channelCount: 1,
        echoCancellation: true,
        noiseSuppression: true,
        autoGainControl: true,
      },
    })
  } catch (error) {
    throw new NoMicrophone(troubleOf(error))
  }
}

export function closeStream(stream: MediaStream | null | undefined): void {
  for (const track of stream?.getTracks() ?? []) track.stop()
}

/** The page's microphone: one stream for all lines. `told`: how opening it went; `ended`: it was unplugged. */
export function useMicrophone(device: () => string, told: (is: Microphone) => void, ended: () => void) {
  const stream = shallowRef<MediaStream | null>(null)

  /** Opened if need be. Throws `NoMicrophone`. */
  async function open(): Promise<MediaStream> {
    if (stream.value?.active) return stream.value
    try {
      const opened = await openMicrophone(device())
      stream.value = opened
      opened.getAudioTracks()[0]?.addEventListener('ended', () => {
        if (stream.value === opened) ended()
      })
      told('open')
      return opened
    } catch (error) {
      if (error instanceof NoMicrophone) told(error.why)
      throw error
    }
  }

  function close(): void {
    closeStream(stream.value)
    stream.value = null
  }

  return { stream, open, close }
}
