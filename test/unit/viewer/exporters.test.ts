import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Viewer } from '../../../src/viewer/server/index.ts';
import type { TraceLogs } from '../../../src/viewer/wire.ts';
import { type Answer, send, withViewer } from './http-client.ts';
import { healthOf, logsOf } from './sample-log.ts';

/** Of test/fixtures/otlp-python/record.py. */
const PYTHON_TRACE = '0af7651916cd43dd8448eb211c80319c';
const run = promisify(execFile);

test.each([
  ['json', 'none'],
  ['json', 'gzip'],
  ['protobuf', 'none'],
  ['protobuf', 'gzip'],
])('the official exporter: %s, compression %s', async (encoding, compression) => {
  await withViewer(async (viewer) => {
    const program = join(__dirname, 'export-trace.ts');
    const { stdout: traceId } = await run(process.execPath, [
      program,
      `${viewer.otlpUrl}/v1/traces`,
      encoding,
      compression,
    ]);
    const { body } = await send(`${viewer.queryUrl}/api/traces/${traceId}`, 'GET');
    const { data } = JSON.parse(body.toString()) as { data: unknown };
    expect(data).toMatchObject([
      {
        traceID: traceId,
        spans: [
          {
            operationName: 'SELECT products',
            flags: 1,
            startTime: 1_767_225_600_002_000,
            duration: 2_000,
            tags: [
              { key: 'otel.scope.name', value: 'shop' },
              { key: 'otel.scope.version', value: '1.0.0' },
              { key: 'db.rows', type: 'int64', value: 3 },
              { key: 'db.share', type: 'float64', value: 0.25 },
              { key: 'db.tables', type: 'string', value: '["products","prices"]' },
              { key: 'span.kind', value: 'client' },
              { key: 'otel.status_code', value: 'ERROR' },
              { key: 'error', value: true },
              { key: 'otel.status_description', value: 'no such row' },
            ],
            logs: [{ timestamp: 1_767_225_600_003_000, fields: [{ key: 'event', value: 'exception' }, {}, {}, {}] }],
            processID: 'p1',
          },
          { operationName: 'GET /products/[id]', references: [], duration: 12_500 },
        ],
        processes: { p1: { serviceName: 'web' } },
      },
    ]);
    const text = await send(`${viewer.queryUrl}/trace/${traceId}.txt`, 'GET');
    expect(text.body.toString().split('\n')).toEqual([
      'GET /products/[id]  web · server  12.50 ms',
      '└─ ✗ SELECT products  client       2.00 ms',
      '',
    ]);
  });
});

test.each([
  ['json', 'none'],
  ['json', 'gzip'],
  ['protobuf', 'none'],
  ['protobuf', 'gzip'],
])('the official exporter of logs: %s, compression %s', async (encoding, compression) => {
  await withViewer(async (viewer) => {
    const program = join(__dirname, 'export-logs.ts');
    await run(process.execPath, [program, `${viewer.otlpUrl}/v1/logs`, encoding, compression]);
    expect(await logsOf(viewer)).toEqual({
      logs: [
        {
          id: '1767225600003000000-0',
          timeMillis: 1_767_225_600_003,
          observedMillis: 1_767_225_600_003.5,
          severity: 'WARN',
          eventName: 'stock.low',
          body: { product: 'tent', left: 2, sizes: ['S', 'M'] },
          spanId: 'b7ad6b7169203331',
          service: 'web',
          attributes: [
            { key: 'user.id', type: 'int', value: 7 },
            { key: 'cart.shared', type: 'bool', value: false },
          ],
        },
      ],
      total: 1,
      refused: 0,
    });
    const { received, refused } = await healthOf(viewer);
    expect([received.logs, received.logsWithoutTrace, refused]).toEqual([2, 1, []]);
  });
});

