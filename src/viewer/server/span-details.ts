/** Everything about one span, and how long such spans usually take. */
import type { DatabaseSync } from 'node:sqlite';
import { type AttributeRow, type OperationStats, operationTypes, type SpanDetail, type UsualRun } from '../wire.ts';
import { millis, toAttributeRow } from './attribute-rows.ts';
import { toHex } from './otlp.ts';
import { statsOfRuns } from './performance.ts';
import { percentile, statsOf } from './percentiles.ts';
import { gatherRuns } from './runs.ts';
import { type Attribute, durationNano, kindName, serviceName, statusName } from './span.ts';
import { createSpanReader } from './stored-trace.ts';
import { logsOfSpan } from './trace-logs.ts';

/** Which spans are asked for. */
export interface DetailArgs {
  readonly traceId: string;
  readonly spanIds: readonly string[];
  /** Long texts whole. */
  readonly full?: boolean;
}

/** A million events are 60 MB of JSON: more than a panel shows, and enough to stop a browser. */
const MAX_EVENTS = 1_000;
const USUAL_MIN = 20;
/** Of an operation: older ones say nothing of what is usual now. */
const USUAL_RUNS = 10_000;
const USUAL_TRACES = 100;

/** Percentiles over the latest runs of one operation, from its index, without reading a span. */
function operationStats(database: DatabaseSync, operation: number): OperationStats | undefined {
  const latest = `SELECT duration_ns, start_us, status FROM spans INDEXED BY spans_operation
    WHERE operation = ? ORDER BY start_us DESC LIMIT ${USUAL_RUNS}`;
  const [group] = gatherRuns(database, {
    sql: `SELECT '' AS service, '' AS name, 0 AS type, gather(duration_ns, start_us, status = 2, 0) AS place FROM (${latest})`,
    values: [operation],
  });
  return group === undefined || group.runs.length < USUAL_MIN ? undefined : statsOfRuns(group.runs);
}

/**
 * Details of spans.
 *
 * @param database opened for reading
 * @param args trace and spans, hex ids
 * @returns those that are there, in the order asked for
 * @example
 * detailsOf(database, { traceId: '0af7651916cd43dd8448eb211c80319c', spanIds: ['b7ad6b7169203331'] }); // []
 */
export function detailsOf(
  database: DatabaseSync,
  { traceId, spanIds, full = false }: DetailArgs,
): readonly SpanDetail[] {
  const find = database.prepare(
    'SELECT s.*, o.type AS type FROM traces t JOIN spans s ON s.trace = t.id JOIN operations o ON o.id = s.operation WHERE t.trace_id = ? AND s.span_id = ?',
  );
  find.setReadBigInts(true);
  const known = database.prepare('SELECT 1 FROM traces WHERE trace_id = ?');
  const linked = database.prepare(
    `SELECT t.trace_id, l.span_id, o.name FROM links l JOIN traces t ON t.id = l.trace JOIN spans s ON s.trace = l.trace AND s.span_id = l.span_id
     JOIN operations o ON o.id = s.operation WHERE l.to_trace = ? AND l.to_span = ? LIMIT 50`,
  );
  const read = createSpanReader(database);
  const rows = (list: readonly Attribute[]): readonly AttributeRow[] => list.map((each) => toAttributeRow(each, full));
  return spanIds.flatMap((spanId): SpanDetail[] => {
    const found = find.get(Buffer.from(traceId, 'hex'), Buffer.from(spanId, 'hex'));
    if (found === undefined) return [];
    const span = read({ resource: Number(found['resource']), scope: Number(found['scope']), body: found['body'] });
    const usual = operationStats(database, Number(found['operation']));
    return [
      {
        traceId,
        spanId: span.spanId,
        ...(span.parentSpanId !== '' && { parentSpanId: span.parentSpanId }),
        name: span.name,
        service: serviceName(span),
        kind: kindName(span),
        type: operationTypes[Number(found['type'])] ?? 'internal',
        status: statusName(span),
        ...(span.status.message !== '' && { statusMessage: span.status.message }),
        startMillis: millis(span.startTimeUnixNano),
        durationMillis: Number(durationNano(span)) / 1e6,
        ...(span.traceState !== '' && { traceState: span.traceState }),
        scope: { name: span.scope.name, version: span.scope.version, attributes: rows(span.scope.attributes) },
        resource: rows(span.resource.attributes),
        attributes: rows(span.attributes),
        events: (full ? span.events : span.events.slice(0, MAX_EVENTS)).map((event) => ({
          name: event.name,
          timeMillis: millis(event.timeUnixNano),
          attributes: rows(event.attributes),
        })),
        ...(!full && span.events.length > MAX_EVENTS && { eventsLeftOut: span.events.length - MAX_EVENTS }),
        links: span.links.map((link) => ({
          traceId: link.traceId,
          spanId: link.spanId,
          known: known.get(Buffer.from(link.traceId, 'hex')) !== undefined,
          attributes: rows(link.attributes),
        })),
        linkedFrom: linked.all(Buffer.from(traceId, 'hex'), Buffer.from(spanId, 'hex')).map((row) => ({
          traceId: toHex(row['trace_id'] as Uint8Array),
          spanId: toHex(row['span_id'] as Uint8Array),
          name: row['name'] as string,
        })),
        ...logsOfSpan(database, { traceId, spanId, full, share: 1 / spanIds.length }),
        dropped: {
          attributes: span.droppedAttributesCount,
          events: span.droppedEventsCount,
          links: span.droppedLinksCount,
        },
        ...(usual !== undefined && { usual }),
      },
    ];
  });
}

