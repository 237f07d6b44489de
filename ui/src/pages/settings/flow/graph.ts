/**
 * A flow as a picture: steps are nodes, every way on is an edge that knows where the file names it.
 * `flowOf(graphOf(flow))` is the same flow; what is done to the picture is done to the graph, then written back.
 */

import type { Path, Plain } from '@/api/settings-types'
import { at, isTable, listOf, textOf, withName, type Table } from '../draft/plain'
import { fieldsOf, isStepKind, type StepKind } from './steps'

/** A place on a step where a way begins, whether it leads anywhere or not. */
export interface Out {
  /** Where in the step the file names it: `next`, `keys/1`, `cases/0/next`. */
  at: string
  required: boolean
}

export interface Edge {
  id: string
  from: string
  at: string
  to: string
}

export interface Node {
  name: string
  kind: StepKind | null
  /** The step without its ways. */
  said: Table
}

export interface Graph {
  /** The flow without its steps: name, start, person. */
  head: Table
  nodes: Node[]
  edges: Edge[]
}

export const edgeId = (from: string, place: string) => `${from}\u0000${place}`

function pathOf(place: string): Path {
  const [first = '', second, third] = place.split('/')
  if (first === 'cases' && second !== undefined)
    return third ? [first, Number(second), third] : [first, Number(second)]
  return second === undefined ? [first] : [first, second]
}

const PAD = '123456789*0#'

/** The keys of a menu as they stand on a telephone: a table of the file has 0 first. */
export function asDialled(keys: Table): string[] {
  const place = (key: string) => PAD.indexOf(key[0] ?? '')
  return Object.keys(keys).sort((a, b) => place(a) - place(b) || a.localeCompare(b))
}

/** All places where a way of this step begins, in the file's order. */
export function outsOf(step: Table): Out[] {
  const kind = step['do']
  if (!isStepKind(kind)) return []
  return fieldsOf(kind).flatMap((field): Out[] => {
    if (field.kind === 'step') return [{ at: field.name, required: field.required ?? false }]
    const value = step[field.name]
    if (field.kind === 'keys')
      return isTable(value) ? asDialled(value).map((key) => ({ at: `keys/${key}`, required: true })) : []
    if (field.kind === 'cases')
      return listOf(value).map((_, index) => ({ at: `cases/${index}/next`, required: true }))
    return []
  })
}

/** A step's value at a place, '' where nothing stands. */
function wayAt(step: Table, place: string): string {
  return textOf(at(step, pathOf(place)))
}

/** Keys and cases keep their place when their way is taken out: the picture shows them leading nowhere. */
function withWay(step: Table, place: string, to: string | undefined): Table {
  const [first, second, third] = pathOf(place)
  if (first === undefined) return step
  if (second === undefined) return withName(step, String(first), to)
  if (first === 'keys') {
    const keys = isTable(step['keys']) ? step['keys'] : {}
    return { ...step, keys: { ...keys, [String(second)]: to ?? '' } }
  }
  const cases = listOf(step['cases']).map((each, index) =>
    index === second && isTable(each) ? { ...each, [String(third)]: to ?? '' } : each,
  )
  return { ...step, cases }
}

export function graphOf(flow: Plain | undefined): Graph {
  const head: Table = isTable(flow) ? withName(flow, 'steps', undefined) : {}
  const steps = isTable(flow) && isTable(flow['steps']) ? flow['steps'] : {}
  const nodes: Node[] = []
  const edges: Edge[] = []
  for (const [name, step] of Object.entries(steps)) {
    if (!isTable(step)) continue
    let said = step
    for (const out of outsOf(step)) {
      const to = wayAt(step, out.at)
      if (!to) continue
      edges.push({ id: edgeId(name, out.at), from: name, at: out.at, to })
      said = withWay(said, out.at, undefined)
    }
    nodes.push({ name, kind: isStepKind(step['do']) ? step['do'] : null, said })
  }
  return { head, nodes, edges }
}

