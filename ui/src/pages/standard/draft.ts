/** Changes to the book that are being tried out: kept on this machine until published, handed over or dropped. */

import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'

import { bookApi } from '@/api/book'
import type { Book, BookProblem, Overrides, Proposal, Trial, Tried } from '@/api/book-types'
import { useBook } from '@/judged/book'
import { useSession } from '@/shell/session'
import { between, onto } from './overrides'
import { useProposal } from './proposal'

const CHECK_AFTER_MS = 500
const KEPT = 'huawu.book-draft'

/** Changes, and what they were made of. */
interface Draft {
  overrides: Overrides
  base: Overrides
  from: number
  proposal: number | null
}

export const useBookDraft = defineStore('book-draft', () => {
  const book = useBook()
  const session = useSession()
  const proposals = useProposal()
  const edited = shallowRef<Overrides | null>(null)
  /** The version that was edited. */
  const from = ref(0)
  /** What was in force in that version. */
  let base: Overrides = {}
  /** The proposal that waits and that this came of. */
  const proposal = ref<number | null>(null)
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
    proposal.value = null
    problems.value = []
    tried.value = null
    overtaken.value = false
  }

  function begin(draft: Draft): void {
    drop()
    from.value = draft.from
    base = draft.base
    edited.value = draft.overrides
    proposal.value = draft.proposal
    follow(book.book)
    checkSoon()
  }

  /** Put the changes onto the version that is in force now. */
  function follow(now: Book | null): void {
    if (!edited.value || !now || now.number === from.value) return
    const mine = onto(base, edited.value, now.overrides)
    if (!between(now.overrides, mine).length) return drop()
    edited.value = mine
    from.value = now.number
    base = now.overrides
    overtaken.value = true
    checkSoon()
  }

  watch(() => book.book, follow, { flush: 'sync' })

  const place = () => `${KEPT}.${session.me?.user ?? ''}`

  function restore(): void {
    drop()
    const kept = localStorage.getItem(place())
    try {
      if (kept) begin(JSON.parse(kept) as Draft)
    } catch {
      drop() // no draft that can be read
      localStorage.removeItem(place())
    }
  }

  function keep(): void {
    const draft = edited.value && {
      overrides: edited.value,
      base,
      from: from.value,
      proposal: proposal.value,
    }
    if (draft) localStorage.setItem(place(), JSON.stringify(draft satisfies Draft))
    else localStorage.removeItem(place())
  }

  watch(() => session.me?.user, restore, { immediate: true })
  watch([edited, from, proposal], keep)
  // answered meanwhile: what stands here is one's own from now on
  watch(
    () => proposals.newest,
    (newest) => {
      if (newest !== undefined && proposals.open?.number !== proposal.value) proposal.value = null
    },
  )

  /** Somebody's proposal as the draft, to be tried and published, or worked at again. */
  function take(one: Proposal): void {
    begin({
      overrides: one.overrides,
      base: one.base,
      from: one.from_number,
      proposal: one.state === 'open' ? one.number : null,
    })
  }

  async function propose(why: string): Promise<void> {
    await proposals.make({ overrides: overrides.value, why, from_number: from.value })
    drop()
  }

  /** One's own proposal, worked at again. */
  async function takeBack(one: Proposal): Promise<void> {
    await proposals.sendBack(one.number, '')
    take({ ...one, state: 'returned' })
  }

  async function sendBack(one: Proposal, word: string): Promise<void> {
    const taken = proposal.value === one.number
    await proposals.sendBack(one.number, word)
    if (taken) drop()
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
    const asked = {
      overrides: overrides.value,
      why,
      from_number: from.value,
      proposal: proposal.value,
    }
    const again = () => Promise.all([book.load(true), proposals.load().catch(() => undefined)])
    const { version } = await bookApi.publish(asked).catch(async (error: unknown) => {
      await again() // refused, it may be, for a newer version: it is shown
      throw error
    })
    drop()
    await again()
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
    proposal,
    set,
    drop,
    take,
    tryOut,
    publish,
    propose,
    takeBack,
    sendBack,
    problemOf,
  }
})
