/** What is passed on to another collector, and what happens when it is slow, picky or away. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import {
  createForwarder,
  type Forwarded,
  type Forwarder,
  readForwardHeaders,
} from '../../../src/viewer/server/forward.ts';
import { startViewer } from '../../../src/viewer/server/index.ts';
import { postJson, send } from './http-client.ts';
import { logsRequest, postLogs, sampleLog } from './sample-log.ts';

const ONE_SPAN = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331"}]}]}]}`;
/** It belongs to no trace: not kept, but passed on. */
const ONE_LOG = logsRequest([sampleLog('alone', 0, { traceId: '' })]);

interface Got {
  readonly path: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A collector that answers as told, one answer after the other, and then with 200. */
async function withCollector(
  answers: readonly (number | readonly [number, Readonly<Record<string, string>>] | 'never' | 'cut')[],
  run: (url: string, got: readonly Got[]) => Promise<void>,
): Promise<void> {
  const got: Got[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const answer = answers[got.length] ?? 200;
      got.push({ path: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() });
      if (answer === 'never') return;
      if (answer === 'cut') response.destroy();
      else if (typeof answer === 'number') response.writeHead(answer).end('{}');
      else response.writeHead(...(answer as [number, Record<string, string>])).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, got);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const request = (body: string, changes: Partial<Forwarded> = {}): Forwarded => ({
  path: '/v1/traces',
  contentType: 'application/json',
  body: Buffer.from(body),
  ...changes,
});

/** A forwarder that notes its pauses instead of making them. */
function forwarderTo(url: string, options: Partial<Parameters<typeof createForwarder>[0]> = {}) {
  const pauses: number[] = [];
  const forwarder: Forwarder = createForwarder({
    url,
    wait: (millis) => {
      pauses.push(millis);
      return Promise.resolve();
    },
    ...options,
  });
  return { forwarder, pauses };
}

test('same bytes, same type, one after the other, with the given headers', async () => {
  await withCollector([], async (url, got) => {
    const headers = readForwardHeaders(['X-Team = a=b', 'content-type=text/plain']);
    const { forwarder } = forwarderTo(`${url}/base/`, { headers });
    forwarder.push(request('one'));
    forwarder.push(request('\u0000two', { path: '/v1/logs', contentType: 'application/x-protobuf' }));
    forwarder.push(request('three', { path: '/v1/metrics' }));
    await forwarder.idle();
    expect(got.map(({ path, headers: sent, body }) => [path, sent['content-type'], sent['x-team'], body])).toEqual([
      ['/base/v1/traces', 'application/json', 'a=b', 'one'],
      ['/base/v1/logs', 'application/x-protobuf', 'a=b', '\u0000two'],
      ['/base/v1/metrics', 'application/json', 'a=b', 'three'],
    ]);
    expect(forwarder.report()).toEqual({ url: `${url}/base`, sent: 3, failed: 0, dropped: 0 });
    await forwarder.close();
  });
});

test.each([
  ['429', [429, 502, 503, 504], { sent: 1, failed: 0 }, [500, 1_000, 2_000, 4_000], 5],
  ['what it names', [[503, { 'retry-after': '7' }] as const, 503], { sent: 1, failed: 0 }, [7_000, 1_000], 3],
  ['no longer than half a minute', [[429, { 'retry-after': '86400' }] as const], { sent: 1, failed: 0 }, [30_000], 2],
  [
    'a date that has passed',
    [[429, { 'retry-after': 'Thu, 01 Jan 2026 00:00:00 GMT' }] as const],
    { sent: 1, failed: 0 },
    [0],
    2,
  ],
  ['a connection that breaks', ['cut' as const], { sent: 1, failed: 0 }, [500], 2],
  ['not for 400', [400], { sent: 0, failed: 1 }, [], 1],
  ['not for 401', [401], { sent: 0, failed: 1 }, [], 1],
  ['not for a redirect', [[307, { location: 'http://127.0.0.1:1/' }] as const], { sent: 0, failed: 1 }, [], 1],
  [
    'six times at most',
    [503, 503, 503, 503, 503, 503, 503],
    { sent: 0, failed: 1 },
    [500, 1_000, 2_000, 4_000, 8_000],
    6,
  ],
] as const)('it waits and sends again: %s', async (_case, answers, counted, expectedPauses, requests) => {
  await withCollector(answers, async (url, got) => {
    const { forwarder, pauses } = forwarderTo(url);
    forwarder.push(request('one'));
    await forwarder.idle();
    expect([pauses, got.length, forwarder.report()]).toMatchObject([expectedPauses, requests, counted]);
    await forwarder.close();
  });
});

test('a collector that never answers fails after its time and the next goes on', async () => {
  await withCollector(['never'], async (url, got) => {
    const { forwarder } = forwarderTo(url, { timeoutMillis: 50, maxAttempts: 1 });
    forwarder.push(request('one'));
    forwarder.push(request('two'));
    await forwarder.idle();
    expect([got.map(({ body }) => body), forwarder.report()]).toEqual([
      ['one', 'two'],
      { url, sent: 1, failed: 1, dropped: 0, lastError: 'The operation was aborted due to timeout' },
    ]);
    await forwarder.close();
  });
});

test('what does not fit the queue is dropped and counted; one request always fits', async () => {
  await withCollector([], async (url, got) => {
    const { forwarder } = forwarderTo(url, { maxQueuedBytes: 10 });
    for (const body of ['x'.repeat(20), 'b', 'c']) forwarder.push(request(body));
    await forwarder.idle();
    for (const body of ['12345', '67890', '!']) forwarder.push(request(body));
    await forwarder.idle();
    expect([got.map(({ body }) => body), forwarder.report()]).toMatchObject([
      ['x'.repeat(20), '12345', '67890'],
      { sent: 3, dropped: 3 },
    ]);
    await forwarder.close();
  });
});

test('closing waits its grace and drops the rest', async () => {
  await withCollector(['never'], async (url, got) => {
    const { forwarder } = forwarderTo(url);
    forwarder.push(request('one'));
    forwarder.push(request('two'));
    await forwarder.close(20);
    forwarder.push(request('late'));
    expect([got.length, forwarder.report()]).toMatchObject([1, { sent: 0, failed: 1, dropped: 2 }]);
  });
});

test.each([
  ['no address', 'localhost'],
  ['another scheme', 'ftp://localhost'],
])('%s is refused', (_case, url) => {
  expect(() => createForwarder({ url })).toThrow(
    `--forward expects an address such as http://localhost:4319, got ${url}.`,
  );
});

test('secrets are in headers, not in addresses, and not in messages', () => {
  expect(() => createForwarder({ url: 'http://me:hunter2@host' })).toThrow(
    '--forward: the address must not hold a password; use --forward-header.',
  );
  expect(() => readForwardHeaders(['hunter2'])).toThrow('--forward-header expects NAME=VALUE, got no name.');
  expect(() => readForwardHeaders(['a b=hunter2'])).toThrow('--forward-header expects NAME=VALUE, got a b.');
  expect(() => readForwardHeaders(['a=hunter2\r\nx: y'])).toThrow(
    /^--forward-header a: the value is not a header's\.$/,
  );
});

test('a viewer passes on what it accepted, and nothing else, though the collector is away', async () => {
  await withCollector([], async (url, got) => {
    const viewer = await startViewer({ otlpPort: 0, queryPort: 0, forward: { url, headers: { team: 'a' } } });
    try {
      expect((await postJson(viewer, ONE_SPAN)).status).toBe(200);
      const packed = gzipSync(ONE_SPAN.replace('3331', '3332'));
      expect(
        (
          await send(
            `${viewer.otlpUrl}/v1/traces`,
            'POST',
            { 'content-type': 'application/json', 'content-encoding': 'gzip' },
            packed,
          )
        ).status,
      ).toBe(200);
      expect((await postJson(viewer, '{"resourceSpans":1}')).status).toBe(400);
      expect((await postLogs(viewer, ONE_LOG)).status).toBe(200);
      expect((await postLogs(viewer, '{"resourceLogs":1}')).status).toBe(400);
      const type = { 'content-type': 'application/x-protobuf' };
      expect((await send(`${viewer.otlpUrl}/v1/metrics`, 'POST', type, 'metrics')).status).toBe(200);
    } finally {
      await viewer.close();
    }
    expect(got.map(({ path, headers, body }) => [path, headers['team'], body])).toEqual([
      ['/v1/traces', 'a', ONE_SPAN],
      ['/v1/traces', 'a', ONE_SPAN.replace('3331', '3332')],
      ['/v1/logs', 'a', ONE_LOG],
      ['/v1/metrics', 'a', 'metrics'],
    ]);
  });
  // Port 1 refuses connections.
  const viewer = await startViewer({ otlpPort: 0, queryPort: 0, forward: { url: 'http://127.0.0.1:1' } });
  expect((await postJson(viewer, ONE_SPAN)).status).toBe(200);
  const health = await send(`${viewer.queryUrl}/api/viewer/health`, 'GET');
  expect(JSON.parse(health.body.toString())).toMatchObject({ forward: { url: 'http://127.0.0.1:1', sent: 0 } });
  await viewer.close();
});

test('a viewer does not pass on to itself', async () => {
  // A port that is free again.
  const first = await startViewer({ otlpPort: 0, queryPort: 0 });
  await first.close();
  const otlpPort = Number(new URL(first.otlpUrl).port);
  await expect(
    startViewer({ otlpPort, queryPort: 0, forward: { url: `http://localhost:${otlpPort}` } }),
  ).rejects.toThrow('--forward names this viewer itself: give the address of another collector.');
});
