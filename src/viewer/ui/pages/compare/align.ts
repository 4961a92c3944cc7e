/** Puts two traces side by side: spans meet by the names on the way to them, never by their place in time. */
import { nameOf, serviceOf, typeOf, type Tree } from '../trace/tree.ts';
import type { OperationType } from '../../../wire.ts';

export interface Side {
  readonly calls: number;
  readonly millis: number;
  readonly errors: number;
  /** Id of the first such span. */
  readonly spanId: string;
}

export interface Pair {
  readonly key: string;
  readonly name: string;
  readonly service: string;
  readonly type: OperationType;
  readonly depth: number;
  readonly a?: Side;
  readonly b?: Side;
}

interface Node {
  readonly key: string;
  readonly name: string;
  readonly service: string;
  readonly type: OperationType;
  readonly depth: number;
  readonly children: Map<string, Node>;
  a?: Side;
  b?: Side;
}

function add(root: Node, tree: Tree, side: 'a' | 'b'): void {
  const nodes: Node[] = [];
  const { parent, durationMicros, status, id } = tree.skeleton.spans;
  for (let at = 0; at < tree.size; at++) {
    const caller = nodes[parent[at] ?? -1] ?? root;
    const [name, service, type] = [nameOf(tree, at), serviceOf(tree, at), typeOf(tree, at)];
    const step = `${type}\0${service}\0${name}`;
    const found = caller.children.get(step);
    const node: Node = found ?? {
      key: `${caller.key}\n${step}`,
      name,
      service,
      type,
      depth: caller.depth + 1,
      children: new Map(),
    };
    if (found === undefined) caller.children.set(step, node);
    const before = node[side];
    node[side] = {
      calls: (before?.calls ?? 0) + 1,
      millis: (before?.millis ?? 0) + (durationMicros[at] ?? 0) / 1000,
      errors: (before?.errors ?? 0) + (status[at] === 2 ? 1 : 0),
      spanId: before?.spanId ?? id[at] ?? '',
    };
    nodes[at] = node;
  }
}

/** Every way that either trace went, callers before what they called. */
export function align(a: Tree, b: Tree): Pair[] {
  const root: Node = { key: '', name: '', service: '', type: 'internal', depth: -1, children: new Map() };
  add(root, a, 'a');
  add(root, b, 'b');
  const pairs: Pair[] = [];
  const waiting = [...root.children.values()].toReversed();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    pairs.push(next);
    waiting.push(...[...next.children.values()].toReversed());
  }
  return pairs;
}

export const differenceOf = ({ a, b }: Pair): number => (b?.millis ?? 0) - (a?.millis ?? 0);
