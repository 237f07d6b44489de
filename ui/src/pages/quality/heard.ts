/** The call that a form is of, as it is heard beside the form: its lanes, its recording, its words. */

import { computed, shallowRef, type Ref } from 'vue'

import { api } from '@/api/client'
import { qualityApi } from '@/api/quality'
import type { Finding, Transcript } from '@/api/quality-types'
import type { CallWithFacts } from '@/api/types'
import { clipOf, placed, wasRecorded } from '@/judged/clips'
import { noTranscript } from '../call/judgement'
import { isPlayable, useRecording } from '../call/recording'
import { timelineOf } from '../call/timeline'

/** `findings`: those that are marked on the lanes. */
export function useHeardCall(findings: Ref<Finding[]>) {
  const call = shallowRef<CallWithFacts | null>(null)
  const transcript = shallowRef<Transcript | null>(null)
  /** Whose call it is to be: what comes late of another is let go. */
  let wanted = ''
  const recording = useRecording(call)
  const timeline = computed(() => (call.value ? timelineOf(call.value, call.value.ended_ms ?? 0) : null))
  const marks = computed(() =>
    call.value && timeline.value ? placed(findings.value, call.value.began_ms, timeline.value.length) : [],
  )

  /** `heard`: the viewer may listen. What fails leaves its place empty: a form can be filled in without. */
  async function load(id: string, heard: boolean): Promise<void> {
    wanted = id
    try {
      const found = await api.call(id)
      if (wanted !== id) return
      call.value = found
      if (isPlayable(found.recording) && heard) recording.listen(id)
    } catch {
      // the panel says that there is nothing to hear
    }
    const told = await qualityApi.transcript(id).catch(noTranscript)
    if (wanted === id) transcript.value = told
  }

  function audible(finding: Finding | null): boolean {
    const sound = recording.recorded.value
    return finding !== null && sound !== null && wasRecorded(finding, sound.began, sound.length)
  }

  function play(finding: Finding): void {
    const sound = recording.recorded.value
    if (sound) recording.playClip(clipOf(finding, sound.began, sound.length))
  }

  return { call, transcript, recording, timeline, marks, load, audible, play }
}

export type HeardCall = ReturnType<typeof useHeardCall>
