/** Log records over HTTP: taken in every encoding, joined to their trace and span, counted, bounded, and gone with their trace. */
import { deflateSync, gzipSync } from 'node:zlib';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { createReceiver, toOtlpTraces } from '../../../src/viewer/server/index.ts';
import type { DatabaseStore } from '../../../src/viewer/server/database-store.ts';
import { BusyError } from '../../../src/viewer/server/store-errors.ts';
import { readOtlpJson } from '../../../src/viewer/server/otlp-json.ts';
import {
  ExportLogsServiceRequestSchema,
  ExportLogsServiceResponseSchema,
} from '../../../src/viewer/server/proto/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { postJson, send, withViewer } from './http-client.ts';
import { bodiesOf, detailOf, healthOf, logsOf, logsRequest, postLogs, sampleLog } from './sample-log.ts';
import { EPOCH, id, sampleSpan, TRACE_ID } from './sample-span.ts';

const START_MILLIS = Number(EPOCH / 1_000_000n);
const SPANS = JSON.stringify(toOtlpTraces([sampleSpan()]));
const ONE = logsRequest([sampleLog('one', 3)]);
const PROTOBUF = { 'content-type': 'application/x-protobuf' };
const asProtobuf = (json: string): Uint8Array =>
  toBinary(ExportLogsServiceRequestSchema, readOtlpJson(ExportLogsServiceRequestSchema, json));
const textOf = ({ body }: { readonly body: Buffer }): string => body.toString();

describe('what is accepted', () => {
  test.each([
    ['JSON', {}, ONE],
    ['JSON in gzip', { 'content-encoding': 'gzip' }, gzipSync(ONE)],
    ['JSON in deflate', { 'content-encoding': 'deflate' }, deflateSync(ONE)],
    ['protobuf', PROTOBUF, asProtobuf(ONE)],
    ['protobuf in gzip', { ...PROTOBUF, 'content-encoding': 'gzip' }, gzipSync(asProtobuf(ONE))],
  ])('%s', async (_case, headers, body) => {
    await withViewer(async (viewer) => {
      await postJson(viewer, SPANS);
      const answer = await postLogs(viewer, body, headers);
      const isProtobuf = 'content-type' in headers;
      expect([answer.status, textOf(answer)]).toEqual([200, isProtobuf ? '' : '{}']);
      expect(await logsOf(viewer)).toEqual({
        logs: [
          {
            id: `${EPOCH + 3_000_000n}-0`,
            timeMillis: START_MILLIS + 3,
            severity: 'INFO',
            body: 'one',
            spanId: id('1'),
            service: 'web',
            attributes: [],
          },
        ],
        total: 1,
        refused: 0,
      });
      const { arrivals, received } = await healthOf(viewer);
      expect([arrivals[0]?.path, arrivals[0]?.logs, arrivals[0]?.services, received.logs]).toEqual([
        '/v1/logs',
        1,
        ['web'],
        1,
      ]);
    });
  });

  test.each([
    ['no trace id', { traceId: '' }],
    ['one of zeros', { traceId: '0'.repeat(32) }],
    ['one of two bytes', { traceId: '0af7' }],
  ])('with %s: a full success, counted and not kept', async (_case, changes) => {
    await withViewer(async (viewer) => {
      const answer = await postLogs(viewer, logsRequest([sampleLog('alone', 0, changes), sampleLog('joined')]));
      expect([answer.status, textOf(answer), bodiesOf(await logsOf(viewer))]).toEqual([200, '{}', ['joined']]);
      const { received, store, refused } = await healthOf(viewer);
      expect([received.logs, received.logsWithoutTrace, store.logs, refused]).toEqual([2, 1, 1, []]);
    });
  });

  test('everything that a record says', async () => {
    await withViewer(async (viewer) => {
      const attributes = [{ key: 'user.id', value: { intValue: '7' } }];
      const list = { arrayValue: { values: [{ boolValue: true }, { doubleValue: 0.5 }] } };
      const body = { kvlistValue: { values: [{ key: 'items', value: list }] } };
      const record = sampleLog('', 5, {
        body,
        attributes,
        observedTimeUnixNano: String(EPOCH + 7_000_500n),
        severityNumber: 18,
        severityText: 'err',
        eventName: 'order.failed',
        droppedAttributesCount: 2,
      });
      await postLogs(viewer, logsRequest([record]));
      expect((await logsOf(viewer)).logs).toEqual([
        {
          id: `${EPOCH + 5_000_000n}-0`,
          timeMillis: START_MILLIS + 5,
          observedMillis: START_MILLIS + 7,
          severity: 'ERROR',
          severityText: 'err',
          eventName: 'order.failed',
          body: { items: [true, 0.5] },
          spanId: id('1'),
          service: 'web',
          attributes: [{ key: 'user.id', type: 'int', value: 7 }],
          droppedAttributes: 2,
        },
      ]);
    });
  });

  test.each([
    [0, '', ''],
    [0, 'warning', 'WARN'],
    [0, 'Info', 'INFO'],
    [0, 'louder', ''],
    [0, 'constructor', ''],
    [1, '', 'TRACE'],
    [4, '', 'TRACE'],
    [5, '', 'DEBUG'],
    [16, 'info', 'WARN'],
    [24, '', 'FATAL'],
    [25, '', ''],
  ])('severity %s with the text "%s" is "%s"', async (severityNumber, severityText, expected) => {
    await withViewer(async (viewer) => {
      await postLogs(viewer, logsRequest([sampleLog('said', 0, { severityNumber, severityText })]));
      expect((await logsOf(viewer)).logs[0]?.severity).toBe(expected);
    });
  });

  test('a record without a time stands where it was observed, and without either it has none', async () => {
    await withViewer(async (viewer) => {
      const observed = { timeUnixNano: '0', observedTimeUnixNano: String(EPOCH + 1_000_000n) };
      const never = { timeUnixNano: '0' };
      const records = [sampleLog('b', 2), sampleLog('a', 0, observed), sampleLog('never', 0, never)];
      await postLogs(viewer, logsRequest(records));
      const { logs } = await logsOf(viewer);
      expect(logs.map(({ body, timeMillis, observedMillis }) => [body, timeMillis, observedMillis])).toEqual([
        ['never', undefined, undefined],
        ['a', START_MILLIS + 1, undefined],
        ['b', START_MILLIS + 2, undefined],
      ]);
    });
  });
});

