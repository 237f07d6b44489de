/** Who is signed in, and the centre they are signed in to. */

import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

import { api, ApiError } from '@/api/client'
import type { Centre, Me } from '@/api/types'
import { keptLanguage, languageOf, speak } from '@/text'
import { roleMay, type Permission } from './roles'

export const useSession = defineStore('session', () => {
  const me = ref<Me | null>(null)
  const centre = ref<Centre | null>(null)
  /** True once the centre has said who we are, or that we are nobody. */
  const asked = ref(false)

  async function welcome(person: Me, told: Promise<void> = loadCentre()): Promise<void> {
    me.value = person
    const theirs = languageOf(person.language)
    if (!keptLanguage() && theirs) await speak(theirs, false)
    await told
  }

  async function loadCentre(): Promise<void> {
    try {
      centre.value = await api.centre()
    } catch {
      // the pages do without: names and time zone come with the next try
    }
  }

  let finding: Promise<void> | null = null

  /** Asks once; a centre that cannot be reached is not the same as not being signed in. */
  function find(): Promise<void> {
    if (asked.value) return Promise.resolve()
    finding ??= ask().finally(() => {
      finding = null
    })
    return finding
  }

  async function ask(): Promise<void> {
    const told = loadCentre() // both at once: a page waits for them before it shows anything
    try {
      await welcome(await api.me(), told)
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error
    }
    asked.value = true
  }

  async function signIn(user: string, password: string, code?: string): Promise<void> {
    await welcome(await api.signIn(user, password, code))
    asked.value = true
  }

  /** Ask again who we are: what stood in the way may be done. */
  async function renew(): Promise<void> {
    await welcome(await api.me())
  }

  /** What must be done before anything else. */
  const owed = computed<'password' | 'code' | null>(() => {
    if (me.value?.must_change) return 'password'
    const factor = me.value?.second_factor
    return factor?.required && !factor.enrolled ? 'code' : null
  })

  function forget(): void {
    me.value = null
    asked.value = true
  }

  async function signOut(): Promise<void> {
    try {
      await api.signOut()
    } finally {
      forget()
    }
  }

  /** Is it worth offering? The centre decides again when it is done. */
  function may(permission: Permission): boolean {
    return roleMay(me.value?.role, permission)
  }

  /** Takes calls: the agent's page is theirs. */
  const hasDesk = computed(() => me.value?.agent ?? me.value?.role === 'agent')

  return { me, centre, hasDesk, owed, may, find, signIn, renew, signOut, forget, loadCentre }
})
