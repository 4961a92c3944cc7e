import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { send, withViewer } from './http-client.ts';

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
