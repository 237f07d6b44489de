/** What a plan would choose, asked for while it is written. */

import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'

import { qualityApi } from '@/api/quality'
import type { PlanWanted, Preview } from '@/api/quality-types'
import { fault } from './plan'

const PREVIEW_AFTER_MS = 500

/** `wanted` is reactive. */
export function usePreview(wanted: PlanWanted) {
  const preview = shallowRef<Preview | null>(null)
  /** What is wanted now has no answer yet: what is shown may be of what was wanted before. */
  const looking = ref(false)
  const failure = shallowRef<unknown>(null)
  let timer: ReturnType<typeof setTimeout> | undefined
  let serial = 0

  /** All that the choice rests on: how the plan is called is no part of it, that it is called is. */
  const wishes = computed(() => JSON.stringify({ ...wanted, name: wanted.name.trim() !== '' }))

  async function look(): Promise<void> {
    const mine = ++serial
    looking.value = true
    let found: Preview | null = null
    let trouble: unknown = null
    try {
      if (!fault(wanted)) found = await qualityApi.preview({ ...wanted })
    } catch (error) {
      trouble = error
    }
    if (mine !== serial) return
    preview.value = found
    failure.value = trouble
    looking.value = false
  }

  watch(wishes, () => {
    clearTimeout(timer)
    serial++
    looking.value = true
    timer = setTimeout(() => void look(), PREVIEW_AFTER_MS)
  })
  onScopeDispose(() => {
    clearTimeout(timer)
  })
  void look()

  return { preview, looking, failure }
}
