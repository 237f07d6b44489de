/** What can be done to the flow that is open: each act is one change of the draft, and can be undone. */

import { computed, type Ref } from 'vue'

import { freeName, isTable, textOf, withName, type Table } from '../draft/plain'
import { useDraft } from '../draft/store'
import { optionsOf } from '../forms/options-of'
import {
  addCase,
  addKey,
  addNode,
  connect,
  disconnect,
  flowOf,
  graphOf,
  outsOf,
  removeNode,
  renameNode,
  type Graph,
} from './graph'
import type { StepKind } from './steps'

/** Where a way is drawn from that is not there yet. */
export const MORE = '+'

export function useFlow(id: Ref<string>) {
  const draft = useDraft()
  const flow = computed<Table | null>(() => {
    const found = draft.valueAt(['flows', id.value])
    return isTable(found) ? found : null
  })
  const graph = computed(() => graphOf(flow.value ?? {}))
  const steps = computed<Table>(() => {
    const found = flow.value?.['steps']
    return isTable(found) ? found : {}
  })

  function put(next: Graph): void {
    draft.put(['flows', id.value], flowOf(next))
  }

  function stepOf(name: string): Table | null {
    const found = Object.hasOwn(steps.value, name) ? steps.value[name] : undefined
    return isTable(found) ? found : null
  }

  function lead(from: string, place: string, to: string): void {
    if (place !== MORE) {
      put(connect(graph.value, from, place, to))
      return
    }
    const more = stepOf(from)?.['do'] === 'condition' ? addCase : addKey
    const made = more(graph.value, from)
    put(connect(made.graph, from, made.at, to))
  }

  /** What a new step of a kind needs to be right at once, as far as that can be guessed. */
  function fresh(kind: StepKind): Table {
    const first = (of: 'queues' | 'calendars' | 'services' | 'flows') =>
      optionsOf(draft.parts, of).find((one) => one.value !== id.value)?.value ?? ''
    const says: Table = {
      play: ['welcome'],
      menu: ['menu'],
      collect: ['menu'],
    }
    const made: Table = { do: kind }
    if (says[kind]) made['say'] = says[kind]
    if (kind === 'menu') made['keys'] = { 1: '' }
    if (kind === 'collect') made['into'] = 'digits'
    if (kind === 'condition') made['cases'] = [{ caller: ['1'], next: '' }]
    if (kind === 'hours') made['calendar'] = first('calendars')
    if (kind === 'queue' || kind === 'voicemail') made['queue'] = first('queues')
    if (kind === 'language') made['language'] = 'en'
    if (kind === 'set') made['variables'] = { kind: '' }
    if (kind === 'lookup') made['service'] = first('services')
    if (kind === 'flow') made['flow'] = first('flows')
    return made
  }

  /** A new step; a way of `after` that must lead somewhere and does not, or one more key or case, leads to it. */
  function add(kind: StepKind, after: string): string {
    const name = freeName(kind.replace('_', '-'), Object.keys(steps.value))
    const before = stepOf(after)
    let next = addNode(graph.value, name, fresh(kind))
    let place = before ? outsOf(before).find((out) => out.required && !leads(after, out.at))?.at : undefined
    if (!place && (before?.['do'] === 'menu' || before?.['do'] === 'condition')) {
      const made = before['do'] === 'menu' ? addKey(next, after) : addCase(next, after)
      next = made.graph
      place = made.at
    }
    put(place ? connect(next, after, place, name) : next)
    return name
  }

  const leads = (from: string, place: string) =>
    graph.value.edges.some((edge) => edge.from === from && edge.at === place)

  return {
    flow,
    graph,
    steps,
    stepOf,
    lead,
    unlead: (from: string, place: string) => {
      put(disconnect(graph.value, from, place))
    },
    add,
    remove: (name: string) => {
      put(removeNode(graph.value, name))
    },
    rename: (from: string, to: string) => {
      put(renameNode(graph.value, from, to))
    },
    setStart: (name: string) => {
      draft.put(['flows', id.value, 'start'], name)
    },
    setPerson: (name: string) => {
      if (flow.value) draft.put(['flows', id.value], withName(flow.value, 'person', name || undefined))
    },
    setLate: (late: boolean) => {
      if (flow.value)
        draft.put(['flows', id.value], withName(flow.value, 'answer', late ? 'late' : undefined))
    },
    late: computed(() => flow.value?.['answer'] === 'late'),
    start: computed(() => textOf(flow.value?.['start'])),
    person: computed(() => textOf(flow.value?.['person'])),
  }
}

export type OpenFlow = ReturnType<typeof useFlow>
