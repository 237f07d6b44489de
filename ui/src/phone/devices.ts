/** The microphones and speakers of this machine, and which of them the agent chose here. */

import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

const KEPT = { microphone: 'huawu.phone.microphone', speaker: 'huawu.phone.speaker' } as const

export interface Device {
  id: string
  /** Empty until the microphone was allowed once. */
  name: string
}

export const useDevices = defineStore('devices', () => {
  const all = ref<MediaDeviceInfo[]>([])
  const microphone = ref(localStorage.getItem(KEPT.microphone) ?? '')
  const speaker = ref(localStorage.getItem(KEPT.speaker) ?? '')

  const of = (kind: MediaDeviceKind) =>
    computed<Device[]>(() =>
      all.value
        // "default" and "communications" stand for one of the others: the empty choice says the same
        .filter((one) => one.kind === kind && !['', 'default', 'communications'].includes(one.deviceId))
        .map((one) => ({ id: one.deviceId, name: one.label })),
    )

  async function look(): Promise<void> {
    if (!('mediaDevices' in navigator)) return
    all.value = await navigator.mediaDevices.enumerateDevices().catch(() => [])
  }

  function watchThem(): void {
    if (!('mediaDevices' in navigator)) return
    navigator.mediaDevices.addEventListener('devicechange', () => void look())
    void look()
  }

  function choose(what: keyof typeof KEPT, id: string): void {
    const chosen = what === 'microphone' ? microphone : speaker
    chosen.value = id
    localStorage.setItem(KEPT[what], id)
  }

  /** Firefox and Safari let the system choose the speaker. */
  const speakerCanBeChosen = 'setSinkId' in HTMLMediaElement.prototype

  return {
    microphones: of('audioinput'),
    speakers: of('audiooutput'),
    microphone,
    speaker,
    speakerCanBeChosen,
    look,
    watchThem,
    choose,
  }
})
