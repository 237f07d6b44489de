/** Light or dark: as the system says, unless chosen on this machine. */

import { defineStore } from 'pinia'
import { computed, ref, watchEffect } from 'vue'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const KEPT = 'huawu.theme'

export const useTheme = defineStore('theme', () => {
  const kept = localStorage.getItem(KEPT)
  const choice = ref<Theme>(THEMES.find((one) => one === kept) ?? 'system')
  const system = window.matchMedia('(prefers-color-scheme: dark)')
  const systemDark = ref(system.matches)
  system.addEventListener('change', (event) => {
    systemDark.value = event.matches
  })
  const dark = computed(() => (choice.value === 'system' ? systemDark.value : choice.value === 'dark'))
  watchEffect(() => {
    document.documentElement.dataset['theme'] = dark.value ? 'dark' : 'light'
  })

  function choose(theme: Theme): void {
    choice.value = theme
    localStorage.setItem(KEPT, theme)
  }

  return { choice, dark, choose }
})
