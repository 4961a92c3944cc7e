/** The flame graph: equal calls under the same caller are one block, as wide as they took together. */
import { useMemo, useState } from 'react';
import { duration, percent } from '../../units.ts';
import { nameOf, serviceOf, typeOf, type Tree } from './tree.ts';
import type { OperationType } from '../../../wire.ts';

export interface Block {
  readonly name: string;
  readonly service: string;
  readonly type: OperationType;
  readonly first: number;
  readonly children: Map<string, Block>;
  calls: number;
  micros: number;
}

const block = (name: string, service: string, type: OperationType, first: number): Block => ({
  name,
  service,
  type,
  first,
  children: new Map(),
  calls: 0,
  micros: 0,
});

/** Merges a trace's spans by the names on the way to them. */
export function mergeBlocks(tree: Tree): Block {
  const all = block('all', '', 'internal', 0);
  const places: Block[] = [];
  for (let at = 0; at < tree.size; at++) {
    const caller = places[tree.skeleton.spans.parent[at] ?? -1] ?? all;
    const [name, service, type] = [nameOf(tree, at), serviceOf(tree, at), typeOf(tree, at)];
    const key = `${type}\0${service}\0${name}`;
    const own = caller.children.get(key) ?? block(name, service, type, at);
    caller.children.set(key, own);
    own.calls += 1;
    const micros = tree.skeleton.spans.durationMicros[at] ?? 0;
    own.micros += micros;
    if (caller === all) all.micros += micros;
    places[at] = own;
  }
  return all;
}

interface Placed {
  readonly block: Block;
  readonly depth: number;
  readonly left: number;
  readonly width: number;
}

/** Children that ran side by side took more than their caller: then they share its width. */
function place(root: Block): Placed[] {
  const placed: Placed[] = [];
  const waiting: Placed[] = [{ block: root, depth: 0, left: 0, width: 1 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    placed.push(next);
    const children = [...next.block.children.values()].toSorted((a, b) => b.micros - a.micros);
    const sum = children.reduce((total, child) => total + child.micros, 0);
    let { left } = next;
    for (const child of children) {
      const width = (next.width * child.micros) / Math.max(sum, next.block.micros, 1);
      // Narrower than a pixel on any screen: not drawn, still counted in its caller.
      if (width >= 0.0005) waiting.push({ block: child, depth: next.depth + 1, left, width });
      left += width;
    }
  }
  return placed;
}

export function Flame({ tree, choose }: { readonly tree: Tree; readonly choose: (at: number) => void }) {
  const merged = useMemo(() => mergeBlocks(tree), [tree]);
  const [root, setRoot] = useState<Block>();
  // With one root there is nothing above it to show.
  const [only, ...others] = merged.children.values();
  const all = only !== undefined && others.length === 0 ? only : merged;
  const from = root ?? all;
  const placed = useMemo(() => place(from), [from]);
  const depth = placed.reduce((deepest, item) => Math.max(deepest, item.depth), 0);
  return (
    <div className="flame">
      <p className="soft">
        Equal calls merged, width is time together. Click a block to look at it alone
        {root !== undefined && (
          <>
            {'; '}
            <button type="button" className="button" onClick={() => setRoot(undefined)}>
              back to all
            </button>
            <button type="button" className="button" onClick={() => choose(root.first)}>
              its first span
            </button>
          </>
        )}
        .
      </p>
      <div className="blocks" style={{ height: (depth + 1) * 20 }}>
        {placed.map((item) => {
          const { name, service, type, calls, micros } = item.block;
          const [shown, share] = [`${name} ${duration(micros / 1000)}`, percent(micros / Math.max(1, from.micros))];
          const facts = [shown, ...(service === '' ? [] : [service, `${calls} ×`]), share].join(' · ');
          return (
            <button
              key={`${item.depth} ${item.left} ${name}`}
              type="button"
              className={`block t-${type}`}
              title={facts}
              aria-label={facts}
              style={{ left: `${item.left * 100}%`, width: `${item.width * 100}%`, top: item.depth * 20 }}
              onClick={() => setRoot(item.block === all ? undefined : item.block)}
            >
              {item.width > 0.03 ? shown : ''}
            </button>
          );
        })}
      </div>
    </div>
  );
}
