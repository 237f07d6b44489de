/** Changes to the book that are being tried out: kept while one goes from page to page, published or dropped. */

import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'

import { bookApi } from '@/api/book'
import type { BookProblem, Overrides, Trial, Tried } from '@/api/book-types'
import { useBook } from '@/judged/book'
import { between, onto } from './overrides'

const CHECK_AFTER_MS = 500

export const useBookDraft = defineStore('book-draft', () => {
  const book = useBook()
  const edited = shallowRef<Overrides | null>(null)
  /** The version that was edited. */
  const from = ref(0)
  /** What was in force in that version. */
  let base: Overrides = {}
  const problems = shallowRef<BookProblem[]>([])
  const tried = shallowRef<{ of: Overrides; result: Tried } | null>(null)
  let timer: number | undefined

  const inForce = computed<Overrides>(() => book.book?.overrides ?? {})
  const overrides = computed<Overrides>(() => edited.value ?? inForce.value)
  const changes = computed(() => between(inForce.value, overrides.value))
  const changed = computed(() => changes.value.length > 0)
  /** The last trial is of exactly what stands here now. */
  const upToDate = computed(() => tried.value !== null && tried.value.of === overrides.value)
  /** Somebody else published since this was begun: it stands on theirs now, and wants to be looked at again. */
  const overtaken = ref(false)

  function set(next: Overrides): void {
    if (!edited.value) {
      from.value = book.book?.number ?? 0
      base = inForce.value
    }
    edited.value = next
    checkSoon()
  }

  function checkSoon(): void {
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
    overtaken.value = false
  }

  watch(
    () => book.book,
    (now) => {
      if (!edited.value || !now || now.number === from.value) return
      const mine = onto(base, edited.value, now.overrides)
      if (!between(now.overrides, mine).length) return drop()
      edited.value = mine
      from.value = now.number
      base = now.overrides
      overtaken.value = true
      checkSoon()
    },
    { flush: 'sync' },
  )

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
    const asked = { overrides: overrides.value, why, from_number: from.value }
    const { version } = await bookApi.publish(asked).catch(async (error: unknown) => {
      await book.load(true) // refused, it may be, for a newer version: it is shown
      throw error
    })
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