test('a program that boots Throughline and asks for logs by variables alone', async () => {
  await withViewer(async (viewer) => {
    const { stdout: traceId } = await run(process.execPath, [join(__dirname, 'log-in-span.ts')], {
      env: {
        ...process.env,
        OTEL_SERVICE_NAME: 'shop',
        OTEL_LOGS_EXPORTER: 'otlp',
        OTEL_EXPORTER_OTLP_ENDPOINT: viewer.otlpUrl,
      },
    });
    const path = `${viewer.queryUrl}/api/viewer/traces/${traceId}`;
    const { body } = await send(`${path}/logs`, 'GET');
    const { logs } = JSON.parse(body.toString()) as TraceLogs;
    const [log] = logs;
    expect(logs).toMatchObject([{ severity: 'ERROR', body: 'no tent is left', service: 'shop' }]);
    const detail = await send(`${path}/spans/${log?.spanId}`, 'GET');
    expect(JSON.parse(detail.body.toString())).toMatchObject({ name: 'buy', logs: [log] });
  });
});

/** Sends a recorded request as it was recorded: path, headers, an empty line, the body. */
function replay(viewer: Viewer, name: string): Promise<Answer> {
  const recorded = readFileSync(join(__dirname, '../../fixtures/otlp-python', `${name}.request`));
  const end = recorded.indexOf('\n\n');
  const [path = '', ...lines] = recorded.subarray(0, end).toString().split('\n');
  const headers = Object.fromEntries(lines.map((line) => line.split(': ') as [string, string]));
  return send(`${viewer.otlpUrl}${path}`, 'POST', headers, recorded.subarray(end + 2));
}

test.each(['none', 'gzip'])("Python's exporter, recorded, compression %s", async (compression) => {
  await withViewer(async (viewer) => {
    for (const signal of ['traces', 'logs', 'metrics']) {
      const answer = await replay(viewer, `${signal}-${compression}`);
      expect([signal, answer.status, answer.headers['content-type']]).toEqual([signal, 200, 'application/x-protobuf']);
    }
    const { body } = await send(`${viewer.queryUrl}/api/traces/${PYTHON_TRACE}`, 'GET');
    const child = { traceID: PYTHON_TRACE, refType: 'CHILD_OF', spanID: '0000000000000001' };
    const scope = [
      { key: 'otel.scope.name', type: 'string', value: 'jobs' },
      { key: 'otel.scope.version', type: 'string', value: '2.1.0' },
    ];
    expect(JSON.parse(body.toString())).toMatchObject({
      data: [
        {
          traceID: PYTHON_TRACE,
          spans: [
            {
              spanID: '0000000000000002',
              operationName: 'SELECT orders',
              references: [child],
              startTime: 1_767_225_600_002_000,
              duration: 2_000,
              tags: [
                ...scope,
                { key: 'db.rows', type: 'int64', value: 3 },
                { key: 'db.share', type: 'float64', value: 0.25 },
                { key: 'db.cached', type: 'bool', value: false },
                { key: 'db.tables', type: 'string', value: '["orders","lines"]' },
                { key: 'city', type: 'string', value: 'Zürich' },
                { key: 'span.kind', type: 'string', value: 'client' },
                { key: 'otel.status_code', type: 'string', value: 'ERROR' },
                { key: 'error', type: 'bool', value: true },
                { key: 'otel.status_description', type: 'string', value: 'no such row' },
              ],
              logs: [
                {
                  timestamp: 1_767_225_600_003_000,
                  fields: [
                    { key: 'event', type: 'string', value: 'retry' },
                    { key: 'attempt', type: 'int64', value: 1 },
                  ],
                },
              ],
            },
            {
              spanID: '0000000000000001',
              operationName: 'process order',
              references: [],
              duration: 12_500,
              tags: [...scope, { key: 'span.kind', type: 'string', value: 'consumer' }],
            },
          ],
          processes: { p1: { serviceName: 'worker-py', tags: [] } },
        },
      ],
    });
    expect(await logsOf(viewer)).toMatchObject({
      logs: [
        {
          timeMillis: 1_767_225_600_003,
          severity: 'WARN',
          body: 'row 7 is missing',
          spanId: '0000000000000002',
          service: 'worker-py',
          attributes: [{ key: 'attempt', type: 'int', value: 1 }],
        },
      ],
      total: 1,
    });
  });
});
