/** How a call was judged and what was said in it, asked for until both are complete. */

import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'

import { ApiError } from '@/api/client'
import { qualityApi } from '@/api/quality'
import type { Assessment, Cause, Transcript } from '@/api/quality-types'

const AGAIN_MS = 4_000
/** It takes a second or two to judge a call again. */
const SOON_MS = 700
/** After so many tries in a row something is behind: it is asked for less often. */
const TRIES = 60
const LATER_MS = 30_000

/** In place of one that could not be had: the panel says why. */
export function noTranscript(error: unknown): Transcript {
  const barred = error instanceof ApiError && error.status === 403
  return { turns: [], state: 'none', by: '', why: { code: barred ? 'not_for_you' : 'load_failed' } }
}

/** `call` is null while there is nothing to ask for: no right to see it, or the call is not over. */
export function useJudgement(call: Readonly<Ref<string | null>>) {
  const assessment = shallowRef<Assessment | null>(null)
  const transcript = shallowRef<Transcript | null>(null)
  /** Why there is no assessment: `waiting`, `broken`, `none`, or empty. */
  const unjudged = ref('')
  /** Why nobody could judge it, and the same for whoever mends it. */
  const why = shallowRef<Cause | null>(null)
  const detail = ref('')
  const failure = shallowRef<unknown>(null)
  /** Judged again on request: what was said before, until it is compared with what is said now. */
  const before = shallowRef<Assessment | null>(null)
  const anew = ref(false)
  let timer: number | undefined
  let asking: AbortController | undefined
  let tries = 0

  const growing = computed(
    () =>
      unjudged.value === 'waiting' ||
      assessment.value?.state === 'waiting' ||
      transcript.value?.state === 'waiting' ||
      transcript.value?.state === 'partial',
  )

  async function askAssessment(id: string, signal: AbortSignal): Promise<void> {
    try {
      assessment.value = await qualityApi.assessment(id, signal)
      unjudged.value = ''
      failure.value = null
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof ApiError && error.status === 404) {
        const told = (error.detail['why'] ?? {}) as { state?: string; broken?: Cause | null; detail?: string }
        unjudged.value = told.state ?? 'none'
        why.value = told.broken ?? null
        detail.value = told.detail ?? ''
      } else failure.value = error
    }
  }

  async function askTranscript(id: string, signal: AbortSignal): Promise<void> {
    try {
      transcript.value = await qualityApi.transcript(id, signal)
    } catch (error) {
      if (!signal.aborted) transcript.value ??= noTranscript(error)
    }
  }

  async function load(): Promise<void> {
    window.clearTimeout(timer)
    asking?.abort()
    const id = call.value
    if (!id) return
    const mine = (asking = new AbortController())
    await Promise.all([askAssessment(id, mine.signal), askTranscript(id, mine.signal)])
    if (mine.signal.aborted) return
    tries++
    if (anew.value && !growing.value) anew.value = false
    if (!growing.value) return
    const pause = tries >= TRIES ? LATER_MS : anew.value ? SOON_MS : AGAIN_MS
    timer = window.setTimeout(() => void load(), pause)
  }

  /** Have it judged again, and watch until it is. Raises what the centre refuses. */
  async function judgeAnew(): Promise<void> {
    const id = call.value
    if (!id) return
    await qualityApi.judgeAnew(id)
    before.value = assessment.value
    anew.value = true
    tries = 0
    await load()
  }

  function leave(): void {
    window.clearTimeout(timer)
    asking?.abort()
    assessment.value = null
    transcript.value = null
    unjudged.value = ''
    failure.value = null
    before.value = null
    anew.value = false
    tries = 0
  }

  watch(
    call,
    () => {
      leave()
      void load()
    },
    { immediate: true },
  )
  onScopeDispose(leave)

  return { assessment, transcript, unjudged, why, detail, failure, before, anew, load, judgeAnew }
}

export type Judgement = ReturnType<typeof useJudgement>
