/** Reads whole traces out of the store: spans as they came, and the skeleton that the page draws. */
import type { DatabaseSync } from 'node:sqlite';
import { fromBinary } from '@bufbuild/protobuf';
import type { TokenUsage, TraceSkeleton } from '../wire.ts';
import { toHex, toResource, toScope, toSpan } from './otlp.ts';
import {
  ResourceSpansSchema,
  ScopeSpansSchema,
  SpanSchema,
} from './proto/generated/opentelemetry/proto/trace/v1/trace_pb.js';
import type { Resource, Scope, Span } from './span.ts';
import { toTraceRow } from './trace-list.ts';

type Found = Record<string, unknown>;

/**
 * Makes spans of rows; equal senders and scopes are one object.
 *
 * @param database opened for reading
 * @returns a reader of rows that have `resource`, `scope` and `body`
 * @example
 * const read = createSpanReader(database);
 */
export function createSpanReader(database: DatabaseSync): (row: Found) => Span {
  const resources = new Map<number, Resource>();
  const scopes = new Map<number, Scope>();
  const findResource = database.prepare('SELECT body FROM resources WHERE id = ?');
  const findScope = database.prepare('SELECT body FROM scopes WHERE id = ?');
  const bodyOf = (row: Found | undefined): Uint8Array => (row?.['body'] as Uint8Array | undefined) ?? new Uint8Array();
  return (row) => {
    const resourceId = row['resource'] as number;
    const scopeId = row['scope'] as number;
    const resource =
      resources.get(resourceId) ?? toResource(fromBinary(ResourceSpansSchema, bodyOf(findResource.get(resourceId))));
    const scope = scopes.get(scopeId) ?? toScope(fromBinary(ScopeSpansSchema, bodyOf(findScope.get(scopeId))));
    resources.set(resourceId, resource);
    scopes.set(scopeId, scope);
    return toSpan(fromBinary(SpanSchema, bodyOf(row)), resource, scope);
  };
}

/**
 * The spans of one trace.
 *
 * @param database opened for reading
 * @param traceId hex
 * @returns in order of arrival; none for a trace that is not there
 * @example
 * spansOf(database, '0af7651916cd43dd8448eb211c80319c').length;
 */
export function spansOf(database: DatabaseSync, traceId: string): readonly Span[] {
  const rows = database
    .prepare(
      'SELECT s.resource, s.scope, s.body FROM spans s JOIN traces t ON t.id = s.trace WHERE t.trace_id = ? ORDER BY s.seq',
    )
    .all(Buffer.from(traceId, 'hex'));
  return rows.map(createSpanReader(database));
}

interface Node {
  readonly row: Found;
  readonly id: string;
  parent: number;
}

interface Placed {
  readonly node: number;
  readonly parent: number;
  readonly depth: number;
}

/** Depth first by start; a cycle is cut where it is entered. Iterative: a chain may be 100,000 deep. */
function inOrder(nodes: readonly Node[], missing: ReadonlySet<number>): { order: Placed[]; cut: number } {
  const children = nodes.map((): number[] => []);
  const roots: number[] = [];
  for (const [index, { parent }] of nodes.entries()) {
    if (parent < 0) roots.push(index);
    else children[parent]?.push(index);
  }
  const order: Placed[] = [];
  const seen = new Uint8Array(nodes.length);
  const visit = (root: number, parent: number): void => {
    const waiting: Placed[] = [{ node: root, parent, depth: 0 }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (seen[next.node] === 1) continue;
      seen[next.node] = 1;
      const position = order.push(next) - 1;
      for (const child of (children[next.node] ?? []).toReversed()) {
        waiting.push({ node: child, parent: position, depth: next.depth + 1 });
      }
    }
  };
  for (const root of roots) visit(root, missing.has(root) ? -2 : -1);
  let cut = 0;
  for (let index = 0; order.length < nodes.length; index += 1) {
    if (seen[index] === 1) continue;
    cut += 1;
    visit(index, -2);
  }
  return { order, cut };
}

function tokensOf(row: Found): TokenUsage | undefined {
  if (row['tokens_in'] === null) return undefined;
  return {
    input: row['tokens_in'] as number,
    output: (row['tokens_out'] as number | null) ?? 0,
    ...(row['tokens_cached'] !== null && { cachedInput: row['tokens_cached'] as number }),
    ...(row['tokens_reasoning'] !== null && { reasoning: row['tokens_reasoning'] as number }),
  };
}

