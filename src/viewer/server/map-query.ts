/** The question behind *Map*: a pure function of a database opened for reading, run in the store's thread. */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { operationTypes, type ServiceMap, type TraceFilter } from '../wire.ts';
import { type Condition, filterSql } from './filter-sql.ts';
import { type MapOperation, type MapSpan, mapServices } from './service-map.ts';

const MICROS = 1000;
const NANOS = 1e6;
const ERROR = 2;

function operationsOf(database: DatabaseSync): (id: SQLOutputValue | undefined) => MapOperation | undefined {
  const find = database.prepare('SELECT service, type, kind FROM operations WHERE id = ?');
  const known = new Map<SQLOutputValue, MapOperation>();
  return (id) => {
    if (typeof id !== 'number') return undefined;
    const found = known.get(id);
    if (found !== undefined) return found;
    const row = find.get(id);
    const operation: MapOperation = {
      service: String(row?.['service']),
      type: operationTypes[Number(row?.['type'])] ?? 'internal',
      kind: Number(row?.['kind']),
    };
    known.set(id, operation);
    return operation;
  };
}

/** Rows are arrays and operations are shared: this reads every span there is. */
function* mapTraces(database: DatabaseSync, where: Condition): Generator<MapSpan[]> {
  const operationOf = operationsOf(database);
  const statement = database.prepare(
    `SELECT s.trace, s.seq, s.operation, p.seq, p.operation, s.peer, s.duration_ns, s.status
     FROM traces t CROSS JOIN spans s ON s.trace = t.id LEFT JOIN spans p ON p.trace = s.trace AND p.span_id = s.parent_id
     WHERE ${where.sql} ORDER BY t.id`,
  );
  statement.setReturnArrays(true);
  let current: SQLOutputValue | undefined;
  let spans: MapSpan[] = [];
  for (const row of statement.iterate(...where.values) as unknown as Iterable<readonly SQLOutputValue[]>) {
    const [trace, seq, operationId, parentSeq, parentOperationId, peer, durationNanos, status] = row;
    if (trace !== current && spans.length > 0) {
      yield spans;
      spans = [];
    }
    current = trace;
    const operation = operationOf(operationId);
    if (operation === undefined) continue;
    const parent = operationOf(parentOperationId);
    spans.push({
      seq: Number(seq),
      operation,
      parent: parent === undefined ? undefined : { seq: Number(parentSeq), operation: parent },
      peer: typeof peer === 'string' && peer !== '' ? peer : undefined,
      durationMillis: Number(durationNanos) / NANOS,
      failed: status === ERROR,
    });
  }
  if (spans.length > 0) yield spans;
}

/**
 * The map.
 *
 * @param database opened for reading
 * @param args which traces
 * @returns services and calls
 * @example
 * serviceMap(openDatabase(':memory:'), { filter: {} }).services; // []
 */
export function serviceMap(database: DatabaseSync, args: { readonly filter: TraceFilter }): ServiceMap {
  const where = filterSql(args.filter);
  const row = database
    .prepare(`SELECT max(t.start_us) - min(t.start_us) AS duration FROM traces t WHERE ${where.sql}`)
    .get(...where.values);
  return mapServices(mapTraces(database, where), Number(row?.['duration'] ?? 0) / MICROS);
}
