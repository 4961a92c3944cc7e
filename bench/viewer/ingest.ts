/**
 * How many spans a second the viewer takes over HTTP, beside a bare insert of the same spans into SQLite, and what that costs
 * its main thread and its memory, then how long it takes to answer with all of it stored. The sender is a process of its own.
 * Run: `node bench/viewer/ingest.ts [spans]`, a million without a number
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import { create, toBinary } from '@bufbuild/protobuf';
import { startViewer } from '../../src/viewer/server/index.ts';
import {
  type ExportTraceServiceRequest,
  ExportTraceServiceRequestSchema,
} from '../../src/viewer/server/proto/generated/opentelemetry/proto/collector/trace/v1/trace_service_pb.js';
import { SpanSchema } from '../../src/viewer/server/proto/generated/opentelemetry/proto/trace/v1/trace_pb.js';

const BATCH = 512;
const PER_TRACE = 50;
/** Requests on their way at once, as from a few services. */
const SENDERS = 4;

const text = (key: string, value: string) => ({
  key,
  value: { value: { case: 'stringValue' as const, value } },
});

function idOf(number: number, bytes: number): Buffer {
  const id = Buffer.alloc(bytes);
  id.writeUInt32BE(number + 1, bytes - 4);
  return id;
}

/** Traces of a route, its queries and a call, with the attributes such spans have. */
function requestOf(batch: number): ExportTraceServiceRequest {
  const spans = Array.from({ length: BATCH }, (_, index) => {
    const number = batch * BATCH + index;
    const place = number % PER_TRACE;
    const start = 1_767_225_600_000_000_000n + BigInt(Math.floor(number / PER_TRACE)) * 1_000_000n;
    return create(SpanSchema, {
      traceId: idOf(Math.floor(number / PER_TRACE), 16),
      spanId: idOf(number, 8),
      parentSpanId: place === 0 ? new Uint8Array() : idOf(number - place, 8),
      name: place === 0 ? `GET /products/${number % 40}` : `SELECT table${number % 20}`,
      kind: place === 0 ? 2 : 3,
      startTimeUnixNano: start + BigInt(place) * 100_000n,
      endTimeUnixNano: start + BigInt(place + 2) * 100_000n + BigInt(number % 997) * 1000n,
      attributes:
        place === 0
          ? [text('http.request.method', 'GET'), text('http.route', `/products/${number % 40}`)]
          : [
              text('db.system.name', 'postgresql'),
              text('db.query.text', `SELECT * FROM table${number % 20} WHERE id = $1`),
            ],
    });
  });
  const resource = { attributes: [text('service.name', 'storefront')] };
  return create(ExportTraceServiceRequestSchema, {
    resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'bench' }, spans }] }],
  });
}

async function send(url: string, batches: number): Promise<void> {
  // Made before the clock starts: the sender's work is not what is measured.
  const bodies = Array.from({ length: batches }, (_, batch) =>
    toBinary(ExportTraceServiceRequestSchema, requestOf(batch)),
  );
  process.send?.('ready');
  await once(process, 'message');
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < bodies.length) {
      const body = bodies[next++] as Uint8Array<ArrayBuffer>;
      const headers = { 'content-type': 'application/x-protobuf' };
      const response = await fetch(`${url}/v1/traces`, { method: 'POST', headers, body });
      await response.arrayBuffer();
      if (response.status !== 200) throw new Error(`answered ${response.status}`);
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  process.send?.('done');
  process.disconnect();
}

/** Spans a second of a loop that only inserts, one transaction for a batch: what the disk and SQLite alone allow. */
function insertBare(file: string, batches: number): number {
  const requests = Array.from({ length: batches }, (_, batch) => requestOf(batch).resourceSpans[0]?.scopeSpans[0]);
  const rows = requests.map((scope) =>
    (scope?.spans ?? []).map((span) => [span.traceId, span.spanId, span.name, toBinary(SpanSchema, span)] as const),
  );
  const database = new DatabaseSync(file);
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE spans (trace BLOB, id BLOB, name TEXT, body BLOB, PRIMARY KEY (trace, id)) WITHOUT ROWID',
  );
  const insert = database.prepare('INSERT INTO spans VALUES (?, ?, ?, ?)');
  const begin = performance.now();
  for (const batch of rows) {
    database.exec('BEGIN');
    for (const row of batch) insert.run(...row);
    database.exec('COMMIT');
  }
  const seconds = (performance.now() - begin) / 1000;
  database.close();
  return (batches * BATCH) / seconds;
}

/** Median and longest of some answers over HTTP, in milliseconds. */
async function ask(name: string, url: string): Promise<string> {
  const times: number[] = [];
  for (let round = 0; round < 11; round += 1) {
    const begin = performance.now();
    const response = await fetch(url);
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
    times.push(performance.now() - begin);
  }
  times.sort((a, b) => a - b);
  return `${name}: median ${times[5]?.toFixed(1)} ms, longest ${times[10]?.toFixed(1)} ms`;
}

async function measure(spans: number): Promise<void> {
  const batches = Math.ceil(spans / BATCH);
  const folder = mkdtempSync(join(tmpdir(), 'viewer-bench-'));
  try {
    const viewer = await startViewer({
      otlpPort: 0,
      queryPort: 0,
      file: join(folder, 'viewer.db'),
      retention: { maxSpans: spans * 2 },
    });
    const child = fork(import.meta.filename, ['--send', viewer.otlpUrl, String(batches)]);
    await once(child, 'message');
    const delay = monitorEventLoopDelay({ resolution: 5 });
    let rss = 0;
    const timer = setInterval(() => (rss = Math.max(rss, process.memoryUsage.rss())), 50);
    delay.enable();
    const begin = performance.now();
    child.send('go');
    await once(child, 'message');
    const seconds = (performance.now() - begin) / 1000;
    delay.disable();
    clearInterval(timer);
    const received = viewer.stats().receivedSpans;
    const page = `${viewer.queryUrl}/api/viewer`;
    const questions = [
      await ask(
        'list of traces, two filters',
        `${page}/traces?route=${encodeURIComponent('GET /products/0')}&minMillis=1&limit=100`,
      ),
      await ask(
        `a trace of ${PER_TRACE} spans`,
        `${page}/traces/${idOf(received / PER_TRACE / 2, 16).toString('hex')}`,
      ),
      await ask('percentiles per operation', `${page}/performance?by=operation`),
    ];
    await viewer.close();
    const bare = insertBare(join(folder, 'bare.db'), Math.min(batches, 200));
    console.log(
      [
        `${received} spans in ${seconds.toFixed(1)} s: ${Math.round(received / seconds)} spans/s`,
        `bare insert: ${Math.round(bare)} spans/s, ${(bare / (received / seconds)).toFixed(1)} times as many`,
        `longest stall of the main thread: ${(delay.max / 1e6).toFixed(1)} ms`,
        `most memory: ${Math.round(rss / 1e6)} MB`,
        ...questions,
      ].join('\n'),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [first, url = '', batches = ''] = process.argv.slice(2);
if (first === '--send') await send(url, Number(batches));
else await measure(Number(first ?? 1_000_000));
