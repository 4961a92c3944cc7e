/** Where the nodes of the map stand: callers left, callees right. */
import { graphlib, layout } from '@dagrejs/dagre';
import type { ServiceMap } from '../../../wire.ts';

export const NODE_WIDTH = 216;
export const NODE_HEIGHT = 64;
/** A label that speaks of failures is longer. */
const LABEL_WIDTH = 152;
const LABEL_WIDTH_FAILED = 232;

/** Positions of the top left corners by name. */
export function placeNodes(map: ServiceMap): ReadonlyMap<string, { readonly x: number; readonly y: number }> {
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 24, ranksep: 64, marginx: 16, marginy: 16 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { name } of map.services) graph.setNode(name, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const { from, to, errors } of map.calls) {
    if (graph.hasNode(from) && graph.hasNode(to))
      graph.setEdge(from, to, {
        width: errors > 0 ? LABEL_WIDTH_FAILED : LABEL_WIDTH,
        height: 32,
        labelpos: 'c',
      });
  }
  layout(graph);
  return new Map(
    graph.nodes().map((name) => {
      const { x, y } = graph.node(name) as { x: number; y: number };
      return [name, { x: x - NODE_WIDTH / 2, y: y - NODE_HEIGHT / 2 }];
    }),
  );
}
