/** The desk as a value: a snapshot plus changes gives the newer snapshot. No socket, no clock. */

import type { About, Desk, DeskCall, DeskCallHead, DeskChange } from '@/api/desk-types'
import type { Fact } from '@/api/types'

/** As many as the centre keeps for the desk; the call's own page has all. */
const MOST_FACTS = 200
const MOST_NEWS = 20
const NOTHING: About = { place: null, earlier: [], facts: [] }

/** The calls of a desk with all that is known about each. */
export function callsOf(desk: Desk): DeskCall[] {
  return desk.calls.map((call) => ({ ...call, ...(desk.about[call.id] ?? NOTHING) }))
}

function withCall(calls: readonly DeskCallHead[], call: DeskCallHead): DeskCallHead[] {
  if (calls.some((one) => one.id === call.id)) return calls.map((one) => (one.id === call.id ? call : one))
  return [...calls, call].sort((a, b) => a.began_ms - b.began_ms || (a.id < b.id ? -1 : 1))
}

/** A word about a call may come before the call does: it is kept for it. */
function learn(desk: Desk, call: string, change: (before: About) => Partial<About>): Desk {
  const before = desk.about[call] ?? NOTHING
  return { ...desk, about: { ...desk.about, [call]: { ...before, ...change(before) } } }
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
  if ('call' in change) return { ...before, calls: withCall(before.calls, change.call) }
  if ('call_removed' in change) {
    const gone = change.call_removed
    const about = Object.fromEntries(Object.entries(before.about).filter(([call]) => call !== gone))
    return { ...before, calls: before.calls.filter((call) => call.id !== gone), about }
  }
  if ('fact' in change) {
    const { call, fact } = change.fact
    return learn(before, call, ({ facts }) => ({ facts: withFact(facts, fact) }))
  }
  if ('facts' in change) {
    const { call, facts } = change.facts
    return learn(before, call, () => ({ facts }))
  }
  if ('earlier' in change) {
    const { call, earlier } = change.earlier
    return learn(before, call, () => ({ earlier }))
  }
  if ('place' in change) {
    const { call, ...place } = change.place
    return learn(before, call, () => ({ place }))
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
  if ('hint' in change) {
    const { hint } = change
    return { ...before, hints: [...before.hints.filter((one) => one.call !== hint.call), hint] }
  }
  if ('hint_over' in change)
    return { ...before, hints: before.hints.filter((one) => one.call !== change.hint_over) }
  return before
}