describe('what is refused', () => {
  test.each([
    ['not JSON', {}, '{', 400, /^body: not valid JSON/],
    ['not protobuf', PROTOBUF, asProtobuf(ONE).slice(0, 20), 400, /^body: not valid protobuf/],
    [
      'a wrong type',
      {},
      ONE.replace('"one"', '1'),
      400,
      /^resourceLogs\[0\]\.scopeLogs\[0\]\.logRecords\[0\]\.body\.stringValue: expected a string, got number 1$/,
    ],
    ['another type', { 'content-type': 'text/plain' }, ONE, 415, /^content-type: expected/],
    ['another encoding', { 'content-encoding': 'br' }, ONE, 415, /got br$/],
    ['a bomb', { 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(40_000_000)), 413, /^body: larger than/],
  ])('%s', async (_case, headers, body, status, message) => {
    await withViewer(async (viewer) => {
      const answer = await postLogs(viewer, body, headers);
      expect([answer.status, (await healthOf(viewer)).store.logs]).toEqual([status, 0]);
      expect((await healthOf(viewer)).refused).toMatchObject([{ reason: expect.stringMatching(message) as string }]);
      expect((await postLogs(viewer, ONE)).status).toBe(200);
    });
  });

  test('what comes while the store is behind: 429, and when to send again', async () => {
    const store = { writeLogs: () => Promise.reject(new BusyError('the store is behind')) };
    const app = createReceiver({ store: store as unknown as DatabaseStore, host: 'localhost' });
    const headers = { 'content-type': 'application/json' };
    const answer = await app.request('http://localhost/v1/logs', { method: 'POST', headers, body: ONE });
    expect([answer.status, answer.headers.get('retry-after'), await answer.json()]).toEqual([
      429,
      '1',
      { code: 8, message: 'the store is behind' },
    ]);
  });

  test('more than 10,000 of one trace: the first are kept, the rest is counted and said', async () => {
    await withViewer(async (viewer) => {
      await postJson(viewer, SPANS);
      const many = Array.from({ length: 10_002 }, (_, index) => sampleLog(String(index), index));
      const answer = await postLogs(viewer, asProtobuf(logsRequest(many)), PROTOBUF);
      const reason =
        'resourceLogs[0].scopeLogs[0].logRecords[10000]: its trace has 10000 log records already, and no more are kept of one';
      expect(fromBinary(ExportLogsServiceResponseSchema, answer.body).partialSuccess).toMatchObject({
        rejectedLogRecords: 2n,
        errorMessage: reason,
      });
      const more = await postLogs(viewer, logsRequest([sampleLog('late', 1)]));
      expect(JSON.parse(textOf(more))).toEqual({
        partialSuccess: { rejectedLogRecords: '1', errorMessage: reason.replace('10000]', '0]') },
      });
      const [first, { refused, store }] = [await logsOf(viewer), await healthOf(viewer)];
      expect([first.total, first.refused, store.logs, refused.length]).toEqual([10_000, 3, 10_000, 2]);

      // Page by page every one of them, in order.
      const found = [...first.logs];
      for (let { next } = first; next !== undefined;) {
        const page = await logsOf(viewer, `?after=${next}`);
        found.push(...page.logs);
        ({ next } = page);
      }
      expect(found.map(({ body }) => Number(body))).toEqual(Array.from({ length: 10_000 }, (_, index) => index));
      const detail = await detailOf(viewer);
      expect([detail.logs.length, detail.logsLeftOut]).toEqual([1_000, 9_000]);
      expect((await detailOf(viewer, '?full=1')).logs.length).toBe(10_000);
    });
  }, 60_000);
});

