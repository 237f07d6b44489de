/** The centre's tree of dispositions, asked for once and shared by all that name or choose one. */

import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'

import { deskApi } from '@/api/desk'
import type { Disposition } from '@/api/desk-types'
import { pathTo, type Draft } from './wrapup'

const useTree = defineStore('dispositions', () => {
  const tree = shallowRef<readonly Disposition[]>([])
  const failed = ref(false)
  let asked = false

  async function load(): Promise<void> {
    if (asked) return
    asked = true
    try {
      tree.value = await deskApi.dispositions()
      failed.value = false
    } catch {
      asked = false
      failed.value = true
    }
  }

  return { tree, failed, load }
})

/** What was written into a form and not filed: kept while the tab lives, for whoever looks elsewhere meanwhile. */
export const useDrafts = defineStore('drafts', () => {
  const drafts = ref(new Map<string, Draft>())
  return { drafts }
})

export function useDispositions() {
  const store = useTree()
  const { locale } = useI18n()
  void store.load()
  const nameOf = (one: Disposition) => (locale.value.startsWith('zh') ? one.name : one.name_en || one.name)
  return {
    tree: computed(() => store.tree),
    failed: computed(() => store.failed),
    load: () => store.load(),
    word: nameOf,
    /** `Complaint / Attitude`; empty for an id that is not in the tree (any more). */
    nameOf: (id: string) => pathTo(store.tree, id).map(nameOf).join(' / '),
  }
}
