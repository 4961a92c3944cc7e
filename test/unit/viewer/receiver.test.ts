import { connect } from 'node:net';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { createReceiver } from '../../../src/viewer/server/index.ts';
import { StatusSchema } from '../../../src/viewer/server/proto/generated/google/rpc/status_pb.js';
import {
  ExportTraceServiceRequestSchema,
  ExportTraceServiceResponseSchema,
} from '../../../src/viewer/server/proto/generated/opentelemetry/proto/collector/trace/v1/trace_service_pb.js';
import { postJson, send, withViewer } from './http-client.ts';
import { withStore } from './sample-span.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN = `{"traceId":"${TRACE_ID}","spanId":"b7ad6b7169203331","name":"GET /"}`;
const body = (spans: string): string => `{"resourceSpans":[{"scopeSpans":[{"spans":[${spans}]}]}]}`;
const PROTOBUF = { 'content-type': 'application/x-protobuf' };
const JSON_TYPE = { 'content-type': 'application/json' };
const protobufBody = toBinary(
  ExportTraceServiceRequestSchema,
  create(ExportTraceServiceRequestSchema, {
    resourceSpans: [
      {
        scopeSpans: [
          { spans: [{ traceId: Buffer.from(TRACE_ID, 'hex'), spanId: Buffer.from('b7ad6b7169203331', 'hex') }] },
        ],
      },
    ],
  }),
);

describe('what is accepted', () => {
  test.each([
    ['JSON', JSON_TYPE, body(SPAN)],
    ['JSON with a charset', { 'content-type': 'Application/JSON; charset=utf-8' }, body(SPAN)],
    ['gzip', { ...JSON_TYPE, 'content-encoding': 'gzip' }, gzipSync(body(SPAN))],
    ['deflate', { ...JSON_TYPE, 'content-encoding': 'deflate' }, deflateSync(body(SPAN))],
    ['deflate without its header', { ...JSON_TYPE, 'content-encoding': 'deflate' }, deflateRawSync(body(SPAN))],
    ['identity', { ...JSON_TYPE, 'content-encoding': 'identity' }, body(SPAN)],
  ])('%s', async (_case, headers, content) => {
    await withViewer(async (viewer) => {
      const answer = await send(`${viewer.otlpUrl}/v1/traces`, 'POST', headers, content);
      expect([answer.status, answer.headers['content-type'], answer.body.toString(), viewer.stats().spans]).toEqual([
        200,
        'application/json',
        '{}',
        1,
      ]);
    });
  });

  test('protobuf is answered in protobuf, where success is no bytes at all', async () => {
    await withViewer(async (viewer) => {
      const answer = await send(`${viewer.otlpUrl}/v1/traces`, 'POST', PROTOBUF, protobufBody);
      expect([answer.status, answer.headers['content-type'], answer.body.length, viewer.stats().spans]).toEqual([
        200,
        'application/x-protobuf',
        0,
        1,
      ]);
    });
  });

  test('an empty body of protobuf is an empty request', async () => {
    await withViewer(async (viewer) => {
      expect((await send(`${viewer.otlpUrl}/v1/traces`, 'POST', PROTOBUF)).status).toBe(200);
    });
  });

  test('a span with an invalid id is counted as rejected, the rest is kept', async () => {
    const bad = '{"traceId":"0af7","spanId":"b7ad6b7169203331"}';
    const reason = 'resourceSpans[0].scopeSpans[0].spans[1].traceId: expected 16 bytes, got 2';
    await withViewer(async (viewer) => {
      const answer = await postJson(viewer, body(`${SPAN},${bad}`));
      expect([answer.status, JSON.parse(answer.body.toString()), viewer.stats().spans]).toEqual([
        200,
        { partialSuccess: { rejectedSpans: '1', errorMessage: reason } },
        1,
      ]);
    });
  });

  test('metrics are accepted and ignored', async () => {
    const errorMessage = 'this viewer keeps traces and logs only: metrics were accepted and ignored';
    await withViewer(async (viewer) => {
      const url = `${viewer.otlpUrl}/v1/metrics`;
      const json = await send(url, 'POST', JSON_TYPE, '{"resourceMetrics":[]}');
      const binary = await send(url, 'POST', PROTOBUF, 'anything');
      expect([json.status, JSON.parse(json.body.toString())]).toEqual([200, { partialSuccess: { errorMessage } }]);
      expect([binary.status, fromBinary(ExportTraceServiceResponseSchema, binary.body).partialSuccess]).toMatchObject([
        200,
        { rejectedSpans: 0n, errorMessage },
      ]);
    });
  });
});

