import fc from 'fast-check'
import { expect, test } from 'vitest'

import type { AgentView, Change, QueueView, Wallboard } from '@/api/types'
import { apply } from './wallboard'

const ids = fc.constantFrom('a', 'b', 'c', 'd')
const queue = fc.record({ id: ids, waiting: fc.nat() }).map((q) => q as unknown as QueueView)
const agent = fc.record({ id: ids, calls_today: fc.nat() }).map((a) => a as unknown as AgentView)
const change: fc.Arbitrary<Change> = fc.oneof(
  queue.map((q) => ({ queue: q })),
  agent.map((a) => ({ agent: a })),
  ids.map((id) => ({ queue_removed: id })),
  ids.map((id) => ({ agent_removed: id })),
  fc.record({ active: fc.nat(), waiting: fc.nat(), talking: fc.nat() }).map((calls) => ({ calls })),
  fc.constantFrom('up' as const, 'down' as const).map((state) => ({ switch: state })),
)

const empty: Wallboard = {
  at_ms: 0,
  queues: [],
  agents: [],
  calls: { active: 0, waiting: 0, talking: 0 },
  company: '',
  switch: 'up',
}

/** The plainest account of what the changes mean: the last word on each thing holds. */
function told(changes: Change[]) {
  const queues = new Map<string, QueueView>()
  const agents = new Map<string, AgentView>()
  let { calls, switch: state } = empty
  for (const one of changes) {
    if ('queue' in one) queues.set(one.queue.id, one.queue)
    else if ('agent' in one) agents.set(one.agent.id, one.agent)
    else if ('queue_removed' in one) queues.delete(one.queue_removed)
    else if ('agent_removed' in one) agents.delete(one.agent_removed)
    else if ('calls' in one) calls = one.calls
    else state = one.switch
  }
  return { queues, agents, calls, switch: state }
}

test('a snapshot plus changes is what the changes tell', () => {
  fc.assert(
    fc.property(fc.array(change), (changes) => {
      const after = changes.reduce(apply, empty)
      const plain = told(changes)
      expect(new Map(after.queues.map((q) => [q.id, q]))).toEqual(plain.queues)
      expect(new Map(after.agents.map((a) => [a.id, a]))).toEqual(plain.agents)
      expect(after.queues.length).toBe(plain.queues.size)
      expect([after.calls, after.switch]).toEqual([plain.calls, plain.switch])
    }),
  )
})

test('a snapshot taken midway plus the rest gives the same', () => {
  fc.assert(
    fc.property(fc.array(change), fc.nat(), (changes, cut) => {
      const at = cut % (changes.length + 1)
      const midway = JSON.parse(JSON.stringify(changes.slice(0, at).reduce(apply, empty))) as Wallboard
      expect(changes.slice(at).reduce(apply, midway)).toEqual(changes.reduce(apply, empty))
    }),
  )
})

test('the snapshot before is left as it was', () => {
  fc.assert(
    fc.property(fc.array(change, { minLength: 1 }), change, (changes, last) => {
      const before = changes.reduce(apply, empty)
      const copy = structuredClone(before)
      apply(before, last)
      expect(before).toEqual(copy)
    }),
  )
})

test('a queue that changes keeps its place', () => {
  const at = (id: string, waiting: number) => ({ queue: { id, waiting } as QueueView })
  const board = [at('a', 0), at('b', 0), at('a', 5)].reduce<Wallboard>(apply, empty)
  expect(board.queues.map((q) => [q.id, q.waiting])).toEqual([
    ['a', 5],
    ['b', 0],
  ])
})

test('a change of a kind yet unknown is passed over', () => {
  expect(apply(empty, { weather: 'rain' } as unknown as Change)).toBe(empty)
})
