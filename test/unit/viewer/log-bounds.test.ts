/** What leaves the store when log records are too many, too large or too old, on a clock of the test. */
import type { DatabaseSync } from 'node:sqlite';
import { create } from '@bufbuild/protobuf';
import { toOtlpTraces } from '../../../src/viewer/server/index.ts';
import { createLogWriter } from '../../../src/viewer/server/log-writer.ts';
import { createMaintenance } from '../../../src/viewer/server/maintenance.ts';
import { readRequestJson } from '../../../src/viewer/server/otlp.ts';
import { ExportLogsServiceRequestSchema } from '../../../src/viewer/server/proto/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { openDatabase } from '../../../src/viewer/server/schema.ts';
import { createWriter } from '../../../src/viewer/server/writer.ts';
import type { Retention } from '../../../src/viewer/wire.ts';
import { sampleSpan } from './sample-span.ts';

const MINUTE = 60_000;
/** What a record of one letter takes. */
const RECORD_BYTES = 83;
const AMPLE: Retention = { maxSpans: 1_000_000, maxBytes: 2 ** 31, maxAgeHours: 168 };
const traceId = (digit: string): string => digit.repeat(32);

let database: DatabaseSync;
beforeEach(() => {
  database = openDatabase(':memory:');
});
afterEach(() => database.close());

/** The thread's writers and keeper, without the thread. */
function createStore(retention: Partial<Retention> = {}) {
  const [spans, logs] = [createWriter(database), createLogWriter(database)];
  const maintenance = createMaintenance(database, { ...AMPLE, ...retention });
  let requests = 0;
  return {
    maintenance,
    /** Writes a span of a trace. */
    span(digit: string, nowMillis: number) {
      const request = readRequestJson(JSON.stringify(toOtlpTraces([sampleSpan({ traceId: traceId(digit) })])));
      const { newTraces, spans: written, bytes, joinedLogs } = spans.write(request, nowMillis);
      maintenance.added({ traces: newTraces, spans: written, bytes, waitingLogs: -joinedLogs });
      return maintenance.enforce(nowMillis);
    },
    /** Writes log records of a trace. */
    logs(digit: string, count: number, nowMillis: number) {
      const record = {
        traceId: Buffer.from(traceId(digit), 'hex'),
        body: { value: { case: 'stringValue', value: 'a' } },
      } as const;
      const logRecords = Array.from({ length: count }, () => record);
      const request = create(ExportLogsServiceRequestSchema, { resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
      requests += 1;
      const { kept, waiting, bytes } = logs.write(request, Buffer.from(String(requests)), nowMillis);
      maintenance.added({ logs: kept, waitingLogs: waiting, bytes });
      return maintenance.enforce(nowMillis);
    },
    /** How many records each trace has. */
    left: () =>
      Object.fromEntries(
        database
          .prepare(
            'SELECT substr(hex(t.trace_id), 1, 1) AS digit, count(*) AS n FROM logs l JOIN log_traces t ON t.id = l.trace GROUP BY 1',
          )
          .all()
          .map(({ digit, n }) => [digit, n]),
      ),
  };
}

test('logs whose trace does not come leave after an hour without a new one', () => {
  const store = createStore();
  store.logs('A', 2, 0);
  store.logs('B', 1, 30 * MINUTE);
  store.logs('C', 1, 0);
  store.span('C', 1 * MINUTE);
  expect(store.logs('A', 1, 60 * MINUTE)).toEqual({ spans: 0, logs: 0, traceIds: [] });
  expect(store.span('D', 91 * MINUTE)).toEqual({
    spans: 0,
    logs: 1,
    traceIds: [],
    reason: 'their traces did not come within an hour',
  });
  expect([store.left(), store.maintenance.held()]).toMatchObject([
    { A: 3, C: 1 },
    { traces: 2, logs: 4, waitingLogs: 3 },
  ]);
});

test('more than 100,000 that wait: the quietest leave, those with a trace stay', () => {
  const store = createStore();
  store.span('A', 0);
  store.logs('A', 10, 0);
  for (const [index, digit] of Array.from('123456789C').entries()) store.logs(digit, 10_000, index + 1);
  expect(store.logs('B', 1, 20)).toEqual({
    spans: 0,
    logs: 10_000,
    traceIds: [],
    reason: 'more than 100000 log records, and their traces have not come',
  });
  expect([store.left()['1'], store.left()['2'], store.left()['A'], store.maintenance.held().waitingLogs]).toEqual([
    undefined,
    10_000,
    10,
    90_001,
  ]);
}, 30_000);

test('in a store that is full, those that have just come stay: they are no tenth of its bytes', () => {
  const store = createStore({ maxBytes: 1_000 });
  store.span('A', 1);
  store.logs('B', 1, 2);
  store.span('C', 3);
  expect(store.logs('C', 8, 4)).toMatchObject({ spans: 1, logs: 0, traceIds: [traceId('a')] });
  expect(store.left()).toEqual({ B: 1, C: 8 });
});

test('they count toward the bound of bytes: first those that wait leave, then traces with theirs', () => {
  const store = createStore({ maxBytes: 1_000 });
  store.span('A', 1);
  const spanBytes = store.maintenance.held().bytes;
  store.logs('B', 2, 2);
  store.span('C', 3);
  expect(store.maintenance.held().bytes).toBe(2 * spanBytes + 2 * RECORD_BYTES);
  expect(store.logs('C', 8, 4)).toEqual({
    spans: 1,
    logs: 2,
    traceIds: [traceId('a')],
    reason: 'more than 1000 bytes',
  });
  expect([store.left(), store.maintenance.held()]).toMatchObject([
    { C: 8 },
    { traces: 1, spans: 1, logs: 8, waitingLogs: 0, bytes: spanBytes + 8 * RECORD_BYTES },
  ]);
});

test('a trace that still logs is not the quietest', () => {
  const store = createStore({ maxSpans: 2 });
  store.span('A', 1);
  store.span('B', 2);
  store.logs('A', 1, 3);
  expect(store.span('C', 4)).toMatchObject({ traceIds: [traceId('b')], logs: 0 });
  expect(store.left()).toEqual({ A: 1 });
});

test.each([
  ['a trace deleted takes its own', false, { B: 2 }, { traces: 0, logs: 2, waitingLogs: 2 }],
  ['everything deleted takes those that wait too', true, {}, { traces: 0, logs: 0, waitingLogs: 0, bytes: 0 }],
])('%s', (_, waitingLogs, left, held) => {
  const store = createStore();
  store.span('A', 1);
  store.logs('A', 3, 2);
  store.logs('B', 2, 3);
  store.maintenance.remove([traceId('a')], waitingLogs);
  expect([store.left(), store.maintenance.held()]).toMatchObject([left, held]);
  expect(Object.keys(store.left())).toEqual(Object.keys(left));
});

test('what is held is counted anew when the file is opened', () => {
  const store = createStore();
  store.span('A', 1);
  store.logs('A', 3, 2);
  store.logs('B', 2, 3);
  expect(createMaintenance(database, AMPLE).held()).toEqual(store.maintenance.held());
  expect(store.maintenance.held()).toMatchObject({ logs: 5, waitingLogs: 2 });
});