function numbering(): { readonly list: string[]; idOf(text: string): number } {
  const list: string[] = [];
  const known = new Map<string, number>();
  return {
    list,
    idOf: (text) => {
      const found = known.get(text) ?? list.push(text) - 1;
      known.set(text, found);
      return found;
    },
  };
}

/** A parent that starts a second or more after its child was measured by another clock. */
const SKEW_MICROS = 1_000_000;

/**
 * The whole trace as columns.
 *
 * @param database opened for reading
 * @param traceId hex
 * @returns undefined for a trace that is not there
 * @example
 * skeletonOf(database, '0af7651916cd43dd8448eb211c80319c')?.spans.id.length;
 */
export function skeletonOf(database: DatabaseSync, traceId: string): TraceSkeleton | undefined {
  const trace = database.prepare('SELECT * FROM traces WHERE trace_id = ?').get(Buffer.from(traceId, 'hex'));
  if (trace === undefined) return undefined;
  const rows = database
    .prepare(
      `SELECT s.span_id, s.parent_id, s.start_us, s.duration_ns, s.status, s.events, s.links, s.ai_call, s.tokens_in,
         s.tokens_out, s.tokens_cached, s.tokens_reasoning, s.cost_usd, o.name, o.service, o.type, o.kind
       FROM spans s JOIN operations o ON o.id = s.operation WHERE s.trace = ? ORDER BY s.start_us, s.seq`,
    )
    .all(trace['id'] as number);
  const positions = new Map(rows.map((row, index) => [toHex(row['span_id'] as Uint8Array), index]));
  const missing = new Set<number>();
  const nodes = rows.map((row, index): Node => {
    const parentId = row['parent_id'] as Uint8Array | null;
    const parent = parentId === null ? -1 : (positions.get(toHex(parentId)) ?? -2);
    if (parent === -2) missing.add(index);
    return { row, id: toHex(row['span_id'] as Uint8Array), parent };
  });
  const { order, cut } = inOrder(nodes, missing);
  const names = numbering();
  const services = numbering();
  const start = trace['start_us'] as number;
  const at = order.map(({ node }) => nodes[node]?.row ?? {});
  const number = (key: string): number[] => at.map((row) => row[key] as number);
  const some = (key: string): Record<number, number> =>
    Object.fromEntries(at.flatMap((row, index) => ((row[key] as number) > 0 ? [[index, row[key] as number]] : [])));
  const skewed = order.filter(
    ({ parent }, index) =>
      parent >= 0 && (at[parent]?.['start_us'] as number) - (at[index]?.['start_us'] as number) > SKEW_MICROS,
  ).length;
  return {
    row: toTraceRow(trace),
    version: trace['version'] as number,
    names: names.list,
    services: services.list,
    spans: {
      id: order.map(({ node }) => nodes[node]?.id ?? ''),
      parent: order.map(({ parent }) => parent),
      depth: order.map(({ depth }) => depth),
      name: at.map((row) => names.idOf(row['name'] as string)),
      service: at.map((row) => services.idOf(row['service'] as string)),
      type: number('type'),
      kind: number('kind'),
      status: number('status'),
      startMicros: at.map((row) => (row['start_us'] as number) - start),
      durationMicros: at.map((row) => (row['duration_ns'] as number) / 1000),
    },
    events: some('events'),
    links: some('links'),
    tokens: Object.fromEntries(
      at.flatMap((row, index) => {
        const tokens = tokensOf(row);
        return tokens === undefined ? [] : [[index, tokens]];
      }),
    ),
    costUsd: Object.fromEntries(
      at.flatMap((row, index) => (row['ai_call'] === 1 ? [[index, row['cost_usd'] as number | null]] : [])),
    ),
    warnings: [
      ...(cut > 0 ? [`${cut} ${cut === 1 ? 'span is its' : 'spans are their'} own ancestor: the cycle was cut.`] : []),
      ...(skewed > 0
        ? [
            `${skewed} ${skewed === 1 ? 'span starts' : 'spans start'} a second or more before the parent: clocks disagree.`,
          ]
        : []),
    ],
  };
}
