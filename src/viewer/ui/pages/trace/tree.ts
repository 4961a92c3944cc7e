/** A trace as arrays: what follows from the columns the server sent, computed once per version in time linear in spans. */
import { operationTypes, type OperationType, type TraceSkeleton } from '../../../wire.ts';
import { typeMarks, typeNames } from '../../operations.ts';

export interface Tree {
  readonly skeleton: TraceSkeleton;
  readonly size: number;
  /** Position after the last descendant. */
  readonly end: Int32Array;
  /** Number of calls in the run that starts here, when it is folded by default; 0 otherwise. */
  readonly run: Int32Array;
  /** Position after the run that starts here. */
  readonly runEnd: Int32Array;
  /** 1 where the span or anything under it failed. */
  readonly failed: Uint8Array;
  /** Microseconds from the first start to the last end. */
  readonly length: number;
}

/** So many equal calls one after the other are shown as one row. */
const FOLD_FROM = 3;

export function buildTree(skeleton: TraceSkeleton): Tree {
  const { parent, name, service, type, status, startMicros, durationMicros } = skeleton.spans;
  const size = parent.length;
  const end = new Int32Array(size);
  const failed = new Uint8Array(size);
  const repeats = new Int32Array(size).fill(1);
  const runEnd = new Int32Array(size);
  let length = 1;
  // From the last to the first: descendants come before their parents.
  for (let at = size - 1; at >= 0; at--) {
    end[at] = Math.max(end[at] ?? 0, at + 1);
    const after = end[at] ?? at + 1;
    runEnd[at] = after;
    const same =
      after < size &&
      parent[after] === parent[at] &&
      name[after] === name[at] &&
      service[after] === service[at] &&
      type[after] === type[at];
    if (same) {
      repeats[at] = (repeats[after] ?? 1) + 1;
      runEnd[at] = runEnd[after] ?? after;
    }
    if (status[at] === 2) failed[at] = 1;
    length = Math.max(length, (startMicros[at] ?? 0) + (durationMicros[at] ?? 0));
    const up = parent[at] ?? -1;
    if (up < 0) continue;
    end[up] = Math.max(end[up] ?? 0, after);
    if (failed[at] === 1) failed[up] = 1;
  }
  const run = new Int32Array(size);
  for (let at = 0; at < size; at++) {
    const isRoot = (parent[at] ?? -1) < 0;
    // -1: a later call of a run that an earlier one heads.
    if (isRoot || run[at] === -1 || (repeats[at] ?? 1) < FOLD_FROM) continue;
    run[at] = repeats[at] ?? 0;
    for (let next = end[at] ?? size; next < (runEnd[at] ?? 0); next = end[next] ?? size) run[next] = -1;
  }
  for (let at = 0; at < size; at++) if (run[at] === -1) run[at] = 0;
  return { skeleton, size, end, run, runEnd, failed, length };
}

export const nameOf = ({ skeleton }: Tree, at: number): string => skeleton.names[skeleton.spans.name[at] ?? -1] ?? '';
export const serviceOf = ({ skeleton }: Tree, at: number): string =>
  skeleton.services[skeleton.spans.service[at] ?? -1] ?? '';
export const typeOf = ({ skeleton }: Tree, at: number): OperationType =>
  operationTypes[skeleton.spans.type[at] ?? -1] ?? 'internal';

/** A row of the waterfall: a span, or a run of equal calls folded into one. */
export interface Row {
  readonly at: number;
  /** Calls in the run; 0 for a single span. */
  readonly run: number;
  /** One level deeper: shown under the head of an unfolded run. */
  readonly inRun: boolean;
}

/** What a person closed or opened. */
export interface Folds {
  readonly closed: ReadonlySet<number>;
  readonly openRuns: ReadonlySet<number>;
}

/** The rows to show, in order. */
export function visibleRows(tree: Tree, { closed, openRuns }: Folds): Row[] {
  const rows: Row[] = [];
  // Ends of the unfolded runs that the position is inside of: their calls stand under the run's head.
  const inside: number[] = [];
  for (let at = 0; at < tree.size;) {
    while (inside.length > 0 && at >= (inside.at(-1) ?? 0)) inside.pop();
    const run = tree.run[at] ?? 0;
    if (run > 0) {
      rows.push({ at, run, inRun: inside.length > 0 });
      if (!openRuns.has(at)) {
        at = tree.runEnd[at] ?? tree.size;
        continue;
      }
      inside.push(tree.runEnd[at] ?? tree.size);
    }
    rows.push({ at, run: 0, inRun: inside.length > 0 });
    at = closed.has(at) ? (tree.end[at] ?? tree.size) : at + 1;
  }
  return rows;
}

/** What has to be open for a span to be seen. */
export function reveal(tree: Tree, target: number, folds: Folds): Folds {
  const closed = new Set(folds.closed);
  const openRuns = new Set(folds.openRuns);
  for (let at = tree.skeleton.spans.parent[target] ?? -1; at >= 0; at = tree.skeleton.spans.parent[at] ?? -1) {
    closed.delete(at);
  }
  for (let at = 0; at <= target; at++) {
    if ((tree.run[at] ?? 0) > 0 && target < (tree.runEnd[at] ?? 0)) openRuns.add(at);
  }
  return { closed, openRuns };
}

/** Positions whose name or service contains the text, or whose type or id it is, without regard to case. */
export function find(tree: Tree, text: string): number[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return [];
  const { names, services, spans } = tree.skeleton;
  const hits = (words: readonly string[]): boolean[] => words.map((word) => word.toLowerCase().includes(wanted));
  const inName = hits(names);
  const inService = hits(services);
  const isType = operationTypes.map((type) =>
    [typeNames[type], typeMarks[type]].some((word) => word.toLowerCase() === wanted),
  );
  const found: number[] = [];
  for (let at = 0; at < tree.size; at++) {
    const isInWords = inName[spans.name[at] ?? -1] || inService[spans.service[at] ?? -1];
    if (isInWords || isType[spans.type[at] ?? -1] || spans.id[at] === wanted) found.push(at);
  }
  return found;
}
