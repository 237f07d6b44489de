/** How loud a stream is right now, for a meter: 0 (silent) to 1, measured only while somebody looks. */

import { onScopeDispose, ref, watch, type Ref } from 'vue'

const EVERY_MS = 80
/** What the meter's ends stand for, in dB below full scale: quieter is silence, louder is as loud as it gets. */
const QUIET_DB = -60
const LOUD_DB = -10

/** Root mean square of samples (−1…1) on the meter's scale. */
export function levelOf(samples: Float32Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  const db = 10 * Math.log10(sum / Math.max(1, samples.length) + 1e-12)
  return Math.min(1, Math.max(0, (db - QUIET_DB) / (LOUD_DB - QUIET_DB)))
}

export function useLevel(stream: Ref<MediaStream | null>): Ref<number> {
  const level = ref(0)
  let context: AudioContext | null = null
  let timer: number | undefined

  function stop(): void {
    window.clearInterval(timer)
    void context?.close().catch(() => undefined)
    context = null
    level.value = 0
  }

  watch(
    stream,
    (now) => {
      stop()
      if (!now?.getAudioTracks().length) return
      context = new AudioContext()
      const analyser = context.createAnalyser()
      analyser.fftSize = 1024
      context.createMediaStreamSource(now).connect(analyser)
      const samples = new Float32Array(analyser.fftSize)
      timer = window.setInterval(() => {
        analyser.getFloatTimeDomainData(samples)
        // up at once, down gently: as a needle does
        level.value = Math.max(levelOf(samples), level.value * 0.8)
      }, EVERY_MS)
    },
    { immediate: true },
  )
  onScopeDispose(stop)
  return level
}
