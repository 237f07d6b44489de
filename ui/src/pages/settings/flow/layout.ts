/** Where the steps of a flow stand on the canvas: from left to right as a caller goes, by dagre. */

import { Graph as Dagre, layout } from '@dagrejs/dagre'

import type { Graph } from './graph'

export interface Place {
  x: number
  y: number
}

export const NODE_WIDTH = 224

/** The upper left corner of each step; `heightOf` says how high one is drawn. */
export function placesOf(graph: Graph, heightOf: (name: string) => number): Map<string, Place> {
  const dagre = new Dagre({ multigraph: true })
  dagre.setGraph({ rankdir: 'LR', nodesep: 24, ranksep: 40, marginx: 16, marginy: 16 })
  dagre.setDefaultEdgeLabel(() => ({}))
  for (const node of graph.nodes) dagre.setNode(node.name, { width: NODE_WIDTH, height: heightOf(node.name) })
  for (const edge of graph.edges) if (dagre.hasNode(edge.to)) dagre.setEdge(edge.from, edge.to, {}, edge.at)
  layout(dagre)
  return new Map(
    graph.nodes.map((node) => {
      const { x = 0, y = 0 } = dagre.node(node.name) as { x?: number; y?: number }
      return [node.name, { x: x - NODE_WIDTH / 2, y: y - heightOf(node.name) / 2 }]
    }),
  )
}
