/** Log records meant to harm: each request gets its answer, nothing is lost, nothing runs, the process lives. */
import { toBinary } from '@bufbuild/protobuf';
import { toOtlpTraces, type Viewer } from '../../../src/viewer/server/index.ts';
import { readOtlpJson } from '../../../src/viewer/server/otlp-json.ts';
import { ExportLogsServiceRequestSchema } from '../../../src/viewer/server/proto/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { postJson, send, withViewer } from './http-client.ts';
import { bodiesOf, detailOf, healthOf, logsOf, logsRequest, postLogs, sampleLog } from './sample-log.ts';
import { sampleSpan, TRACE_ID } from './sample-span.ts';

const SPANS = JSON.stringify(toOtlpTraces([sampleSpan()]));
const PROTOBUF = { 'content-type': 'application/x-protobuf' };
const whole = toBinary(
  ExportLogsServiceRequestSchema,
  readOtlpJson(ExportLogsServiceRequestSchema, logsRequest([sampleLog('whole')])),
);
const noUtf8 = Buffer.from(whole);
noUtf8[noUtf8.indexOf('whole')] = 0xff;
const nested = (levels: number): string =>
  logsRequest([sampleLog('', 0, { body: '@' })]).replace(
    '"@"',
    `${'{"arrayValue":{"values":['.repeat(levels)}${']}}'.repeat(levels)}`,
  );

/** Proves that the receiver goes on. */
async function stillTakes(viewer: Viewer): Promise<void> {
  const before = (await healthOf(viewer)).store.logs;
  expect((await postLogs(viewer, logsRequest([sampleLog('still')]))).status).toBe(200);
  expect((await healthOf(viewer)).store.logs).toBe(before + 1);
}

describe('refused as a whole, and nothing of it is kept', () => {
  test.each([
    ['half a protobuf', PROTOBUF, whole.subarray(0, whole.length - 3), /not valid protobuf/],
    ['bytes that are no UTF-8 in a string', PROTOBUF, noUtf8, /not valid protobuf/],
    ['an object for a list', {}, '{"resourceLogs":[{"scopeLogs":{}}]}', /scopeLogs: expected a list, got an object/],
    ['a list for a record', {}, logsRequest([[]]), /logRecords\[0\]: expected an object, got a list/],
    [
      'a text for a severity',
      {},
      logsRequest([sampleLog('', 0, { severityNumber: 'loud' })]),
      /severityNumber: expected/,
    ],
    ['a negative time', {}, logsRequest([sampleLog('', 0, { timeUnixNano: '-1' })]), /timeUnixNano: expected/],
    [
      'a trace id that is no hex',
      {},
      logsRequest([sampleLog('', 0, { traceId: 'xyz' })]),
      /traceId: expected a hex string/,
    ],
    ['a body 50,000 levels deep', {}, nested(50_000), /nested deeper than 100 levels/],
  ])('%s', async (_case, headers, content, message) => {
    await withViewer(async (viewer) => {
      const answer = await postLogs(viewer, content, headers);
      expect([answer.status, (await healthOf(viewer)).store.logs]).toEqual([400, 0]);
      expect(answer.body.toString()).toMatch(message);
      expect(answer.body.length).toBeLessThan(1_000);
      await stillTakes(viewer);
    });
  });
});

describe('taken, and shown as what it is', () => {
  test('an attribute, a text and a map of 10 MB are kept whole and shown in part', async () => {
    await withViewer(async (viewer) => {
      const text = 'é'.repeat(5_000_000);
      const map = { kvlistValue: { values: [{ key: 'text', value: { stringValue: text } }] } };
      const attributes = [{ key: 'big', value: { stringValue: text } }];
      await postJson(viewer, SPANS);
      expect(
        (await postLogs(viewer, logsRequest([sampleLog(text), sampleLog('', 1, { body: map, attributes })]))).status,
      ).toBe(200);
      const shown = 'é'.repeat(16_384);
      const cutBytes = 10_000_000 - 2 * 16_384;
      const cutMap = `{"text":"${'é'.repeat(16_384 - 9)}`;
      // One page ends where it has grown large: the second record is on the next.
      const first = await logsOf(viewer);
      const second = await logsOf(viewer, `?after=${first.next}`);
      expect([first.logs, second.logs, second.next]).toMatchObject([
        [{ body: shown, bodyCutBytes: cutBytes }],
        [{ body: cutMap, bodyCutBytes: 10_000_011 - 9 - 2 * (16_384 - 9), attributes: [{ value: shown, cutBytes }] }],
        undefined,
      ]);
      expect(bodiesOf(await detailOf(viewer, '?full=1'))).toEqual([text, { text }]);
      await stillTakes(viewer);
    });
  }, 60_000);

  test('100,000 records of 100,000 traces', async () => {
    await withViewer(async (viewer) => {
      const records = Array.from({ length: 100_000 }, (_, index) => ({
        traceId: (index + 1).toString(16).padStart(32, '0'),
        body: { intValue: index },
      }));
      expect((await postLogs(viewer, logsRequest(records))).status).toBe(200);
      expect((await healthOf(viewer)).store).toMatchObject({ logs: 100_000, waitingLogs: 100_000, traces: 0 });
      await postLogs(viewer, logsRequest([sampleLog('one more')]));
      expect((await healthOf(viewer)).store.waitingLogs).toBe(100_000);
    });
  }, 60_000);

  test('times and ids of every size', async () => {
    await withViewer(async (viewer) => {
      const most = String(2n ** 64n - 1n);
      const records = [
        sampleLog('late', 0, { timeUnixNano: most, observedTimeUnixNano: most }),
        sampleLog('long id', 0, { traceId: 'ab'.repeat(500_000) }),
        sampleLog('long span', 0, { spanId: 'ab'.repeat(500_000) }),
        sampleLog('zero span', 1, { spanId: '0'.repeat(16) }),
      ];
      const answer = await postLogs(viewer, logsRequest(records));
      expect([answer.status, answer.body.toString()]).toEqual([200, '{}']);
      const { logs } = await logsOf(viewer);
      expect(logs.map(({ body, spanId }) => [body, spanId])).toEqual([
        ['long span', undefined],
        ['zero span', undefined],
        ['late', '0000000000000001'],
      ]);
      expect((await healthOf(viewer)).received.logsWithoutTrace).toBe(1);
    });
  });

  test('script, NUL, half a surrogate pair, names that objects have', async () => {
    const script = `"><script>alert('x')</script><img src=x onerror="alert(1)">`;
    const attributes = [script, '__proto__', 'a\u0000b'].map((key) => ({ key, value: { stringValue: 'x\ud800y' } }));
    const record = sampleLog(script, 0, { attributes, severityText: script, eventName: script });
    await withViewer(async (viewer) => {
      await postJson(viewer, SPANS);
      expect((await postLogs(viewer, logsRequest([record], script))).status).toBe(200);
      expect((await logsOf(viewer)).logs).toMatchObject([
        {
          body: script,
          severityText: script,
          eventName: script,
          service: script,
          attributes: [
            { key: script, value: 'x\ufffdy' },
            { key: '__proto__', value: 'x\ufffdy' },
            { key: 'a\u0000b', value: 'x\ufffdy' },
          ],
        },
      ]);
      for (const query of ['', '?format=otlp']) {
        const { headers, body } = await send(`${viewer.queryUrl}/api/viewer/traces/${TRACE_ID}/logs${query}`, 'GET');
        expect([headers['content-type'], headers['x-content-type-options'], body.includes('<script>')]).toEqual([
          'application/json',
          'nosniff',
          true,
        ]);
      }
    });
  });
});
