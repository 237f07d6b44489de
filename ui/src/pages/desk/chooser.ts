/** Who can be chosen for a transfer, a consult or a conference, and which of them a search finds. Pure. */

import type { AgentState, AgentView, QueueView } from '@/api/types'
import type { Target } from '@/api/desk-types'

export type Choice =
  | { kind: 'agent'; id: string; name: string; extension: string; state: AgentState; free: boolean }
  | { kind: 'queue'; id: string; name: string; waiting: number; ready: number }
  | { kind: 'number'; id: string; name: string }

/** A caller is handed only to who is ready; a colleague can be asked in wrap-up and on break too. */
const FREE: Readonly<Record<'consult' | 'transfer' | 'conference', readonly AgentState[]>> = {
  consult: ['ready', 'wrap_up', 'break'],
  transfer: ['ready'],
  conference: ['ready', 'wrap_up', 'break'],
}

/** Who can be had soonest comes first. */
const ORDER: readonly AgentState[] = [
  'ready',
  'wrap_up',
  'break',
  'ringing',
  'calling',
  'talking',
  'unavailable',
  'signed_out',
]

export function choicesOf(
  agents: readonly AgentView[],
  queues: readonly QueueView[],
  me: string,
  search: string,
  kind: keyof typeof FREE,
): Choice[] {
  const wanted = search.trim().toLowerCase()
  const has = (...texts: string[]) => !wanted || texts.some((text) => text.toLowerCase().includes(wanted))
  const people = agents
    .filter((agent) => agent.id !== me && has(agent.name, agent.extension, agent.id))
    .sort(
      (a, b) =>
        Number(b.reachable) - Number(a.reachable) ||
        ORDER.indexOf(a.state) - ORDER.indexOf(b.state) ||
        a.extension.localeCompare(b.extension),
    )
    .map(({ id, name, extension, state, reachable }): Choice => ({
      kind: 'agent',
      id,
      name,
      extension,
      state,
      free: reachable && FREE[kind].includes(state),
    }))
  const lines = queues
    .filter((queue) => has(queue.name, queue.id))
    .map(({ id, name, waiting, ready }): Choice => ({ kind: 'queue', id, name, waiting, ready }))
  const number = dialable(search)
  return [
    ...people,
    ...lines,
    ...(number.length >= 3 ? [{ kind: 'number', id: number, name: number } as const] : []),
  ]
}

export function targetOf(choice: Choice): Target {
  switch (choice.kind) {
    case 'agent':
      return { agent: choice.id }
    case 'queue':
      return { queue: choice.id }
    case 'number':
      return { number: choice.id }
  }
}

/** What of a text can be dialled: empty when there is anything in it that cannot. */
export function dialable(text: string): string {
  const bare = text.replaceAll(/[\s().-]/g, '')
  return /^\+?[\d*#]+$/.test(bare) ? bare : ''
}
