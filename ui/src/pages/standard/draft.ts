/** Changes to the book that are being tried out: kept while one goes from page to page, published or dropped. */

import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'

import { bookApi } from '@/api/book'
import type { BookProblem, Overrides, Trial, Tried } from '@/api/book-types'
import { useBook } from '@/judged/book'
import { between } from './overrides'

const CHECK_AFTER_MS = 500

export const useBookDraft = defineStore('book-draft', () => {
  const book = useBook()
  const edited = shallowRef<Overrides | null>(null)
  /** The version that was edited. */
  const from = ref(0)
  const problems = shallowRef<BookProblem[]>([])
  const tried = shallowRef<{ of: Overrides; result: Tried } | null>(null)
  let timer: number | undefined

  const inForce = computed<Overrides>(() => book.book?.overrides ?? {})
  const overrides = computed<Overrides>(() => edited.value ?? inForce.value)
  const changes = computed(() => between(inForce.value, overrides.value))
  const changed = computed(() => changes.value.length > 0)
  /** The last trial is of exactly what stands here now. */
  const upToDate = computed(() => tried.value !== null && tried.value.of === overrides.value)
  /** Somebody else published since this was begun. */
  const overtaken = computed(() => changed.value && book.book !== null && book.book.number !== from.value)

  function set(next: Overrides): void {
    if (!edited.value) from.value = book.book?.number ?? 0
    edited.value = next
    window.clearTimeout(timer)
    timer = window.setTimeout(() => void check(), CHECK_AFTER_MS)
  }

  /** What cannot be read is told while one writes. */
  async function check(): Promise<void> {
    const asked = overrides.value
    const found = await bookApi.check(asked).catch(() => null)
    if (found && asked === overrides.value) problems.value = found
  }

  function drop(): void {
    window.clearTimeout(timer)
    edited.value = null
    problems.value = []
    tried.value = null
  }

  /** `told` hears how far it is. */
  async function tryOut(
    calls: number,
    signal: AbortSignal,
    told: (trial: Pick<Trial, 'tried' | 'of'>) => void,
  ): Promise<void> {
    const of = overrides.value
    for await (const trial of bookApi.trial({ overrides: of, calls }, signal)) {
      told(trial)
      if (trial.result) tried.value = { of, result: trial.result }
    }
  }

  async function publish(why: string): Promise<string> {
    const { version } = await bookApi.publish({ overrides: overrides.value, why, from_number: from.value })
    drop()
    await book.load(true)
    return version
  }

  /** What cannot be read at a place, or in anything below it. */
  const problemOf = (place: string) =>
    problems.value.find(
      ({ where }) => where === place || where.startsWith(`${place}.`) || where.startsWith(`${place}[`),
    )

  return {
    overrides,
    inForce,
    changes,
    changed,
    problems,
    tried,
    upToDate,
    overtaken,
    from,
    set,
    drop,
    tryOut,
    publish,
    problemOf,
  }
})
