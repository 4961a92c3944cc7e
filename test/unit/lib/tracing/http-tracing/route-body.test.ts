/** `withTracing` and answers that go on after the handler has returned. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { trace } from '@opentelemetry/api';
import { traceSync, withTracing } from '@/lib/tracing/index.ts';
import { startedTree } from '../../../../helpers/started-tree.ts';
import { tree } from '../../../../helpers/trace-tree.ts';
import { type TestTracing, bootTracing } from '../../../../helpers/test-tracing.ts';

const OUTCOME = ['http.response.status_code', 'error.type', 'throughline.client.aborted'];

let tracing: TestTracing;
beforeEach(() => {
  tracing = bootTracing();
});
afterEach(() => tracing.stop());

const shown = (): Promise<string> => startedTree(tracing, OUTCOME);
const exceptions = async (): Promise<unknown[]> =>
  (await tracing.spans()).flatMap(({ events }) => events.map(({ attributes }) => attributes?.['exception.message']));

/** A source that gives what the test gives it, and writes down what is asked of it. */
function handFed(): { source: ReadableStream<Uint8Array>; asked: string[]; feed: ReadableStreamDefaultController } {
  const asked: string[] = [];
  let feed: ReadableStreamDefaultController | undefined;
  const source = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        feed = controller;
      },
      pull() {
        asked.push(`pull in ${trace.getActiveSpan()?.spanContext().spanId ?? 'no span'}`);
        traceSync('a pull', () => {});
      },
      cancel(reason) {
        asked.push(`cancel: ${String(reason)} in ${trace.getActiveSpan()?.spanContext().spanId ?? 'no span'}`);
      },
    },
    { highWaterMark: 0 },
  );
  if (feed === undefined) throw new Error('a stream starts at once');
  return { source, asked, feed };
}

function answerWith(source: ReadableStream, init?: RequestInit): Promise<Response> {
  const handler = withTracing(async (_request: Request) => new Response(source, { headers: { 'x-made': 'here' } }));
  return handler(new Request('http://shop.example/stream', init));
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

it('keeps the span open to the end of the stream, and pulls inside it', async () => {
  const { source, asked, feed } = handFed();
  const response = await answerWith(source);
  expect([response.headers.get('x-made'), await shown(), asked]).toEqual(['here', '', []]);
  const text = response.text();
  feed.enqueue(encode('one '));
  feed.enqueue(encode('two'));
  feed.close();
  await expect(text).resolves.toBe('one two');
  expect([await shown(), asked]).toEqual([
    tree(`
      GET SERVER http.response.status_code=200
        a pull INTERNAL
    `),
    ['pull in 0000000000000001'],
  ]);
});

it('reads nothing ahead: a chunk is pulled when somebody asks for it', async () => {
  let pulls = 0;
  const source = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        pulls += 1;
        controller.enqueue(encode(String(pulls)));
        if (pulls === 3) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const reader = (await answerWith(source)).body?.getReader();
  const counts = [pulls];
  for (let step = 0; step < 4; step++) {
    await reader?.read();
    counts.push(pulls);
  }
  expect(counts).toEqual([0, 1, 2, 3, 3]);
});

it('a reader that cancels is a client that left, and no error; the source hears the reason', async () => {
  const { source, asked } = handFed();
  const response = await answerWith(source);
  await response.body?.cancel('enough');
  expect([await shown(), asked]).toEqual([
    'GET SERVER http.response.status_code=200 throughline.client.aborted=true',
    ['cancel: enough in 0000000000000001'],
  ]);
});

it('a source that fails to cancel tells the reader so', async () => {
  const stubborn = new ReadableStream({
    cancel: () => Promise.reject(new Error('not now')),
  });
  const response = await answerWith(stubborn);
  await expect(response.body?.cancel()).rejects.toThrow('not now');
  expect(await shown()).toBe('GET SERVER http.response.status_code=200 throughline.client.aborted=true');
});

it('an error in mid-stream is one of the span, and reaches the reader unchanged', async () => {
  const { source, feed } = handFed();
  const reader = (await answerWith(source)).body?.getReader();
  feed.enqueue(encode('one'));
  await reader?.read();
  const boom = new RangeError('the source broke');
  feed.error(boom);
  await expect(reader?.read()).rejects.toBe(boom);
  expect([await shown(), await exceptions()]).toEqual([
    'GET SERVER ERROR http.response.status_code=200 error.type="RangeError"',
    ['the source broke'],
  ]);
});

it('a stream that breaks because its client has left is no error', async () => {
  const client = new AbortController();
  const { source, feed } = handFed();
  const response = await answerWith(source, { signal: client.signal });
  const reader = response.body?.getReader();
  feed.enqueue(encode('one'));
  await reader?.read();
  client.abort();
  feed.error(client.signal.reason);
  await expect(reader?.read()).rejects.toThrow('aborted');
  expect([await shown(), await exceptions()]).toEqual([
    'GET SERVER http.response.status_code=200 throughline.client.aborted=true',
    [],
  ]);
});

it('a body may be taken as whatever a body can be taken as', async () => {
  const bytes = Uint8Array.from([123, 34, 97, 34, 58, 49, 125]);
  const handler = withTracing(async (_request: Request) => new Response(bytes));
  const request = new Request('http://shop.example/');
  const taken = [
    await (await handler(request)).json(),
    [...new Uint8Array(await (await handler(request)).arrayBuffer())],
    await (await (await handler(request)).blob()).text(),
    await (await handler(request)).clone().text(),
  ];
  expect(taken).toEqual([{ a: 1 }, [...bytes], '{"a":1}', '{"a":1}']);
});

it('does not touch the body of the request', async () => {
  const handler = withTracing(async (request: Request) => {
    const before = request.bodyUsed;
    const { password } = (await request.json()) as { password: string };
    return Response.json({ before, length: password.length });
  });
  const body = JSON.stringify({ password: 'planted-password' });
  const response = await handler(new Request('http://shop.example/login', { method: 'POST', body }));
  expect(await response.json()).toEqual({ before: false, length: 16 });
  expect(await tracing.bytes()).not.toContain('planted');
});

describe('an answer handed on from another server', () => {
  let upstream: Server;
  let url: string;
  beforeEach(async () => {
    upstream = createServer((_request, response) => response.setHeader('x-upstream', 'yes').end('from upstream'));
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/`;
  });
  afterEach(() => new Promise((resolve) => upstream.close(resolve).closeAllConnections()));

  it('gets the trace id although its own headers are closed', async () => {
    const response = await withTracing((_request: Request) => fetch(url))(new Request('http://shop.example/'));
    const { headers } = response;
    expect([headers.get('x-upstream'), headers.get('x-trace-id'), await response.text(), await shown()]).toEqual([
      'yes',
      '0'.repeat(31) + '1',
      'from upstream',
      'GET SERVER http.response.status_code=200',
    ]);
  });
});
