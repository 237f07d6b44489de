/** Notes that save themselves: what was typed goes to the centre after a breath, and no word of anybody is lost. */

import { ref } from 'vue'

import { ApiError } from '@/api/client'
import type { Note } from '@/api/desk-types'

export type Mark =
  | 'loading'
  /** Nothing to save. */
  | 'saved'
  | 'typing'
  | 'saving'
  /** Tried again by itself. */
  | 'failed'
  /** Somebody else wrote meanwhile: a person must choose. */
  | 'conflict'

export interface NoteHooks {
  load: () => Promise<Note>
  write: (text: string, version: number) => Promise<Note>
  later: (act: () => void, ms: number) => number
  cancel: (timer: number) => void
}

export const BREATH_MS = 700
export const AGAIN_MS = 4_000

export class NoteKeeper {
  readonly text = ref('')
  readonly mark = ref<Mark>('loading')
  /** What somebody else wrote, while a person has to choose. */
  readonly theirs = ref<Note | null>(null)
  private version = 0
  private timer: number | null = null
  private closed = false
  /** What the centre has. */
  private kept = ''

  constructor(private readonly hooks: NoteHooks) {}

  async open(): Promise<void> {
    try {
      const note = await this.hooks.load()
      this.version = note.version
      this.kept = note.text
      // what was typed while it loaded goes behind what was there
      if (this.text.value === '') this.text.value = note.text
      else if (note.text) this.text.value = `${note.text}\n${this.text.value}`
      this.mark.value = this.text.value === this.kept ? 'saved' : 'typing'
      if (this.text.value !== this.kept) this.soon(BREATH_MS)
    } catch {
      this.mark.value = 'failed'
      this.wait(() => void this.open(), AGAIN_MS)
    }
  }

  type(text: string): void {
    this.text.value = text
    if (this.mark.value === 'loading' || this.mark.value === 'conflict') return
    this.mark.value = 'typing'
    this.soon(BREATH_MS)
  }

  /** Without waiting for the breath to end. */
  async saveNow(): Promise<void> {
    this.stop()
    if (this.unsaved()) await this.save()
  }

  /** The call is left: what is not yet saved is saved now, and nothing afterwards. */
  async close(): Promise<void> {
    this.closed = true
    await this.saveNow()
  }

  unsaved(): boolean {
    return this.mark.value !== 'loading' && this.text.value !== this.kept
  }

  /** The person's word after a conflict: ours stays below theirs, or theirs stands alone. */
  settle(keep: 'both' | 'theirs'): void {
    const theirs = this.theirs.value
    if (!theirs) return
    this.theirs.value = null
    this.version = theirs.version
    this.kept = theirs.text
    this.text.value = keep === 'theirs' ? theirs.text : `${theirs.text}\n${this.text.value}`
    this.mark.value = 'saved'
    if (this.unsaved()) this.soon(0)
  }

  private soon(ms: number): void {
    this.wait(() => void this.save(), ms)
  }

  private wait(act: () => void, ms: number): void {
    this.stop()
    if (!this.closed) this.timer = this.hooks.later(act, ms)
  }

  private stop(): void {
    if (this.timer !== null) this.hooks.cancel(this.timer)
    this.timer = null
  }

  private async save(): Promise<void> {
    if (this.mark.value === 'saving') return // its end looks again
    const text = this.text.value
    this.mark.value = 'saving'
    try {
      const note = await this.hooks.write(text, this.version)
      this.version = note.version
      this.kept = text
      if (this.text.value === text) this.mark.value = 'saved'
      else {
        this.mark.value = 'typing'
        if (this.closed) await this.save()
        else this.soon(BREATH_MS)
      }
    } catch (error) {
      const theirs = error instanceof ApiError && error.code === 'changed' ? error.detail['note'] : undefined
      if (theirs) {
        this.theirs.value = theirs as Note
        this.mark.value = 'conflict'
      } else {
        this.mark.value = 'failed'
        this.soon(AGAIN_MS)
      }
    }
  }
}
