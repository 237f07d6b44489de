/** The changes that somebody handed over to be published: the ones that wait, else the last there were. */

import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'

import { bookApi, type Changed } from '@/api/book'
import type { Proposal } from '@/api/book-types'

/** So many characters tell why the book changes, at least: 同意 is a reason. As the centre asks. */
export const LEAST_REASON = 2

export const useProposal = defineStore('book-proposal', () => {
  /** Undefined until the centre was asked. */
  const newest = shallowRef<Proposal | null>()
  const open = computed(() => (newest.value?.state === 'open' ? newest.value : null))

  async function load(): Promise<void> {
    newest.value = await bookApi.proposal()
  }

  async function make(changed: Changed): Promise<void> {
    await refreshed(() => bookApi.propose(changed))
  }

  async function sendBack(number: number, word: string): Promise<void> {
    await refreshed(() => bookApi.sendBack(number, word))
  }

  /** Refused, it may be, for what somebody else did meanwhile: it is shown. */
  async function refreshed(act: () => Promise<Proposal | null>): Promise<void> {
    try {
      newest.value = await act()
    } catch (error) {
      await load().catch(() => undefined)
      throw error
    }
  }

  return { newest, open, load, make, sendBack }
})