/**
 * What a run of the same root usually looks like.
 *
 * @param database opened for reading
 * @param traceId hex; left out itself
 * @returns undefined for a trace that is not there
 * @example
 * usualRunOf(database, '0af7651916cd43dd8448eb211c80319c')?.traces;
 */
export function usualRunOf(database: DatabaseSync, traceId: string): UsualRun | undefined {
  const trace = database
    .prepare('SELECT id, root_operation, route FROM traces WHERE trace_id = ?')
    .get(Buffer.from(traceId, 'hex'));
  if (trace === undefined) return undefined;
  const others = database
    .prepare(
      // The route too: every request of a page is one operation, wherever it goes.
      'SELECT id, duration_us, error_count FROM traces WHERE root_operation = ? AND route IS ? AND id <> ? ORDER BY start_us DESC LIMIT ?',
    )
    .all(trace['root_operation'] as number, trace['route'] as string | null, trace['id'] as number, USUAL_TRACES);
  const find = database.prepare('SELECT operation, duration_ns, status FROM spans WHERE trace = ?');
  interface Group {
    readonly durations: number[];
    errors: number;
    readonly perTrace: Map<number, number>;
  }
  const groups = new Map<number, Group>();
  for (const other of others) {
    const id = other['id'] as number;
    for (const row of find.iterate(id)) {
      const operation = row['operation'] as number;
      const group: Group = groups.get(operation) ?? { durations: [], errors: 0, perTrace: new Map<number, number>() };
      groups.set(operation, group);
      group.durations.push((row['duration_ns'] as number) / 1e6);
      if (row['status'] === 2) group.errors += 1;
      group.perTrace.set(id, (group.perTrace.get(id) ?? 0) + 1);
    }
  }
  const describe = database.prepare('SELECT service, name, type FROM operations WHERE id = ?');
  return {
    traces: others.length,
    root: statsOf(
      others.map((row) => (row['duration_us'] as number) / 1000),
      others.filter((row) => (row['error_count'] as number) > 0).length,
    ),
    operations: [...groups].map(([operation, group]) => {
      const row = describe.get(operation);
      const counts = others.map((other) => group.perTrace.get(other['id'] as number) ?? 0).sort((a, b) => a - b);
      return {
        service: row?.['service'] as string,
        name: row?.['name'] as string,
        type: operationTypes[row?.['type'] as number] ?? 'internal',
        ...statsOf(group.durations, group.errors),
        perTrace: percentile(counts, 0.5),
      };
    }),
  };
}
