/** One seat: how long its state has lasted, whether one may change it, and why a change was refused. */

import { useI18n } from 'vue-i18n'

import { ApiError } from '@/api/client'
import type { AgentView, Centre, ChosenState, Me } from '@/api/types'
import { clockLength } from '@/format/time'
import { roleMay } from '@/shell/roles'
import { useSession } from '@/shell/session'

/** A break's name in the page's language; undefined when the centre has no break of this id. */
export function breakName(centre: Centre | null, id: string, locale: string): string | undefined {
  const found = centre?.breaks.find((each) => each.id === id)
  return locale.startsWith('zh') ? found?.name : found?.name_en
}

/** The reason of a state by its id, in words of the page's language: the centre's breaks, then our own words. */
export function useReasons(): (id: string) => string {
  const { t, te, locale } = useI18n()
  const session = useSession()
  return (id) => {
    const key = `break_reason.${id}`
    return breakName(session.centre, id, locale.value) ?? (te(key) ? t(key) : id)
  }
}

/** Empty for who is signed out: nobody waits for them, and the centre may not know since when. */
export function lastingOf(agent: AgentView, now: number): string {
  return agent.state === 'signed_out' || agent.since_ms <= 0 ? '' : clockLength(now - agent.since_ms)
}

/** Whoever may set all states may set this one; an agent their own. */
export function maySet(me: Me | null, agent: AgentView): boolean {
  if (!me) return false
  return roleMay(me.role, 'set_states') || (me.user === agent.id && roleMay(me.role, 'set_own_state'))
}

/** Why a wanted state was refused, for the one who wanted it: the centre's words, or ours where we know better. */
export function refusalOf(
  error: unknown,
  agent: AgentView,
  wanted: ChosenState,
  t: (key: string, values?: Record<string, unknown>) => string,
  troubleOf: (error: unknown) => string,
): string {
  if (!(error instanceof ApiError) || error.status !== 409) return troubleOf(error)
  const message = wanted === 'ready' && !agent.reachable ? t('seat.no_phone') : error.message
  return t('seat.refused', { message })
}