export function flowOf(graph: Graph): Table {
  const steps: Table = {}
  for (const node of graph.nodes) steps[node.name] = node.said
  for (const edge of graph.edges) {
    const step = steps[edge.from]
    if (isTable(step)) steps[edge.from] = withWay(step, edge.at, edge.to)
  }
  return { ...graph.head, steps }
}

/** Lead a way of a step to another one; a way leads to one step only. */
export function connect(graph: Graph, from: string, place: string, to: string): Graph {
  const edges = graph.edges.filter((edge) => !(edge.from === from && edge.at === place))
  return { ...graph, edges: [...edges, { id: edgeId(from, place), from, at: place, to }] }
}

export function disconnect(graph: Graph, from: string, place: string): Graph {
  return { ...graph, edges: graph.edges.filter((edge) => !(edge.from === from && edge.at === place)) }
}

export function addNode(graph: Graph, name: string, said: Table): Graph {
  const kind = isStepKind(said['do']) ? said['do'] : null
  const head = graph.nodes.length || graph.head['start'] ? graph.head : { ...graph.head, start: name }
  return { ...graph, head, nodes: [...graph.nodes, { name, kind, said }] }
}

/** Without a step, and without the ways to it; keys and cases that led there lead nowhere. */
export function removeNode(graph: Graph, name: string): Graph {
  const nodes = graph.nodes.filter((node) => node.name !== name)
  let head = graph.head
  if (textOf(head['start']) === name) head = { ...head, start: nodes[0]?.name ?? '' }
  if (textOf(head['person']) === name) head = withName(head, 'person', undefined)
  return { head, nodes, edges: graph.edges.filter((edge) => edge.from !== name && edge.to !== name) }
}

export function renameNode(graph: Graph, from: string, to: string): Graph {
  const name = (each: string) => (each === from ? to : each)
  const head = { ...graph.head }
  for (const field of ['start', 'person']) if (textOf(head[field]) === from) head[field] = to
  return {
    head,
    nodes: graph.nodes.map((node) => (node.name === from ? { ...node, name: to } : node)),
    edges: graph.edges.map((edge) => ({
      ...edge,
      id: edgeId(name(edge.from), edge.at),
      from: name(edge.from),
      to: name(edge.to),
    })),
  }
}

/** A menu with one more key, the first that is free; the place where its way begins. */
export function addKey(graph: Graph, name: string): { graph: Graph; at: string } {
  const node = graph.nodes.find((each) => each.name === name)
  const keys = node && isTable(node.said['keys']) ? node.said['keys'] : {}
  const taken = new Set([
    ...Object.keys(keys),
    ...graph.edges.filter((edge) => edge.from === name).map((edge) => edge.at.replace(/^keys\//, '')),
  ])
  const key = [...'1234567890*#'].find((each) => !taken.has(each)) ?? '1'
  return {
    at: `keys/${key}`,
    graph: withSaid(graph, name, (said) => ({ ...said, keys: { ...keys, [key]: '' } })),
  }
}

export function addCase(graph: Graph, name: string): { graph: Graph; at: string } {
  const node = graph.nodes.find((each) => each.name === name)
  const cases = listOf(node?.said['cases'])
  return {
    at: `cases/${cases.length}/next`,
    graph: withSaid(graph, name, (said) => ({ ...said, cases: [...cases, { next: '' }] })),
  }
}

function withSaid(graph: Graph, name: string, change: (said: Table) => Table): Graph {
  return {
    ...graph,
    nodes: graph.nodes.map((node) => (node.name === name ? { ...node, said: change(node.said) } : node)),
  }
}

/** The steps in the order a caller may come to them from the start; those that nothing leads to come last. */
export function inOrder(graph: Graph): string[] {
  const found: string[] = []
  const known = new Set(graph.nodes.map((node) => node.name))
  const todo = [textOf(graph.head['start'])]
  for (let name = todo.shift(); name !== undefined; name = todo.shift()) {
    if (!known.has(name) || found.includes(name)) continue
    found.push(name)
    todo.push(...graph.edges.filter((edge) => edge.from === name).map((edge) => edge.to))
  }
  return [...found, ...graph.nodes.map((node) => node.name).filter((name) => !found.includes(name))]
}
