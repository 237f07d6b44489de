/** The one draft of the whole configuration that all settings pages write into, checked as it grows. */

import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'

import { ApiError } from '@/api/client'
import { settingsApi, type Written } from '@/api/settings'
import type {
  Change,
  Checked,
  KeptConfiguration,
  Parts,
  Path,
  Plain,
  Problem,
  PromptList,
  Saved,
  Secrets,
} from '@/api/settings-types'
import { merge, type Merged } from './merge'
import { at, same, withAt } from './plain'

/** Typing rests this long before the centre is asked. */
const CHECK_AFTER_MS = 350
/** Strokes on one field within this time are one step to undo. */
const ONE_STEP_MS = 1_200
const KEPT_STEPS = 200

export interface Theirs {
  kept: KeptConfiguration
  changes: Change[]
}

export const useDraft = defineStore('settings-draft', () => {
  const kept = shallowRef<KeptConfiguration | null>(null)
  const parts = shallowRef<Parts>({})
  /** What the expert wrote, until it is read without a problem. */
  const text = ref<string | null>(null)
  const checked = shallowRef<Checked | null>(null)
  /** What is written now has no answer of the centre yet: what is told of it may be of what stood before. */
  const checking = ref(false)
  const failure = shallowRef<unknown>(null)
  const theirs = shallowRef<Theirs | null>(null)
  const prompts = shallowRef<PromptList | null>(null)
  /** Passwords given in a form: sent once, never shown again. */
  const secrets = ref<Secrets>({ people: {}, endpoints: {} })
  const past = shallowRef<Parts[]>([])
  const future = shallowRef<Parts[]>([])
  let lastStep = { key: '', at: 0 }
  let timer: ReturnType<typeof setTimeout> | undefined
  let asking: AbortController | null = null
  /** What the centre was last asked about. */
  let asked: Written | null = null

  const given = computed(
    () => Object.keys(secrets.value.people).length + Object.keys(secrets.value.endpoints).length,
  )
  const changed = computed(
    () =>
      text.value !== null ||
      given.value > 0 ||
      (kept.value !== null && !same(parts.value, kept.value.parts ?? {})),
  )
  const problems = computed<readonly Problem[]>(() => checked.value?.problems ?? [])
  const warnings = computed<readonly Problem[]>(() => checked.value?.warnings ?? [])
  const changes = computed<readonly Change[]>(() => (changed.value ? (checked.value?.changes ?? []) : []))
  const written = computed<Written>(() =>
    text.value === null ? { parts: parts.value } : { text: text.value },
  )

  function begin(now: KeptConfiguration): void {
    kept.value = now
    parts.value = now.parts ?? {}
    text.value = null
    secrets.value = { people: {}, endpoints: {} }
    past.value = []
    future.value = []
    theirs.value = null
    lastStep = { key: '', at: 0 }
    void check()
  }

  async function load(): Promise<void> {
    try {
      failure.value = null
      begin(await settingsApi.kept())
      void loadPrompts()
    } catch (error) {
      failure.value = error
    }
  }

  async function loadPrompts(): Promise<void> {
    try {
      prompts.value = await settingsApi.prompts()
    } catch {
      // forms do without the prompts' words; the page of prompts says what is wrong
    }
  }

  async function check(): Promise<void> {
    clearTimeout(timer)
    asking?.abort()
    const mine = (asking = new AbortController())
    checking.value = true
    asked = written.value
    try {
      const answer = await settingsApi.check(asked, mine.signal)
      if (mine.signal.aborted) return
      checked.value = answer
      failure.value = null
    } catch (error) {
      if (!mine.signal.aborted) failure.value = error
    } finally {
      if (!mine.signal.aborted) checking.value = false
    }
  }

  watch(written, (now) => {
    if (now === asked) return
    clearTimeout(timer)
    asking?.abort()
    checking.value = true
    timer = setTimeout(() => void check(), CHECK_AFTER_MS)
  })

  /** Every change of the forms comes through here; steps on the same `key` soon after another are one. */
  function replace(next: Parts, key = ''): void {
    if (next === parts.value) return
    const now = Date.now()
    if (!key || key !== lastStep.key || now - lastStep.at > ONE_STEP_MS)
      past.value = [...past.value.slice(1 - KEPT_STEPS), parts.value]
    lastStep = { key, at: now }
    future.value = []
    parts.value = next
  }

  function put(path: Path, value: Plain | undefined): void {
    replace(withAt(parts.value, path, value), JSON.stringify(path))
  }

  function undo(): void {
    const before = past.value.at(-1)
    if (!before) return
    future.value = [parts.value, ...future.value]
    past.value = past.value.slice(0, -1)
    parts.value = before
    lastStep = { key: '', at: 0 }
  }

  function redo(): void {
    const [next, ...rest] = future.value
    if (!next) return
    past.value = [...past.value, parts.value]
    future.value = rest
    parts.value = next
    lastStep = { key: '', at: 0 }
  }

  function discard(): void {
    if (kept.value) begin(kept.value)
  }

  /** What the expert wrote; it becomes the forms' draft when it can be read. */
  function write(next: string): void {
    if (next === kept.value?.text) {
      text.value = null
      replace(kept.value.parts ?? {})
    } else text.value = next
  }

  /** From text back to the forms; false while it cannot be read. */
  function read(): boolean {
    if (text.value === null) return true
    const found = checked.value?.parts
    if (!found) return false
    text.value = null
    replace(found)
    return true
  }

  async function save(comment: string): Promise<Saved | null> {
    const before = kept.value
    if (!before) return null
    try {
      const saved = await settingsApi.save(
        written.value,
        before.version,
        comment,
        given.value ? secrets.value : undefined,
      )
      begin(await settingsApi.kept())
      return saved
    } catch (error) {
      if (error instanceof ApiError && error.code === 'changed') await look()
      else if (error instanceof ApiError && error.code === 'invalid') await check()
      throw error
    }
  }

  /** Whether somebody else saved meanwhile: without a change of one's own, theirs is simply taken. */
  async function look(): Promise<void> {
    const before = kept.value
    if (!before) return
    const { versions } = await settingsApi.versions(1)
    const newest = Math.max(0, ...versions.map((line) => line.version))
    if (newest <= before.version || newest === theirs.value?.kept.version) return
    const [now, told] = await Promise.all([settingsApi.kept(), settingsApi.changes(before.version, newest)])
    // meanwhile one may have saved oneself, or taken theirs
    if (kept.value?.version !== before.version) return
    if (changed.value) theirs.value = { kept: now, changes: told }
    else begin(now)
  }

  /** What both did, put together; null while the expert's text cannot be read. */
  function together(yielded: ReadonlySet<string>): Merged | null {
    const mine = text.value === null ? parts.value : checked.value?.parts
    if (!kept.value || !theirs.value || !mine) return null
    return merge(kept.value.parts ?? {}, theirs.value.kept.parts ?? {}, mine, yielded)
  }

  function takeTogether(merged: Merged): void {
    const other = theirs.value
    if (!other) return
    const mine = secrets.value
    begin(other.kept)
    secrets.value = mine
    replace(merged.parts)
  }

  function takeTheirs(): void {
    if (theirs.value) begin(theirs.value.kept)
  }

  const valueAt = (path: Path) => at(parts.value, path)
  /** Whether this place differs from what is in force. */
  const isChanged = (path: Path) => !same(at(parts.value, path), at(kept.value?.parts ?? {}, path))

  function told(path: Path, deep: boolean, list: readonly Problem[]): Problem[] {
    return list.filter(
      (each) =>
        (deep ? each.path.length >= path.length : each.path.length === path.length) &&
        path.every((name, index) => String(each.path[index]) === String(name)),
    )
  }
  const problemsAt = (path: Path, deep = true) => told(path, deep, problems.value)
  const warningsAt = (path: Path, deep = true) => told(path, deep, warnings.value)

  return {
    kept,
    parts,
    text,
    checked,
    checking,
    failure,
    theirs,
    prompts,
    secrets,
    given,
    past,
    future,
    changed,
    problems,
    warnings,
    changes,
    load,
    loadPrompts,
    check,
    replace,
    put,
    undo,
    redo,
    discard,
    write,
    read,
    save,
    look,
    together,
    takeTogether,
    takeTheirs,
    valueAt,
    isChanged,
    problemsAt,
    warningsAt,
  }
})
