/** One inspection as it is filled in: kept at once, so that nobody loses what they said. */

import { computed, onScopeDispose, ref, shallowRef } from 'vue'

import { ApiError } from '@/api/client'
import { qualityApi } from '@/api/quality'
import type { Inspection, Item } from '@/api/quality-types'
import { leftOf, saidOf, sheetOf, unsaved, type Said } from './form'

const SAVE_AFTER_MS = 700

export function useEditing(id: string) {
  const inspection = shallowRef<Inspection | null>(null)
  const sheet = shallowRef<ReadonlyMap<string, Said>>(new Map())
  const comment = ref('')
  const praise = ref('')
  const failure = shallowRef<unknown>(null)
  const saving = ref(false)
  /** Why the last save did not come through; what was said stays on the page. */
  const trouble = shallowRef<unknown>(null)
  /** Somebody else changed the form: theirs is shown now. */
  const taken = ref(false)
  let timer: number | undefined
  let running: Promise<void> = Promise.resolve()

  const items = computed(() => inspection.value?.items ?? [])
  const may = (what: Inspection['may'][number]) => inspection.value?.may.includes(what) ?? false
  const left = computed(() => leftOf(items.value, sheet.value))
  const dirty = computed(() => {
    const one = inspection.value
    return (
      one !== null &&
      (unsaved(one.items, sheet.value).length > 0 ||
        comment.value !== one.comment ||
        praise.value !== one.praise)
    )
  })

  function show(found: Inspection): void {
    inspection.value = found
    sheet.value = sheetOf(found.items)
    comment.value = found.comment
    praise.value = found.praise
  }

  async function load(): Promise<void> {
    try {
      show(await qualityApi.inspection(id))
      failure.value = null
    } catch (error) {
      failure.value = error
    }
  }

  function say(item: Item, said: Said): void {
    sheet.value = new Map(sheet.value).set(item.id, said)
    saveSoon()
  }

  function saveSoon(): void {
    window.clearTimeout(timer)
    timer = window.setTimeout(() => void save(), SAVE_AFTER_MS)
  }

  /** One save after the other, each with what was said by then. */
  function save(): Promise<void> {
    window.clearTimeout(timer)
    running = running.then(saveNow)
    return running
  }

  async function saveNow(): Promise<void> {
    const before = inspection.value
    if (!before || !dirty.value || !may('save')) return
    const sent = sheet.value
    const [said, praised] = [comment.value, praise.value]
    saving.value = true
    try {
      const kept = await qualityApi.save(id, {
        version: before.version,
        items: unsaved(before.items, sent),
        comment: said,
        praise: praised,
      })
      // what was said meanwhile is not overwritten by the answer
      const later = [...sheet.value].filter(([item, one]) => one !== sent.get(item))
      inspection.value = kept
      sheet.value = new Map([...sheetOf(kept.items), ...later])
      trouble.value = null
      taken.value = false
    } catch (error) {
      const theirs =
        error instanceof ApiError ? (error.detail['inspection'] as Inspection | undefined) : undefined
      if (theirs) {
        taken.value = true
        show(theirs)
      } else trouble.value = error
    } finally {
      saving.value = false
    }
  }

  /** Saved first, then done with the version that is in force after it. */
  async function after(what: (version: number) => Promise<Inspection>): Promise<void> {
    await save()
    if (trouble.value) throw trouble.value
    show(await what(inspection.value?.version ?? 0))
  }

  const said = (item: Item) => saidOf(sheet.value, item)

  onScopeDispose(() => {
    if (dirty.value) void save()
    window.clearTimeout(timer)
  })

  return {
    inspection,
    items,
    sheet,
    comment,
    praise,
    failure,
    saving,
    trouble,
    taken,
    left,
    dirty,
    may,
    said,
    load,
    show,
    say,
    saveSoon,
    save,
    after,
  }
}

export type Editing = ReturnType<typeof useEditing>
