import { expect, test } from 'vitest'

import type { Desk, DeskCallHead, DeskChange } from '@/api/desk-types'
import type { Fact } from '@/api/types'
import { anAgent, figures } from '@/pages/desk/fixtures'
import { applyToDesk, callsOf, withFact } from './desk'

const fact = (seq: number): Fact => ({ seq, at_ms: seq * 10, kind: 'held', party: 'agent' })
const head = (id: string, more: Partial<DeskCallHead> = {}): DeskCallHead => ({
  id,
  direction: 'in',
  purpose: 'talk',
  state: 'ringing',
  caller: '13800138000',
  caller_name: '',
  number: '95580',
  number_name: '',
  queue: 'enquiry',
  queue_name: '咨询',
  language: 'zh',
  began_ms: 0,
  queued_ms: 0,
  waited_ms: null,
  offered_ms: 0,
  ring_until_ms: null,
  answered_ms: null,
  ended_ms: null,
  at: 'room',
  caller_at: 'room',
  slot: '',
  consult: null,
  parties: [],
  held_by: [],
  recording: 'none',
  urgent: '',
  leads: true,
  mode: '',
  muted: false,
  ...more,
})

const EMPTY: Desk = {
  at_ms: 0,
  agent: anAgent(),
  figures: figures(),
  phone: { loan: '', lent_ms: 0, since_ms: 0, address: '', browser: '' },
  calls: [],
  about: {},
  wrap_up: null,
  tasks: { callbacks: [], redials: [], voicemails: [] },
  help: [],
  news: [],
  hints: [],
}

const after = (...changes: DeskChange[]) => changes.reduce(applyToDesk, EMPTY)

test('what came about a call beside its head stays when its head changes', () => {
  const desk = after(
    { call: head('c1') },
    { place: { call: 'c1', zh: '北京', en: 'Beijing' } },
    { fact: { call: 'c1', fact: fact(1) } },
    { call: head('c1', { state: 'talking' }) },
  )
  expect(callsOf(desk)).toMatchObject([
    { id: 'c1', state: 'talking', place: { zh: '北京' }, facts: [{ seq: 1 }] },
  ])
})

test('a fact told twice or late stands once, in its place', () => {
  const desk = after(
    { call: head('c1') },
    ...[1, 3, 2, 3].map((seq): DeskChange => ({ fact: { call: 'c1', fact: fact(seq) } })),
  )
  expect(callsOf(desk)[0]?.facts.map((one) => one.seq)).toEqual([1, 2, 3])
})

test('a desk keeps the newest two hundred facts of a call', () => {
  let facts: Fact[] = []
  for (let seq = 1; seq <= 230; seq++) facts = withFact(facts, fact(seq))
  expect([facts.length, facts[0]?.seq]).toEqual([200, 31])
})

test('what is told about a call before the call itself waits for it', () => {
  const desk = after({ fact: { call: 'c1', fact: fact(9) } }, { call: head('c1') })
  expect(callsOf(desk)[0]?.facts.map((one) => one.seq)).toEqual([9])
})

test('a call that ends takes along what was known about it', () => {
  const desk = after({ call: head('c1') }, { fact: { call: 'c1', fact: fact(9) } }, { call_removed: 'c1' })
  expect([desk.calls, desk.about]).toEqual([[], {}])
})

test('calls stand in the order they began', () => {
  const desk = after({ call: head('c2', { began_ms: 5 }) }, { call: head('c1', { began_ms: 1 }) })
  expect(desk.calls.map((call) => call.id)).toEqual(['c1', 'c2'])
})

test('only the wrap-up that is shown is ended', () => {
  const due = {
    call: 'c1',
    queue: 'q',
    began_ms: 0,
    due_ms: null,
    required: true,
    overdue: false,
    filed: false,
  }
  expect(after({ wrap_up: due }, { wrap_up_over: 'c0' }).wrap_up).toEqual(due)
  expect(after({ wrap_up: due }, { wrap_up_over: 'c1' }).wrap_up).toBeNull()
})

test('the desk before a change is left as it was', () => {
  const before = after({ call: head('c1') })
  const copy = structuredClone(before)
  applyToDesk(before, { fact: { call: 'c1', fact: fact(1) } })
  applyToDesk(before, { call_removed: 'c1' })
  expect(before).toEqual(copy)
})

test('what is not known is passed over', () => {
  expect(applyToDesk(EMPTY, { weather: 'fine' } as unknown as DeskChange)).toBe(EMPTY)
})

test('a timeline that comes anew takes the place of the one before, and facts go on behind it', () => {
  const told = (seq: number) => ({ fact: { call: 'c1', fact: fact(seq) } })
  const desk = after(told(1), told(2), { facts: { call: 'c1', facts: [fact(1), fact(3)] } }, told(3), told(4))
  expect(desk.about['c1']?.facts.map((one) => one.seq)).toEqual([1, 3, 4])
})