describe('long ones', () => {
  const long = 'x'.repeat(3_000_000);
  const records = ['a', 'b', 'c'].map((letter, index) => sampleLog(`${letter}${long}`, index));

  test('a panel takes as many as it can carry, and says how many are left out', async () => {
    await withViewer(async (viewer) => {
      await postJson(viewer, SPANS);
      await postLogs(viewer, logsRequest(records));
      const detail = await detailOf(viewer);
      expect([detail.logs.map(({ body }) => JSON.stringify(body)[1]), detail.logsLeftOut]).toEqual([['a', 'b'], 1]);
    });
  });

  test('a file has all of them, though it is written part by part', async () => {
    await withViewer(async (viewer) => {
      await postLogs(viewer, logsRequest(records));
      const answer = await send(`${viewer.queryUrl}/api/viewer/traces/${TRACE_ID}/logs?format=otlp`, 'GET');
      expect(answer.headers['content-type']).toBe('application/json');
      const file = readOtlpJson(ExportLogsServiceRequestSchema, textOf(answer));
      const found = file.resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));
      expect(found.map(({ body }) => JSON.stringify(body?.value.value)[1])).toEqual(['a', 'b', 'c']);
    });
  });
});

describe('sent again', () => {
  test.each([
    ['a request of several records, to the byte, is kept once', [sampleLog('1'), sampleLog('2')], [2, 2]],
    ['one record alone may have been written twice', [sampleLog('1')], [2, 0]],
  ])('%s', async (_, records, expected) => {
    await withViewer(async (viewer) => {
      for (let round = 0; round < 2; round += 1) await postLogs(viewer, logsRequest(records));
      const { store, received } = await healthOf(viewer);
      expect([store.logs, received.repeatedLogs]).toEqual(expected);
    });
  });
});