describe('what is refused, as google.rpc.Status in the encoding of the request', () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  test.each([
    ['not JSON', 'POST', JSON_TYPE, '{', 400, 3, /^body: not valid JSON/],
    ['not UTF-8', 'POST', JSON_TYPE, Buffer.from([0x7b, 0xff, 0x7d]), 400, 3, /^body: not valid UTF-8$/],
    [
      'a wrong type',
      'POST',
      JSON_TYPE,
      body('{"name":1}'),
      400,
      3,
      /spans\[0\]\.name: expected a string, got number 1$/,
    ],
    ['not gzip', 'POST', { ...JSON_TYPE, 'content-encoding': 'gzip' }, 'x', 400, 3, /^body: not valid gzip/],
    [
      'half of a gzip',
      'POST',
      { ...JSON_TYPE, 'content-encoding': 'gzip' },
      gzipSync(body(SPAN)).subarray(0, 30),
      400,
      3,
      /^body: not valid gzip/,
    ],
    ['a bomb', 'POST', { ...JSON_TYPE, 'content-encoding': 'gzip' }, bomb, 413, 8, /^body: larger than 33554432 bytes/],
    ['another encoding', 'POST', { ...JSON_TYPE, 'content-encoding': 'br' }, '', 415, 3, /got br$/],
    ['another type', 'POST', { 'content-type': 'text/plain' }, body(SPAN), 415, 3, /^content-type: expected/],
    ['no type', 'POST', {}, body(SPAN), 415, 3, /^content-type: expected/],
    ['GET', 'GET', {}, '', 405, 12, /^method: expected POST, got GET$/],
    ['another host', 'POST', { ...JSON_TYPE, host: 'evil.example' }, body(SPAN), 403, 7, /^host: evil.example is not/],
  ])('%s', async (_case, method, headers, content, status, code, message) => {
    await withViewer(async (viewer) => {
      const answer = await send(`${viewer.otlpUrl}/v1/traces`, method, headers, content);
      expect([answer.status, answer.headers['content-type']]).toEqual([status, 'application/json']);
      expect(JSON.parse(answer.body.toString())).toEqual({ code, message: expect.stringMatching(message) as string });
      expect(viewer.stats().spans).toBe(0);
      // And it still works.
      expect((await postJson(viewer, body(SPAN))).status).toBe(200);
    });
  });

  test('protobuf requests get protobuf errors', async () => {
    await withViewer(async (viewer) => {
      const answer = await send(`${viewer.otlpUrl}/v1/traces`, 'POST', PROTOBUF, protobufBody.slice(0, 9));
      const { code, message } = fromBinary(StatusSchema, answer.body);
      expect([answer.status, answer.headers['content-type'], code, message]).toEqual([
        400,
        'application/x-protobuf',
        3,
        expect.stringMatching(/^body: not valid protobuf/),
      ]);
    });
  });

  test('GET says which method is allowed; unknown paths say where traces go', async () => {
    await withViewer(async (viewer) => {
      expect((await send(`${viewer.otlpUrl}/v1/traces`, 'GET')).headers.allow).toBe('POST');
      const answer = await send(`${viewer.otlpUrl}/`, 'POST', JSON_TYPE, '{}');
      expect([answer.status, JSON.parse(answer.body.toString())]).toEqual([
        404,
        { code: 5, message: 'path: this is an OTLP/HTTP receiver; send traces to /v1/traces' },
      ]);
    });
  });

  test('a body that grows beyond the bound without a length is cut off', async () => {
    await withStore([], async (store) => {
      const app = createReceiver({ store, host: 'localhost', maxBodyBytes: 1_000 });
      let chunks = 0;
      const endless = new ReadableStream<Uint8Array>({
        pull(controller) {
          chunks += 1;
          controller.enqueue(new Uint8Array(100));
        },
      });
      const init: RequestInit & { duplex: 'half' } = {
        method: 'POST',
        headers: JSON_TYPE,
        body: endless,
        duplex: 'half',
      };
      const answer = await app.request('http://localhost/v1/traces', init);
      expect([answer.status, chunks < 15]).toEqual([413, true]);
    });
  });
});

test('a client of HTTP/1.0 that sends no Host may send traces', async () => {
  await withViewer(async (viewer) => {
    const { port } = new URL(viewer.otlpUrl);
    const content = body(SPAN);
    const answer = await new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connect(Number(port), '127.0.0.1', () =>
        socket.write(
          `POST /v1/traces HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: ${content.length}\r\n\r\n${content}`,
        ),
      );
      socket.setEncoding('utf8');
      socket.on('data', (chunk: string) => (text += chunk));
      socket.on('end', () => resolve(text));
      socket.on('error', reject);
    });
    expect([answer.split('\r\n')[0], viewer.stats().spans]).toEqual(['HTTP/1.1 200 OK', 1]);
  });
});
