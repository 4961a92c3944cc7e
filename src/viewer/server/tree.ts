/** Puts the spans of a trace in the order in which a tree is read. Pure; loses no span, whatever the parents say. */
import { durationNano, type Span } from './span.ts';

/**
 * Why a row stands where it stands: `root` has no parent, `child` is under its parent, `orphan`'s parent is not in the
 * trace, `cycle` is its own ancestor and was cut loose there.
 */
export type RowPlace = 'root' | 'child' | 'orphan' | 'cycle';

/** One line of the tree. */
export interface TraceRow {
  readonly span: Span;
  /** 0 for roots, orphans and cut cycles. */
  readonly depth: number;
  readonly place: RowPlace;
  /** No sibling follows under the same parent. */
  readonly isLast: boolean;
  readonly childCount: number;
  /** From the earliest start in the trace to this span's, in nanoseconds. */
  readonly offsetNano: bigint;
  readonly durationNano: bigint;
}

function byStart(a: Span, b: Span): number {
  if (a.startTimeUnixNano === b.startTimeUnixNano) return 0;
  return a.startTimeUnixNano < b.startTimeUnixNano ? -1 : 1;
}

/** Follows the parents of `from` up into the cycle they end in, and takes its earliest span out from under its parent. */
function cutCycle(from: Span, byId: ReadonlyMap<string, Span>, children: Map<string, Span[]>): Span {
  const seen = new Set<Span>();
  let current = from;
  while (!seen.has(current)) {
    seen.add(current);
    current = byId.get(current.parentSpanId) ?? current;
  }
  const members = [current];
  for (let next = byId.get(current.parentSpanId); next !== undefined && next !== current;) {
    members.push(next);
    next = byId.get(next.parentSpanId);
  }
  const [top = current] = members.sort(byStart);
  const siblings = children.get(top.parentSpanId) ?? [];
  children.set(
    top.parentSpanId,
    siblings.filter((sibling) => sibling !== top),
  );
  return top;
}

/**
 * Orders a trace's spans as rows of a tree: parents before children, siblings by start time (then by arrival). Orphans
 * stand at the top level among the roots; a cycle is cut at its earliest span, which then stands last at the top level.
 *
 * @param spans the spans of one trace, ids unique, in any order
 * @returns one row for each span; nothing throws and nothing recurses, so a chain may be of any depth
 * @example
 * buildRows(spans).map((row) => `${' '.repeat(row.depth)}${row.span.name}`).join('\n');
 */
export function buildRows(spans: readonly Span[]): readonly TraceRow[] {
  const ordered = [...spans].sort(byStart);
  const start = ordered[0]?.startTimeUnixNano ?? 0n;
  const byId = new Map(ordered.map((span) => [span.spanId, span]));
  const children = new Map<string, Span[]>();
  const tops: { span: Span; place: RowPlace }[] = [];
  for (const span of ordered) {
    if (span.parentSpanId === '') tops.push({ span, place: 'root' });
    else if (!byId.has(span.parentSpanId)) tops.push({ span, place: 'orphan' });
    else {
      const siblings = children.get(span.parentSpanId);
      if (siblings === undefined) children.set(span.parentSpanId, [span]);
      else siblings.push(span);
    }
  }

  const rows: TraceRow[] = [];
  const placed = new Set<Span>();
  const walk = (top: Span, topPlace: RowPlace, topIsLast: boolean): void => {
    const stack = [{ span: top, depth: 0, place: topPlace, isLast: topIsLast }];
    for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
      const own = children.get(item.span.spanId) ?? [];
      placed.add(item.span);
      rows.push({
        ...item,
        childCount: own.length,
        offsetNano: item.span.startTimeUnixNano - start,
        durationNano: durationNano(item.span),
      });
      const depth = item.depth + 1;
      for (const [behind, span] of own.toReversed().entries()) {
        stack.push({ span, depth, place: 'child', isLast: behind === 0 });
      }
    }
  };
  for (const [index, { span, place }] of tops.entries()) walk(span, place, index === tops.length - 1);
  for (const span of ordered) {
    if (!placed.has(span)) walk(cutCycle(span, byId, children), 'cycle', true);
  }
  return rows;
}
