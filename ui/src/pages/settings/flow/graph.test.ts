import fc from 'fast-check'
import { expect, test } from 'vitest'

import type { Plain } from '@/api/settings-types'
import { isTable, type Table } from '../draft/plain'
import {
  addCase,
  addKey,
  addNode,
  connect,
  disconnect,
  flowOf,
  graphOf,
  inOrder,
  outsOf,
  removeNode,
  renameNode,
} from './graph'
import type { Field } from '../forms/field'
import { CASE, fieldsOf, STEP_KINDS } from './steps'

const NAMES = ['start', 'menu', 'line', 'end', 'night']
const name = fc.constantFrom(...NAMES)
const word = fc.stringMatching(/^[a-z]{1,6}$/)

/** Any value that a field may have, the way out of it included. */
function valueOf(field: Field): fc.Arbitrary<Plain> {
  switch (field.kind) {
    case 'step':
      return name
    case 'keys':
      return fc.dictionary(fc.constantFrom('1', '2', '9', '0', '*', '12'), name, { minKeys: 1 })
    case 'cases':
      return fc.array(stepOf(CASE), { minLength: 1, maxLength: 3 })
    case 'prompts':
    case 'texts':
    case 'picks':
      return fc.array(word, { minLength: 1, maxLength: 3 })
    case 'count':
      return fc.integer({ min: field.least, max: field.most })
    case 'yes':
      return fc.boolean()
    case 'levels':
      return fc.dictionary(word, fc.integer({ min: 1, max: 10 }), { minKeys: 1, maxKeys: 2 })
    case 'names':
      return fc.dictionary(word, word, { minKeys: 1, maxKeys: 2 })
    default:
      return word
  }
}

function stepOf(fields: readonly Field[]): fc.Arbitrary<Table> {
  const required = fields.filter((field) => field.required).map((field) => field.name)
  return fc.record(Object.fromEntries(fields.map((field) => [field.name, valueOf(field)])), {
    requiredKeys: required,
  }) as fc.Arbitrary<Table>
}

const anyStep: fc.Arbitrary<Table> = fc
  .constantFrom(...STEP_KINDS)
  .chain((kind) => stepOf(fieldsOf(kind)).map((step) => ({ do: kind, ...step })))
const flows: fc.Arbitrary<Table> = fc
  .record({ name: word, start: name, person: name }, { requiredKeys: ['start'] })
  .chain((head) =>
    fc
      .record(Object.fromEntries(NAMES.map((each) => [each, anyStep])))
      .map((steps) => ({ ...head, steps }) as Table),
  )

test('every flow is the same flow after it was a picture', () => {
  fc.assert(
    fc.property(flows, (flow) => {
      const graph = graphOf(flow)
      expect(flowOf(graph)).toEqual(flow)
      // keys and cases keep their order, which the caller hears
      const menu = (one: Table) =>
        JSON.stringify(Object.values(one['steps'] as Table).map((step) => (step as Table)['keys'] ?? 0))
      expect(menu(flowOf(graph))).toBe(menu(flow))
    }),
    { numRuns: 150 },
  )
})

test('every way of every step is an edge, and no step holds a way besides', () => {
  fc.assert(
    fc.property(flows, (flow) => {
      const graph = graphOf(flow)
      for (const node of graph.nodes) {
        const step = (flow['steps'] as Table)[node.name] as Table
        const edges = graph.edges.filter((edge) => edge.from === node.name)
        const places = outsOf(step).map((out) => out.at)
        expect(edges.every((edge) => places.includes(edge.at))).toBe(true)
        expect(graphOf({ steps: { x: node.said } }).edges).toEqual([])
      }
    }),
  )
})

test('a way led elsewhere and back, a step renamed and back: the same flow', () => {
  fc.assert(
    fc.property(flows, name, (flow, to) => {
      const graph = graphOf(flow)
      const edge = graph.edges[0]
      if (edge) {
        const led = connect(connect(graph, edge.from, edge.at, to), edge.from, edge.at, edge.to)
        expect(flowOf(led)).toEqual(flow)
      }
      expect(flowOf(renameNode(renameNode(graph, 'line', 'queue'), 'queue', 'line'))).toEqual(flow)
    }),
  )
})

const MENU: Table = {
  start: 'menu',
  person: 'line',
  steps: {
    menu: { do: 'menu', say: ['menu'], keys: { 1: 'line', 2: 'end' } },
    line: { do: 'queue', queue: 'general', overflow: 'end' },
    end: { do: 'hang_up' },
    lost: { do: 'condition', cases: [{ caller: ['1'], next: 'line' }], otherwise: 'end' },
  },
}
const stepsOf = (flow: Table) => flow['steps'] as Record<string, Table>

test('a step that goes takes the ways to it along; keys stay and lead nowhere', () => {
  const flow = flowOf(removeNode(graphOf(MENU), 'line'))
  expect(stepsOf(flow)['menu']?.['keys']).toEqual({ 1: '', 2: 'end' })
  expect(stepsOf(flow)['lost']?.['cases']).toEqual([{ caller: ['1'], next: '' }])
  expect(flow['person']).toBeUndefined()
  expect(flowOf(removeNode(graphOf(MENU), 'menu'))['start']).toBe('line')
})

test('a new key is the first that is free, a new case the last', () => {
  const key = addKey(graphOf(MENU), 'menu')
  expect(key.at).toBe('keys/3')
  expect(stepsOf(flowOf(connect(key.graph, 'menu', key.at, 'end')))['menu']?.['keys']).toEqual({
    1: 'line',
    2: 'end',
    3: 'end',
  })
  const one = addCase(graphOf(MENU), 'lost')
  expect(one.at).toBe('cases/1/next')
  expect(stepsOf(flowOf(one.graph))['lost']?.['cases']).toEqual([
    { caller: ['1'], next: 'line' },
    { next: '' },
  ])
})

test('steps in the order of the way; a way taken out is gone', () => {
  expect(inOrder(graphOf(MENU))).toEqual(['menu', 'line', 'end', 'lost'])
  const flow = flowOf(disconnect(graphOf(MENU), 'line', 'overflow'))
  expect(isTable(stepsOf(flow)['line']) && 'overflow' in (stepsOf(flow)['line'] ?? {})).toBe(false)
  expect(flowOf(addNode(graphOf({ steps: {} }), 'first', { do: 'echo' }))).toEqual({
    start: 'first',
    steps: { first: { do: 'echo' } },
  })
})
