/** The recording of one call as a page plays it: sound, waveform, and where it lies in the call. */

import { computed, effectScope, shallowRef, type EffectScope, type Ref } from 'vue'

import { api } from '@/api/client'
import type { CallWithFacts, Recording, Waveform } from '@/api/types'
import type { Clip } from '@/judged/clips'
import { usePlayer, type Player } from './player'

const POINTS = 2400

/** What was written of one that broke off is played, too. */
export function isPlayable(recording: Recording | null): boolean {
  return recording !== null && recording.state !== 'running' && recording.state !== 'deleted'
}

export function useRecording(call: Readonly<Ref<CallWithFacts | null>>) {
  const player = shallowRef<Player | null>(null)
  const waveform = shallowRef<Waveform | null>(null)
  let scope: EffectScope | undefined

  /** When the recording begins. */
  const began = computed(
    () =>
      waveform.value?.began_ms ??
      call.value?.facts.find((fact) => fact.kind === 'recording_started')?.at_ms ??
      call.value?.bridged_ms ??
      null,
  )
  /** The same in ms of the call. */
  const beginsAt = computed(() => (call.value && began.value ? began.value - call.value.began_ms : 0))
  const length = computed(
    () => player.value?.length.value || (waveform.value?.length_ms ?? call.value?.recording?.length_ms ?? 0),
  )
  /** In ms of the call; null when there is nothing to play. */
  const position = computed(() => {
    const p = player.value
    return p && !p.failed.value ? beginsAt.value + p.position.value : null
  })
  /** The stretch of time that can be heard; null when there is nothing to play. */
  const recorded = computed(() =>
    player.value && !player.value.failed.value && began.value !== null
      ? { began: began.value, length: length.value }
      : null,
  )
  const muted = computed(() => ({
    caller: player.value?.channels.caller.muted ?? false,
    agent: player.value?.channels.agent.muted ?? false,
  }))

  function listen(id: string): void {
    const mine = (scope = effectScope(true))
    player.value =
      scope.run(() => usePlayer(api.recordingAddress(id), call.value?.recording?.length_ms)) ?? null
    api.waveform(id, POINTS).then(
      (form) => {
        if (scope === mine) waveform.value = form
      },
      () => undefined, // the lanes do without
    )
  }

  function leave(): void {
    scope?.stop()
    scope = undefined
    player.value = null
    waveform.value = null
  }

  /** To an instant of the call, in ms. */
  function seek(at: number): void {
    player.value?.seek(at - beginsAt.value)
  }

  /** From an instant of the call on, in ms. */
  function playFrom(at: number): void {
    const p = player.value
    if (!p) return
    p.seek(at - beginsAt.value)
    if (!p.playing.value) void p.toggle()
  }

  function playClip(clip: Clip): void {
    void player.value?.playClip(clip.from, clip.to)
  }

  return {
    player,
    waveform,
    began,
    beginsAt,
    length,
    position,
    recorded,
    muted,
    listen,
    leave,
    seek,
    playFrom,
    playClip,
  }
}

export type RecordingOfCall = ReturnType<typeof useRecording>

const STEP = 5_000

/** Space plays and pauses, arrows go five seconds on; true when the key was one of them. */
export function playerKey(event: KeyboardEvent, player: Player | null): boolean {
  const target = event.target as HTMLElement
  if (!player || event.ctrlKey || event.metaKey || event.altKey) return false
  if (target.closest('input:not([type=checkbox]), select, textarea')) return false
  if (event.key === ' ' && !target.closest('button, a, input, summary')) void player.toggle()
  else if (event.key === 'ArrowLeft') player.seek(player.position.value - STEP)
  else if (event.key === 'ArrowRight') player.seek(player.position.value + STEP)
  else return false
  event.preventDefault()
  return true
}
