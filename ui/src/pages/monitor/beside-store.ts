/** Goes beside calls: asks the centre, lets the page's phone answer the ring that was asked for, knows the mode. */

import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'

import { monitorApi } from '@/api/monitor'
import type { Mode } from '@/api/monitor-types'
import { useMonitor } from '@/live/monitor-store'
import { usePhone } from '@/phone/store'
import { useSession } from '@/shell/session'
import { besideOf, EXPECTED_MS, expectedLine, type Asked } from './beside'

export const useBeside = defineStore('beside', () => {
  const phone = usePhone()
  const live = useMonitor()
  const session = useSession()
  const asked = ref<Asked | null>(null)

  const call = computed(() => besideOf(live.monitor?.calls ?? [], session.me?.user ?? ''))
  /** Asked for, and not there yet. */
  const coming = computed(() => (asked.value && asked.value.call !== call.value?.id ? asked.value : null))
  const mode = computed<Mode | ''>(
    () => call.value?.supervised_by.find((one) => one.agent === session.me?.user)?.mode ?? '',
  )

  /** `ask` is the request that makes the centre ring us; when it is refused, no ring is waited for. */
  async function expecting<T>(what: Omit<Asked, 'at'>, ask: () => Promise<T>): Promise<T> {
    const wish = { ...what, at: Date.now() }
    asked.value = wish
    window.setTimeout(() => {
      if (asked.value === wish) asked.value = null
    }, EXPECTED_MS)
    try {
      return await ask()
    } catch (error) {
      if (asked.value === wish) asked.value = null
      throw error
    }
  }

  async function go(
    to: { call: string; caller: string; agent: string },
    way: Mode | 'take_over',
  ): Promise<void> {
    const there = call.value?.id === to.call
    const ask = () => monitorApi.supervise(to.call, way, there ? '' : to.agent)
    await (there ? ask() : expecting({ call: to.call, caller: to.caller }, ask))
  }

  async function leave(): Promise<void> {
    if (call.value) await monitorApi.leave(call.value.id)
  }

  watch(
    () => [asked.value, phone.phone.lines] as const,
    ([wish, lines]) => {
      const line = expectedLine(wish, lines, Date.now())
      if (!line) return
      asked.value = null
      phone.press('answer', line.id)
    },
  )

  /** A request was taken with a mode: the centre rings us for its call. */
  async function goToHelp(of: { help: string; call: string; caller: string }, way: Mode): Promise<void> {
    await expecting({ call: of.call, caller: of.caller }, () => monitorApi.takeHelp(of.help, way))
  }

  return { call, coming, mode, go, leave, goToHelp, expecting }
})
