/** Records from the microphone; what comes out is a WAV file. */

import { onScopeDispose, ref, shallowRef } from 'vue'

import { closeStream, NoMicrophone, openMicrophone, type MicrophoneTrouble } from '@/phone/microphone'
import { monoOf, wavOf } from './wav'

export const LONGEST_MS = 120_000

export function useRecording() {
  const stream = shallowRef<MediaStream | null>(null)
  const sound = shallowRef<Blob | null>(null)
  const trouble = ref<MicrophoneTrouble | null>(null)
  const length = ref(0)
  let recorder: MediaRecorder | null = null
  let timer: ReturnType<typeof setInterval> | undefined

  async function begin(): Promise<void> {
    sound.value = null
    trouble.value = null
    length.value = 0
    try {
      stream.value = await openMicrophone('')
    } catch (error) {
      trouble.value = error instanceof NoMicrophone ? error.why : 'missing'
      return
    }
    const pieces: Blob[] = []
    const mine = (recorder = new MediaRecorder(stream.value))
    mine.addEventListener('dataavailable', (event) => pieces.push(event.data))
    mine.addEventListener('stop', () => {
      closeStream(stream.value)
      stream.value = null
      void read(new Blob(pieces, { type: mine.mimeType }))
    })
    mine.start()
    const since = performance.now()
    timer = setInterval(() => {
      length.value = performance.now() - since
      if (length.value >= LONGEST_MS) end()
    }, 100)
  }

  async function read(coded: Blob): Promise<void> {
    const context = new AudioContext()
    try {
      const decoded = await context.decodeAudioData(await coded.arrayBuffer())
      const channels = Array.from({ length: decoded.numberOfChannels }, (_, n) => decoded.getChannelData(n))
      sound.value = wavOf(monoOf(channels), decoded.sampleRate)
    } catch {
      trouble.value = 'missing'
    } finally {
      void context.close()
    }
  }

  function end(): void {
    clearInterval(timer)
    if (recorder?.state === 'recording') recorder.stop()
    recorder = null
  }

  onScopeDispose(() => {
    end()
    closeStream(stream.value)
  })

  return { stream, sound, trouble, length, begin, end }
}
