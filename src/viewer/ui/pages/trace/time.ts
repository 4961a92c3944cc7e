/** Where a trace's time went: the critical path, a span's own time, and gaps in which nothing was traced. */
import type { Tree } from './tree.ts';

/** Microseconds after the trace's start. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

const startOf = (tree: Tree, at: number): number => tree.skeleton.spans.startMicros[at] ?? 0;
const endOf = (tree: Tree, at: number): number => startOf(tree, at) + (tree.skeleton.spans.durationMicros[at] ?? 0);

/** Microseconds that are no overlap: a start and a duration do not add up to the next start to the last digit. */
const ROUNDING = 0.001;

/** Positions of a span's children. */
export function childrenOf(tree: Tree, at: number): number[] {
  const children: number[] = [];
  for (let child = at + 1; child < (tree.end[at] ?? 0); child = tree.end[child] ?? tree.size) children.push(child);
  return children;
}

/**
 * The critical path: what would have to be faster for the trace to end sooner. From the root's end backwards, always to
 * the child that ended last before the moment looked at; time between children is the parent's own.
 *
 * @returns position -> the stretches in which that span itself was what everything waited for
 */
export function criticalPath(tree: Tree): Map<number, Stretch[]> {
  const found = new Map<number, Stretch[]>();
  const add = (at: number, from: number, to: number): void => {
    if (to <= from) return;
    const stretches = found.get(at);
    if (stretches === undefined) found.set(at, [{ from, to }]);
    else stretches.push({ from, to });
  };
  if (tree.size === 0) return found;
  const waiting: { at: number; until: number }[] = [{ at: 0, until: endOf(tree, 0) }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { at, until } = next;
    const start = startOf(tree, at);
    let cursor = until;
    for (const child of childrenOf(tree, at).toSorted((a, b) => endOf(tree, b) - endOf(tree, a))) {
      const childStart = Math.max(startOf(tree, child), start);
      // A child that outlives its parent is waited for until the parent ends; one that ran beside a later one is not.
      const ended = Math.min(endOf(tree, child), until);
      const childEnd = Math.min(ended, cursor);
      if (ended > cursor + ROUNDING || childStart >= childEnd) continue;
      add(at, childEnd, cursor);
      waiting.push({ at: child, until: childEnd });
      cursor = childStart;
    }
    add(at, start, cursor);
  }
  return found;
}

/** The stretches of a span in which none of its children ran, by time. */
export function ownTime(tree: Tree, at: number): Stretch[] {
  const own: Stretch[] = [];
  let cursor = startOf(tree, at);
  const end = endOf(tree, at);
  for (const child of childrenOf(tree, at)) {
    const from = Math.min(startOf(tree, child), end);
    if (from > cursor) own.push({ from: cursor, to: from });
    cursor = Math.max(cursor, Math.min(endOf(tree, child), end));
  }
  if (end > cursor) own.push({ from: cursor, to: end });
  return own;
}

export const lengthOf = (stretches: readonly Stretch[]): number =>
  stretches.reduce((sum, { from, to }) => sum + to - from, 0);

/** A stretch with children around it in which nothing was traced. */
export interface Gap extends Stretch {
  /** Position of the child that ended before, and of the one that started after; -1 at the span's own ends. */
  readonly after: number;
  readonly before: number;
}

/** A gap is worth a word when it takes so much of its span. */
const GAP_SHARE = 0.1;

/** The longest gaps of a span, at most three; none for a span without children, whose whole time is its own. */
export function gaps(tree: Tree, at: number): Gap[] {
  const children = childrenOf(tree, at);
  if (children.length === 0) return [];
  const least = Math.max(1000, (endOf(tree, at) - startOf(tree, at)) * GAP_SHARE);
  return ownTime(tree, at)
    .filter(({ from, to }) => to - from >= least)
    .toSorted((a, b) => b.to - b.from - (a.to - a.from))
    .slice(0, 3)
    .map((stretch) => ({
      ...stretch,
      after: children.findLast((child) => endOf(tree, child) <= stretch.from) ?? -1,
      before: children.find((child) => startOf(tree, child) >= stretch.to) ?? -1,
    }));
}

/** Stretches as they can be seen: those in view by time, what is closer than a pixel to the next drawn as one. */
export function drawable(stretches: readonly Stretch[], shown: Stretch): Stretch[] {
  const least = (shown.to - shown.from) / 1000;
  const drawn: { from: number; to: number }[] = [];
  for (const { from, to } of stretches.toSorted((a, b) => a.from - b.from)) {
    if (to < shown.from || from > shown.to) continue;
    const last = drawn.at(-1);
    if (last !== undefined && from - last.to < least) last.to = Math.max(last.to, to);
    else drawn.push({ from, to });
  }
  return drawn;
}
