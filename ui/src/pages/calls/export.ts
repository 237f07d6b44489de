/** The list of calls as rows of a file. */

import type { Call, CallPage, CallSearch } from '@/api/types'
import { isWithheld } from '@/format/use'
import type { Column } from '@/format/workbook'

/** As many calls as one file takes: some seconds of asking, page by page, which no call on the line feels. */
export const MOST = 20_000
const AT_ONCE = 200

/** All that are asked for, newest first, up to `MOST`. */
export async function everyCall(
  ask: (search: CallSearch) => Promise<CallPage>,
  search: CallSearch,
  tell: (calls: number) => void,
): Promise<{ rows: Call[]; more: boolean }> {
  const rows: Call[] = []
  let cursor: string | null = null
  do {
    const page: CallPage = await ask({ ...search, limit: AT_ONCE, ...(cursor ? { cursor } : {}) })
    rows.push(...page.calls)
    cursor = page.next
    tell(rows.length)
  } while (cursor && rows.length < MOST)
  return { rows, more: cursor !== null }
}

export interface CallWords {
  t: (key: string, values?: Record<string, unknown>) => string
  queue: (id: string | null) => string
  disposition: (id: string) => string
}

export function callColumns({ t, queue, disposition }: CallWords): Column<Call>[] {
  const seconds = (key: string) => t('export.in_seconds', { what: t(key) })
  return [
    { title: t('export.began'), kind: 'instant', width: 20, of: (call) => call.began_ms },
    { title: t('export.direction'), kind: 'text', width: 8, of: (call) => t(`direction.${call.direction}`) },
    {
      title: t('calls.caller'),
      kind: 'text',
      width: 16,
      of: (call) => (isWithheld(call.caller) ? t('calls.unknown_number') : call.caller),
    },
    { title: t('export.name'), kind: 'text', width: 12, of: (call) => call.caller_name },
    { title: t('export.number'), kind: 'text', width: 16, of: (call) => call.number },
    { title: t('calls.queue'), kind: 'text', width: 14, of: (call) => queue(call.queue) },
    { title: t('calls.agent'), kind: 'text', width: 12, of: (call) => call.agent_name },
    { title: t('export.agent_id'), kind: 'text', width: 10, of: (call) => call.agent },
    {
      title: t('calls.status'),
      kind: 'text',
      width: 12,
      of: (call) =>
        call.state === 'ended' && call.outcome ? t(`outcome.${call.outcome}`) : t(`call_state.${call.state}`),
    },
    { title: seconds('calls.waited'), kind: 'seconds', width: 10, of: (call) => call.waited_ms },
    { title: seconds('calls.talked'), kind: 'seconds', width: 10, of: (call) => call.talk_ms },
    {
      title: t('calls.ended_by'),
      kind: 'text',
      width: 10,
      of: (call) => (call.ended_by ? t(`party.${call.ended_by}`) : ''),
    },
    { title: t('export.ended'), kind: 'instant', width: 20, of: (call) => call.ended_ms },
    {
      title: t('export.disposition'),
      kind: 'text',
      width: 20,
      of: (call) => (call.disposition ? disposition(call.disposition) || call.disposition : ''),
    },
    { title: t('export.rating'), kind: 'count', width: 8, of: (call) => call.survey?.score },
    { title: t('export.call'), kind: 'text', width: 26, of: (call) => call.id },
  ]
}
