/** The formats and names in the language and time zone of the moment, for pages. */

import { computed } from 'vue'
import { useI18n } from 'vue-i18n'

import { ApiError } from '@/api/client'
import { useLive } from '@/live/store'
import { useSession } from '@/shell/session'
import { formats, type Formats } from './time'

export function useFormats() {
  const { locale } = useI18n()
  const session = useSession()
  return computed(() => formats(locale.value, session.centre?.time_zone ?? 'Asia/Shanghai'))
}

/** What sentences are put together with: catalogue and formats. */
export interface Words {
  t: (key: string, values?: Record<string, unknown>) => string
  te: (key: string) => boolean
  format: Formats
}

export function useWords() {
  const { t, te } = useI18n()
  const format = useFormats()
  return computed<Words>(() => ({
    t: (key, values) => t(key, values ?? {}),
    te: (key) => te(key),
    format: format.value,
  }))
}

/** What went wrong, in words a person can use. */
export function useTroubles() {
  const { t, te } = useI18n()
  const names = useNames()
  return (error: unknown): string => {
    if (!(error instanceof ApiError)) return t('error.unknown', { message: String(error) })
    if (error.status === 0) return t('error.unreachable')
    const why = (error.detail.why ?? {}) as Record<string, string | number>
    const key = `refusal.${why.code ?? error.code}`
    if (te(key))
      return t(key, {
        ...why,
        agent: names.agent(String(why.agent ?? '')),
        by: names.agent(String(why.by ?? '')),
        who: String(why.who ?? '')
          .split(', ')
          .map((user) => names.agent(user))
          .join(t('refusal.and')),
        state: why.state ? t(`state.${why.state}`) : '',
      })
    if (error.status === 403) return t('error.forbidden')
    if (error.status === 404) return t('error.not_found')
    return t('error.unknown', { message: error.message || String(error.status) })
  }
}

/** Who acts by a token of the interface rather than signed in. */
const TOKEN = 'token:'

/** Names of queues and people by id, as the live board and the centre know them. */
export function useNames() {
  const live = useLive()
  const session = useSession()
  const { t } = useI18n()
  const people = computed(() => new Map(session.centre?.people.map((person) => [person.user, person.name])))
  return {
    queue: (id: string | null | undefined) => (id ? (live.queueNames.get(id) ?? id) : ''),
    agent: (id: string | null | undefined) => {
      if (!id) return ''
      if (id.startsWith(TOKEN)) return t('party.interface', { name: id.slice(TOKEN.length) })
      return live.agentNames.get(id) ?? people.value.get(id) ?? id
    },
  }
}

/** No line of text ends in the middle of a number. */
const UNBROKEN_SPACE = '\u00a0'

/** A telephone number in groups that can be read aloud; what is masked or foreign stays as it is. */
export function readableNumber(number: string): string {
  const code = /^(1[\d*]{10}|0(10|2\d)[\d*]{8})$/.test(number)
    ? 3
    : /^0[3-9][\d*]{9,10}$/.test(number)
      ? 4
      : 0
  if (!code) return number
  return [number.slice(0, code), number.slice(code, code + 4), number.slice(code + 4)].join(UNBROKEN_SPACE)
}

/** What is told in place of a number that is withheld: nothing, `anonymous` (RFC 3323 §4.1.1.3), carriers' own words. */
const NO_NUMBER = /^(anonymous|private|restricted|unavailable|unknown)?$/i

export const isWithheld = (number: string | null | undefined): boolean => NO_NUMBER.test(number ?? '')

/** A party's number to read; of who shows none, that it is unknown. */
export function useNumbers(): (number: string | null | undefined) => string {
  const { t } = useI18n()
  return (number) => (isWithheld(number) ? t('calls.unknown_number') : readableNumber(number ?? ''))
}
