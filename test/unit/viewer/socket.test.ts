import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { startViewer, type Viewer } from '../../../src/viewer/server/index.ts';
import { postJson, send, withViewer } from './http-client.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const ONE_SPAN = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"${TRACE_ID}","spanId":"b7ad6b7169203331","name":"work"}]}]}]}`;
const TOKEN = 'viewer-token-0123456789';

interface Heard {
  readonly socket: WebSocket;
  /** The next message. */
  readonly next: () => Promise<unknown>;
  readonly closed: Promise<number>;
}

function listenTo(viewer: Viewer, headers: Readonly<Record<string, string>> = {}): Promise<Heard> {
  const socket = new WebSocket(`${viewer.queryUrl.replace('http', 'ws')}/api/live`, { headers });
  const messages: unknown[] = [];
  const waiting: ((message: unknown) => void)[] = [];
  socket.on('message', (data: Buffer) => {
    const message: unknown = JSON.parse(data.toString());
    const first = waiting.shift();
    if (first === undefined) messages.push(message);
    else first(message);
  });
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  const next = (): Promise<unknown> =>
    messages.length > 0 ? Promise.resolve(messages.shift()) : new Promise((resolve) => waiting.push(resolve));
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve({ socket, next, closed }));
    socket.once('error', reject);
  });
}

test('a WebSocket hears of traces that come, grow and go', async () => {
  await withViewer(async (viewer) => {
    const { next, socket } = await listenTo(viewer);
    expect(await next()).toEqual({ kind: 'hello', version: '0.1.0' });
    await postJson(viewer, ONE_SPAN);
    expect(await next()).toMatchObject({
      kind: 'traces',
      rows: [{ traceId: TRACE_ID, name: 'work', spanCount: 1 }],
      versions: { [TRACE_ID]: 1 },
    });
    await postJson(viewer, ONE_SPAN.replace('3331', '3332'));
    expect(await next()).toMatchObject({ rows: [{ spanCount: 2 }], versions: { [TRACE_ID]: 2 } });
    await send(`${viewer.queryUrl}/api/viewer/traces/${TRACE_ID}`, 'DELETE');
    expect(await next()).toEqual({ kind: 'deleted', traceIds: [TRACE_ID] });
    socket.terminate();
  });
});

test('server-sent events say the same', async () => {
  await withViewer(async (viewer) => {
    const response = await fetch(`${viewer.queryUrl}/api/viewer/live`);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const until = async (part: string): Promise<void> => {
      while (!text.includes(part)) text += (await reader?.read())?.value ?? '';
    };
    await until('hello');
    await postJson(viewer, ONE_SPAN);
    await until('"traces"');
    expect([
      response.headers.get('content-type'),
      text.startsWith('data: {"kind":"hello","version":"0.1.0"}\n\n'),
    ]).toEqual(['text/event-stream', true]);
    await reader?.cancel();
  });
});

test.each([
  ['another host', { host: 'evil.example' }, 403],
  ['another site', { origin: 'https://evil.example' }, 403],
  ['another port', { origin: 'http://localhost:3000' }, 403],
])('an upgrade from %s is refused', async (_case, headers: Record<string, string>, status) => {
  await withViewer(async (viewer) => {
    await expect(listenTo(viewer, headers)).rejects.toThrow(`Unexpected server response: ${status}`);
    const { next, socket } = await listenTo(viewer, { origin: viewer.queryUrl });
    expect(await next()).toMatchObject({ kind: 'hello' });
    socket.terminate();
  });
});

test('an upgrade needs the token where one is demanded', async () => {
  const viewer = await startViewer({ otlpPort: 0, queryPort: 0, token: TOKEN, auditFile: '/dev/null' });
  try {
    await expect(listenTo(viewer)).rejects.toThrow('Unexpected server response: 401');
    const { next, socket } = await listenTo(viewer, { authorization: `Bearer ${TOKEN}` });
    expect(await next()).toMatchObject({ kind: 'hello' });
    socket.terminate();
  } finally {
    await viewer.close();
  }
});

test('without an upgrade the address says what it speaks', async () => {
  await withViewer(async (viewer) => {
    const answer = await send(`${viewer.queryUrl}/api/live`, 'GET');
    expect([answer.status, answer.headers.upgrade, JSON.parse(answer.body.toString())]).toEqual([
      426,
      'websocket',
      { error: 'This address speaks WebSocket; for server-sent events ask /api/viewer/live.' },
    ]);
  });
});

test('listeners that talk are cut off', async () => {
  await withViewer(async (viewer) => {
    const { socket, closed } = await listenTo(viewer);
    socket.send('x'.repeat(2_000));
    expect(await closed).toBe(1009);
  });
});

test('closing tells listeners, waits for none of them, and leaves no connection', async () => {
  const viewer = await startViewer({ otlpPort: 0, queryPort: 0 });
  const polite = await listenTo(viewer);
  // One that never answers the goodbye.
  const deaf = connect(Number(new URL(viewer.queryUrl).port), '127.0.0.1');
  deaf.write(
    `GET /api/live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\n\r\n`,
  );
  await new Promise((resolve) => deaf.once('data', resolve));
  const gone = new Promise((resolve) => deaf.once('close', resolve));
  deaf.on('error', () => undefined).pause();
  await viewer.close();
  deaf.resume();
  expect(await polite.closed).toBe(1001);
  await gone;
});

test('another protocol is answered over HTTP/1.1', async () => {
  await withViewer(async (viewer) => {
    const answer = await send(`${viewer.queryUrl}/api/services`, 'GET', { connection: 'Upgrade', upgrade: 'h2c' });
    expect([answer.status, answer.body.toString()]).toEqual([
      200,
      '{"data":[],"total":0,"limit":0,"offset":0,"errors":null}',
    ]);
  });
});
