/** The book's rules by id, asked for once and kept; findings name a rule, this says what it is. */

import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'

import { bookApi } from '@/api/book'
import type { Book, Rule } from '@/api/book-types'

export const useBook = defineStore('book', () => {
  const book = shallowRef<Book | null>(null)
  const failure = shallowRef<unknown>(null)
  let asking: Promise<void> | null = null

  const rules = computed(() => new Map<string, Rule>(book.value?.rules.map((rule) => [rule.id, rule])))

  async function load(anew = false): Promise<void> {
    if (book.value && !anew) return
    asking ??= bookApi
      .book()
      .then(
        (found) => {
          book.value = found
          failure.value = null
        },
        (error: unknown) => {
          failure.value = error
        },
      )
      .finally(() => {
        asking = null
      })
    await asking
  }

  const partTitle = (part: string) => book.value?.parts.find((one) => one.id === part)?.title ?? null

  return { partTitle, book, rules, failure, load }
})
