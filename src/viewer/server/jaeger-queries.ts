/** What Jaeger's API asks of the store. */
import type { DatabaseSync } from 'node:sqlite';
import { toHex } from './otlp.ts';
import { matchesFilter } from './jaeger-filter-match.ts';
import { matchesSpan, type TraceSearch } from './search.ts';
import { kindName, type Span } from './span.ts';
import { createSpanReader } from './stored-trace.ts';

/** A name with its kind; `''` for unspecified. */
export interface Operation {
  readonly name: string;
  readonly spanKind: string;
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/**
 * Names of the services that have spans in the store.
 *
 * @param database opened for reading
 * @param _args nothing
 * @returns sorted
 * @example
 * jaegerServices(database); // []
 */
export function jaegerServices(database: DatabaseSync, _args?: undefined): readonly string[] {
  return database
    .prepare('SELECT DISTINCT service FROM operations o WHERE EXISTS (SELECT 1 FROM spans s WHERE s.operation = o.id)')
    .all()
    .map((row) => row['service'] as string)
    .sort(compare);
}

/**
 * What a service does.
 *
 * @param database opened for reading
 * @param service its name
 * @returns operations by name and kind
 * @example
 * jaegerOperations(database, 'web'); // []
 */
export function jaegerOperations(database: DatabaseSync, service: string): readonly Operation[] {
  const rows = database
    .prepare(
      'SELECT DISTINCT name, kind FROM operations o WHERE service = ? AND EXISTS (SELECT 1 FROM spans s WHERE s.operation = o.id)',
    )
    .all(service);
  return rows
    .map((row): Operation => {
      const kind = kindName({ kind: row['kind'] as number });
      return { name: row['name'] as string, spanKind: kind === 'unspecified' ? '' : kind };
    })
    .sort((a, b) => compare(a.name, b.name) || compare(a.spanKind, b.spanKind));
}

/**
 * Searches as Jaeger does: a trace matches when one and the same span meets every condition.
 *
 * @param database opened for reading
 * @param search the conditions
 * @returns traces with their spans, newest first
 * @example
 * jaegerSearch(database, parseSearch(new URLSearchParams('service=web'), Date.now()));
 */
export function jaegerSearch(
  database: DatabaseSync,
  search: TraceSearch,
): readonly { readonly traceId: string; readonly spans: readonly Span[] }[] {
  const candidates = database.prepare(
    `SELECT t.id, t.trace_id FROM traces t WHERE t.start_us <= ? AND t.end_us >= ? AND (? = '""' OR instr(t.services, ?) > 0)
     AND (? = '' OR EXISTS (SELECT 1 FROM spans s JOIN operations o ON o.id = s.operation WHERE s.trace = t.id AND o.name = ?))
     ORDER BY t.start_us DESC, t.id DESC`,
  );
  const spans = database.prepare('SELECT resource, scope, body FROM spans WHERE trace = ? ORDER BY seq');
  const read = createSpanReader(database);
  const micros = (nano: bigint): bigint => nano / 1000n;
  const found: { traceId: string; spans: readonly Span[] }[] = [];
  const { operation, filter } = search;
  for (const row of candidates.iterate(
    micros(search.endUnixNano),
    micros(search.startUnixNano),
    JSON.stringify(search.service),
    JSON.stringify(search.service),
    operation,
    operation,
  )) {
    if (found.length >= search.limit) break;
    const all = spans.all(row['id'] as number).map(read);
    if (all.some((span) => matchesSpan(search, span) && (filter === undefined || matchesFilter(filter, span)))) {
      found.push({ traceId: toHex(row['trace_id'] as Uint8Array), spans: all });
    }
  }
  return found;
}
