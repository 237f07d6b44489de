/** The desk as a value: a snapshot plus changes gives the newer snapshot. No socket, no clock. */

import type { Desk, DeskCall, DeskChange } from '@/api/desk-types'
import type { Fact } from '@/api/types'

const NOWHERE = { zh: '', en: '' }
/** As many as the centre keeps for the desk; the call's own page has all. */
const MOST_FACTS = 200
const MOST_NEWS = 20

function putCall(calls: readonly DeskCall[], id: string, change: (before: DeskCall) => DeskCall): DeskCall[] {
  return calls.map((call) => (call.id === id ? change(call) : call))
}

/** In the order of their numbers; one told twice stands once. */
export function withFact(facts: readonly Fact[], fact: Fact): Fact[] {
  if (facts.some((one) => one.seq === fact.seq)) return [...facts]
  const after = [...facts, fact]
  const last = facts.at(-1)
  if (last && last.seq > fact.seq) after.sort((a, b) => a.seq - b.seq)
  return after.slice(-MOST_FACTS)
}

/** The desk after one change; the one before is left as it was. A change of an unknown kind is passed over. */
export function applyToDesk(before: Desk, change: DeskChange): Desk {
  if ('agent' in change) return { ...before, agent: change.agent }
  if ('figures' in change) return { ...before, figures: change.figures }
  if ('phone' in change) return { ...before, phone: change.phone }
  if ('call' in change) {
    const known = before.calls.find((call) => call.id === change.call.id)
    const { place, earlier, facts } = known ?? { place: NOWHERE, earlier: [], facts: [] }
    const call: DeskCall = { place, earlier, facts, ...change.call }
    return {
      ...before,
      calls: known ? putCall(before.calls, call.id, () => call) : [...before.calls, call],
    }
  }
  if ('call_removed' in change)
    return { ...before, calls: before.calls.filter((call) => call.id !== change.call_removed) }
  if ('fact' in change) {
    const { call, fact } = change.fact
    return {
      ...before,
      calls: putCall(before.calls, call, (one) => ({ ...one, facts: withFact(one.facts, fact) })),
    }
  }
  if ('earlier' in change) {
    const { call, earlier } = change.earlier
    return { ...before, calls: putCall(before.calls, call, (one) => ({ ...one, earlier })) }
  }
  if ('place' in change) {
    const { call, ...place } = change.place
    return { ...before, calls: putCall(before.calls, call, (one) => ({ ...one, place })) }
  }
  if ('wrap_up' in change) return { ...before, wrap_up: change.wrap_up }
  if ('wrap_up_over' in change)
    return before.wrap_up?.call === change.wrap_up_over ? { ...before, wrap_up: null } : before
  if ('tasks' in change) return { ...before, tasks: change.tasks }
  if ('help' in change) {
    const known = before.help.some((one) => one.id === change.help.id)
    const help = known
      ? before.help.map((one) => (one.id === change.help.id ? change.help : one))
      : [...before.help, change.help]
    return { ...before, help }
  }
  if ('news' in change) {
    if (before.news.some((one) => one.id === change.news.id)) return before
    return { ...before, news: [...before.news, change.news].slice(-MOST_NEWS) }
  }
  return before
}
