/** A hint as it is read at a glance: what stands large, what below, and what the ring counts. Pure. */

import type { Hint, Words } from '@/api/desk-types'

/** What the ring shows: the time until one may act, the time one has left, or nothing. */
export interface Count {
  kind: 'wait' | 'left' | 'over'
  /** Whole seconds, rounded up: 3…2…1. */
  seconds: number
  /** Of the ring, 0–1: full at first, empty at the end. */
  share: number
}

/** A ring that counts a minute says nothing; it appears for the last while. */
const LONGEST_MS = 15_000

function counted(kind: 'wait' | 'left', from: number, until: number, now: number): Count {
  const whole = Math.min(Math.max(until - from, 1), LONGEST_MS)
  const left = Math.max(until - now, 0)
  return { kind, seconds: Math.ceil(left / 1000), share: Math.min(left / whole, 1) }
}

/** What to count at this moment of the centre's clock; null = no hurry. */
export function countOf(hint: Hint, now: number): Count | null {
  const { since_ms, not_before_ms, due_ms } = hint
  if (not_before_ms !== null && now < not_before_ms)
    return not_before_ms - now > LONGEST_MS ? null : counted('wait', since_ms, not_before_ms, now)
  if (due_ms === null || due_ms - now > LONGEST_MS) return null
  if (now >= due_ms) return { kind: 'over', seconds: 0, share: 0 }
  return counted('left', Math.max(since_ms, not_before_ms ?? 0), due_ms, now)
}

/** In the first language that has it. */
export function inLanguage(words: Words, language: string): string {
  const [first, second] = language.startsWith('en') ? [words.en, words.zh] : [words.zh, words.en]
  return first || second
}

export interface Lines {
  /** Large: what to say or to do now. */
  large: string
  /** Whether `large` is to be said word by word. */
  said: boolean
  small: string
  about: string
}

/**
 * A phrase stands large in the language of the call; a warning says first what is going wrong, and the phrase
 * that helps below.
 */
export function linesOf(hint: Hint, callLanguage: string, screenLanguage: string): Lines {
  const say = inLanguage(hint.say, callLanguage)
  const title = inLanguage(hint.title, screenLanguage)
  const todo = inLanguage(hint.hint, screenLanguage)
  if (hint.kind === 'warn') return { large: todo || title, said: false, small: say, about: title }
  return { large: say || todo || title, said: say !== '', small: say ? todo : '', about: title }
}

/** Another occurrence, or another step, is another hint; a repeated telling of the same is not. */
export function hintKey(hint: Hint): string {
  return `${hint.call} ${hint.rule} ${hint.step} ${hint.since_ms}`
}
