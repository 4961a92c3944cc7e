/** Names of operations that nothing has any more: they leave too, and come back when they are used again. */
import { createMaintenance } from '../../../src/viewer/server/maintenance.ts';
import { readRequestJson } from '../../../src/viewer/server/otlp.ts';
import { toOtlpTraces } from '../../../src/viewer/server/index.ts';
import { openDatabase } from '../../../src/viewer/server/schema.ts';
import { createWriter } from '../../../src/viewer/server/writer.ts';
import { id, sampleSpan } from './sample-span.ts';

const SPANS = 10_000;

test('names of what was evicted are gone after the next tidying, those that are used are not', () => {
  const database = openDatabase(':memory:');
  const writer = createWriter(database);
  const maintenance = createMaintenance(database, { maxSpans: SPANS, maxBytes: 2 ** 40, maxAgeHours: 1 });
  const write = (trace: string, names: readonly string[]): void => {
    const spans = names.map((name, at) =>
      sampleSpan({ traceId: trace.padStart(32, '0'), spanId: id((at + 1).toString(16)), name }),
    );
    const written = writer.write(readRequestJson(JSON.stringify(toOtlpTraces(spans))), 0);
    maintenance.added({ traces: written.newTraces, spans: written.spans, bytes: written.bytes });
  };
  const names = () => database.prepare('SELECT count(*) AS n FROM operations').get()?.['n'];

  write(
    'a',
    Array.from({ length: SPANS }, (_, at) => `once ${at}`),
  );
  const before = [maintenance.tidy(), names()];
  write('b', ['often']);
  maintenance.enforce(0);
  const after = [maintenance.tidy(), names()];
  writer.forget();
  write('c', ['once 1', 'often']);
  const joined = database
    .prepare('SELECT o.name FROM spans s JOIN operations o ON o.id = s.operation ORDER BY s.trace, s.seq')
    .all()
    .map((row) => row['name']);
  expect({ before, after, joined, tidied: maintenance.tidy(), names: names() }).toEqual({
    before: [false, SPANS],
    after: [true, 1],
    joined: ['often', 'once 1', 'often'],
    tidied: false,
    names: 2,
  });
  database.close();
});
