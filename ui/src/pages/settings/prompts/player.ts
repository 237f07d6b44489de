/** One voice for all play buttons of the settings. */

import { ref } from 'vue'

import { settingsApi } from '@/api/settings'

const sounding = ref('')
const failed = ref('')
let sound: HTMLAudioElement | null = null

function stop(): void {
  sound?.pause()
  sound = null
  sounding.value = ''
}

async function start(key: string, address: string): Promise<void> {
  stop()
  failed.value = ''
  const mine = (sound = new Audio(address))
  sounding.value = key
  const ended = new Promise<void>((resolve) => {
    mine.addEventListener('ended', () => {
      resolve()
    })
    mine.addEventListener('pause', () => {
      resolve()
    })
  })
  try {
    await mine.play()
    await ended
  } catch {
    if (sound === mine) failed.value = key
  }
  if (sound === mine) stop()
}

export function usePlayer() {
  return {
    sounding,
    failed,
    stop,
    turn: (key: string, language: string, prompt: string, stamp: string, version?: number) => {
      if (sounding.value === key) stop()
      else void start(key, settingsApi.promptAddress(language, prompt, stamp, version))
    },
    /** Several one after another, as a caller hears them; ends when stopped. */
    playAll: async (language: string, prompts: readonly string[]): Promise<void> => {
      for (const prompt of prompts) {
        const key = `${language}/${prompt}/`
        await start(key, settingsApi.promptAddress(language, prompt))
      }
    },
    playBlob: (key: string, blob: Blob) => {
      const address = URL.createObjectURL(blob)
      void start(key, address).finally(() => {
        URL.revokeObjectURL(address)
      })
    },
  }
}