describe('logs and their trace', () => {
  test('logs that come first wait for it, and are then its own and its span’s', async () => {
    await withViewer(async (viewer) => {
      await postLogs(viewer, logsRequest([sampleLog('first'), sampleLog('of no span', 1, { spanId: '' })]));
      const before = await healthOf(viewer);
      expect([before.store.logs, before.store.waitingLogs, before.store.traces]).toEqual([2, 2, 0]);
      expect(bodiesOf(await logsOf(viewer))).toEqual(['first', 'of no span']);

      await postJson(viewer, SPANS);
      const after = await healthOf(viewer);
      expect([after.store.logs, after.store.waitingLogs, after.store.traces]).toEqual([2, 0, 1]);
      expect(bodiesOf(await detailOf(viewer))).toEqual(['first']);

      await postLogs(viewer, logsRequest([sampleLog('second', 2)]));
      expect((await healthOf(viewer)).store.waitingLogs).toBe(0);
      expect(bodiesOf(await detailOf(viewer))).toEqual(['first', 'second']);
    });
  });

  test('by time, and those of one moment as they came, whatever came when', async () => {
    await withViewer(async (viewer) => {
      await postLogs(viewer, logsRequest([sampleLog('c', 2), sampleLog('d', 2), sampleLog('e', 2)]));
      await postLogs(viewer, logsRequest([sampleLog('b', 1), sampleLog('a'), sampleLog('f', 2)], 'worker'));
      const { logs } = await logsOf(viewer);
      expect(logs.map(({ body, service }) => [body, service])).toEqual([
        ['a', 'worker'],
        ['b', 'worker'],
        ['c', 'web'],
        ['d', 'web'],
        ['e', 'web'],
        ['f', 'worker'],
      ]);
    });
  });

  test('a request that is sent again is kept once; equal records that a program wrote are all kept', async () => {
    await withViewer(async (viewer) => {
      const thrice = logsRequest([sampleLog('again'), sampleLog('again'), sampleLog('again')]);
      await postLogs(viewer, thrice);
      const answer = await postLogs(viewer, gzipSync(thrice), { 'content-encoding': 'gzip' });
      expect([answer.status, textOf(answer), bodiesOf(await logsOf(viewer))]).toEqual([
        200,
        '{}',
        ['again', 'again', 'again'],
      ]);
      const { received, store } = await healthOf(viewer);
      expect([received.logs, received.repeatedLogs, store.logs]).toEqual([6, 3, 3]);
    });
  });

  test('they go with it when it is deleted, and may then come again', async () => {
    await withViewer(async (viewer) => {
      await postJson(viewer, SPANS);
      await postLogs(viewer, ONE);
      const path = `${viewer.queryUrl}/api/viewer/traces/${TRACE_ID}`;
      expect((await send(path, 'DELETE')).status).toBe(200);
      expect((await send(`${path}/logs`, 'GET')).status).toBe(404);
      expect((await healthOf(viewer)).store).toMatchObject({ traces: 0, spans: 0, logs: 0, waitingLogs: 0, bytes: 0 });
      await postLogs(viewer, ONE);
      expect(bodiesOf(await logsOf(viewer))).toEqual(['one']);
    });
  });

  test('they go with it when it is evicted', async () => {
    const other = JSON.stringify(toOtlpTraces([sampleSpan({ traceId: 'f'.repeat(32) })]));
    await withViewer(async (viewer) => {
      await postJson(viewer, SPANS);
      await postLogs(viewer, ONE);
      await postJson(viewer, other);
      const { store, evicted } = await healthOf(viewer);
      expect([store.traces, store.logs, evicted]).toEqual([
        1,
        0,
        { spans: 1, traces: 1, logs: 1, lastMillis: expect.any(Number) as number, reason: 'more than 1 spans' },
      ]);
    }, 1);
  });
});

describe('questions', () => {
  test.each([
    ['?limit=0', 400, 'limit: expected a positive whole number'],
    ['?limit=x', 400, 'limit: expected a positive whole number'],
    ['?after=x', 400, 'after: expected `next` of another page'],
    ['?format=jaeger', 400, 'format: expected otlp, or none'],
  ])('%s', async (query, status, error) => {
    await withViewer(async (viewer) => {
      const answer = await send(`${viewer.queryUrl}/api/viewer/traces/${TRACE_ID}/logs${query}`, 'GET');
      expect([answer.status, JSON.parse(textOf(answer))]).toEqual([status, { error }]);
    });
  });

  test('of a trace that is not here', async () => {
    await withViewer(async (viewer) => {
      for (const query of ['', '?format=otlp']) {
        const { status } = await send(`${viewer.queryUrl}/api/viewer/traces/${TRACE_ID}/logs${query}`, 'GET');
        expect(status).toBe(404);
      }
      await postJson(viewer, SPANS);
      expect(await logsOf(viewer)).toEqual({ logs: [], total: 0, refused: 0 });
    });
  });

  test('a page from a moment beyond every other', async () => {
    await withViewer(async (viewer) => {
      await postLogs(
        viewer,
        logsRequest([sampleLog('a'), sampleLog('last', 0, { timeUnixNano: String(2n ** 64n - 1n) })]),
      );
      const first = await logsOf(viewer, '?limit=1');
      expect([bodiesOf(first), bodiesOf(await logsOf(viewer, `?after=${first.next}`))]).toEqual([['a'], ['last']]);
      expect(bodiesOf(await logsOf(viewer, `?after=${2n ** 63n - 1n}-9`))).toEqual([]);
    });
  });
});
