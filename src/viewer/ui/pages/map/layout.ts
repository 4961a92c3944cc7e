/** Where the nodes of the map stand: callers left, callees right. */
import { graphlib, layout } from '@dagrejs/dagre';
import type { ServiceMap } from '../../../wire.ts';

export const NODE_WIDTH = 216;
export const NODE_HEIGHT = 64;
/** A label that speaks of failures is longer. */
const LABEL_WIDTH = 152;
const LABEL_WIDTH_FAILED = 232;

export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  /** Top left corners by name. */
  readonly nodes: ReadonlyMap<string, Place>;
  /** Middle of the label of calls of one type from one to another: no two overlap. */
  readonly label: (from: string, to: string, type: string) => Place | undefined;
}

export function layOut(map: ServiceMap): Layout {
  const graph = new graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'LR', nodesep: 24, ranksep: 64, marginx: 16, marginy: 16 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { name } of map.services) graph.setNode(name, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const { from, to, type, errors } of map.calls) {
    if (graph.hasNode(from) && graph.hasNode(to))
      graph.setEdge(
        from,
        to,
        {
          width: errors > 0 ? LABEL_WIDTH_FAILED : LABEL_WIDTH,
          height: 32,
          labelpos: 'c',
        },
        type,
      );
  }
  layout(graph);
  const nodes = new Map(
    graph.nodes().map((name) => {
      const { x, y } = graph.node(name) as Place;
      return [name, { x: x - NODE_WIDTH / 2, y: y - NODE_HEIGHT / 2 }];
    }),
  );
  return { nodes, label: (from, to, type) => graph.edge(from, to, type) as Place | undefined };
}
