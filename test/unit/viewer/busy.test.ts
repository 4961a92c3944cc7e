/** A writer that is behind: who is told to come again, and that nothing acknowledged is lost. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { openStore, startViewer, type Viewer } from '../../../src/viewer/server/index.ts';
import { StatusSchema } from '../../../src/viewer/server/proto/generated/google/rpc/status_pb.js';
import { ExportTraceServiceRequestSchema } from '../../../src/viewer/server/proto/generated/opentelemetry/proto/collector/trace/v1/trace_service_pb.js';
import type { Health } from '../../../src/viewer/wire.ts';
import { type Answer, send } from './http-client.ts';

let folder: string;
let file: string;
let viewer: Viewer;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'viewer-busy-'));
  file = join(folder, 'viewer.db');
  // One request is always taken; with this bound, none beside it.
  viewer = await startViewer({ otlpPort: 0, queryPort: 0, file, maxQueuedBytes: 1 });
});
afterEach(async () => {
  await viewer.close();
  rmSync(folder, { recursive: true, force: true });
});

const traceId = (number: number): string => number.toString(16).padStart(32, '0');
const SPAN_ID = '00000000000000aa';
const JSON_TYPE = 'application/json';
const PROTOBUF = 'application/x-protobuf';

interface Sent {
  readonly number: number;
  readonly answer: Answer;
}

const jsonBody = (number: number): string =>
  JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: traceId(number), spanId: SPAN_ID }] }] }] });

function protobufBody(number: number): Uint8Array {
  const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
  const spans = [{ traceId: bytes(traceId(number)), spanId: bytes(SPAN_ID) }];
  const request = create(ExportTraceServiceRequestSchema, { resourceSpans: [{ scopeSpans: [{ spans }] }] });
  return toBinary(ExportTraceServiceRequestSchema, request);
}

/** Sends one span in a trace of its own; even numbers as JSON, odd ones as protobuf. */
async function post(number: number): Promise<Sent> {
  const [type, body] = number % 2 === 0 ? [JSON_TYPE, jsonBody(number)] : [PROTOBUF, protobufBody(number)];
  return { number, answer: await send(`${viewer.otlpUrl}/v1/traces`, 'POST', { 'content-type': type }, body) };
}

/** Holds the file's one lock for writing, as a slow disk would; the viewer waits up to five seconds for it. */
function holdWriter(): () => void {
  const other = new DatabaseSync(file);
  other.exec('BEGIN IMMEDIATE');
  return () => {
    other.exec('COMMIT');
    other.close();
  };
}

/** The first so many of them that settle. */
function settled<Value>(promises: readonly Promise<Value>[], count: number): Promise<readonly Value[]> {
  return new Promise((resolve, reject) => {
    const values: Value[] = [];
    for (const promise of promises) {
      promise.then((value) => {
        values.push(value);
        if (values.length === count) resolve([...values]);
      }, reject);
    }
  });
}

/** What an answer says, when it is a google.rpc.Status in the encoding that its header names. */
function statusOf({ headers, body }: Answer): string {
  const type = headers['content-type'];
  const { code, message } =
    type === PROTOBUF
      ? fromBinary(StatusSchema, body)
      : (JSON.parse(body.toString()) as { readonly code: number; readonly message: string });
  return `${String(type)}, Retry-After ${String(headers['retry-after'])}: ${code} ${message}`;
}

const health = async (): Promise<Health> =>
  JSON.parse((await send(`${viewer.queryUrl}/api/viewer/health`, 'GET')).body.toString()) as Health;

test('who comes while too much waits is told to come again, and whatever was taken is kept', async () => {
  const release = holdWriter();
  const sending = [1, 2, 3, 4, 5, 6].map(post);
  const refused = await settled(sending, 5);
  release();
  const answered = await Promise.all(sending);
  for (const { number } of refused) answered.push(await post(number));
  const { received, refused: reasons } = await health();
  await viewer.close();
  const store = await openStore({ file });
  const acknowledged = answered.filter(({ answer }) => answer.status === 200);
  const kept = await Promise.all(acknowledged.map(({ number }) => store.query('spans', traceId(number))));
  await store.close();
  expect({
    statuses: answered.map(({ answer }) => answer.status).toSorted((a, b) => a - b),
    refusals: [...new Set(refused.map(({ answer }) => statusOf(answer)))].toSorted(),
    kept: kept.flatMap((spans) => spans?.map((span) => span.traceId)).toSorted(),
    requests: received.requests,
    spans: received.spans,
    reasons: reasons.map(({ reason, count }) => `${count} x ${reason}`),
  }).toEqual({
    statuses: [200, 200, 200, 200, 200, 200, 429, 429, 429, 429, 429],
    refusals: [
      'application/json, Retry-After 1: 8 the store is behind: send again in a second',
      'application/x-protobuf, Retry-After 1: 8 the store is behind: send again in a second',
    ],
    kept: [1, 2, 3, 4, 5, 6].map(traceId),
    requests: 11,
    spans: 6,
    reasons: ['5 x the store is behind: send again in a second'],
  });
});

test('health says how much waits while the writer is stuck', async () => {
  const release = holdWriter();
  const sending = [2, 4].map(post);
  // One is refused because the other waits.
  await settled(sending, 1);
  // The writer is not asked: it could not answer.
  const { queue } = await health();
  release();
  expect(queue).toEqual({ bytes: jsonBody(2).length, maxBytes: 1 });
  await Promise.all(sending);
});
