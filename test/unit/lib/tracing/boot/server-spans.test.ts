/** The SERVER spans of Node's HTTP server, with a stand-in for Next. */
import { once } from 'node:events';
import http, { type IncomingMessage, type RequestListener, createServer } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { SpanKind, context, trace } from '@opentelemetry/api';
import { baggage, traceSync, withTracing } from '@/lib/tracing/index.ts';
import { isNextServer } from '@/lib/tracing/boot/next-internals.ts';
import { formatTree, fromSdk, tree } from '../../../../helpers/trace-tree.ts';
import { type TestTracing, bootTracing } from '../../../../helpers/test-tracing.ts';

let tracing: TestTracing | undefined;
const runtime = process.env['NEXT_RUNTIME'];
beforeEach(() => {
  process.env['NEXT_RUNTIME'] = 'nodejs';
});
afterEach(async () => {
  await tracing?.stop();
  if (runtime === undefined) delete process.env['NEXT_RUNTIME'];
  else process.env['NEXT_RUNTIME'] = runtime;
});

const emitOf = (server: typeof http.Server): unknown => Reflect.get(server.prototype, 'emit');
const SHOWN = ['http.route', 'http.response.status_code', 'error.type'];

/** Serves one request, and resolves when both sides are done with it. */
async function serve(
  listener: RequestListener,
  path = '/nowhere',
  headers: Record<string, string> = {},
): Promise<Response> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    await response.text();
    return response;
  } finally {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
}

/** What Next leaves on a request that it has matched. */
function match(request: IncomingMessage, pathname: string): void {
  Object.assign(request, { [Symbol.for('NextInternalRequestMeta')]: { match: { definition: { pathname } } } });
}

const shown = async (): Promise<string> => formatTree(((await tracing?.spans()) ?? []).map(fromSdk), SHOWN);

/** How Next sees that somebody traces (`isOpenTelemetryEnabled` in its `tracer.js`). */
function looksEnabled(): boolean {
  const provider = trace.getTracerProvider() as { getDelegate?: () => { constructor: { name: string } } };
  const active = trace.getSpan(context.active());
  return active?.isRecording() === true || provider.getDelegate?.().constructor.name !== 'NoopTracerProvider';
}

it('describes a request by the stable conventions, and the route that Next has matched', async () => {
  tracing = bootTracing();
  await serve((request, response) => {
    traceSync('work', () => 1);
    match(request, '/products/[id]');
    response.end();
  }, '/products/7?token=secret');
  const [, server] = await tracing.spans();
  expect(await shown()).toBe(
    tree(`
      GET /products/[id] SERVER http.route="/products/[id]" http.response.status_code=200
        work INTERNAL
    `),
  );
  const { 'server.port': port, ...attributes } = server?.attributes ?? {};
  expect([typeof port, attributes]).toEqual([
    'number',
    {
      'http.request.method': 'GET',
      'url.scheme': 'http',
      'url.path': '/products/7',
      'url.query': 'token=[REDACTED]',
      'server.address': '127.0.0.1',
      'network.protocol.version': '1.1',
      'http.route': '/products/[id]',
      'http.response.status_code': 200,
    },
  ]);
});

it('does nothing outside Next: there a wrapped handler opens the span', async () => {
  delete process.env['NEXT_RUNTIME'];
  const before = emitOf(http.Server);
  tracing = bootTracing();
  expect(emitOf(http.Server)).toBe(before);
  const handler = withTracing((_request: Request) => new Response(null));
  await serve((_request, response) => {
    handler(new Request('http://shop.example/cart'));
    response.end();
  });
  expect(await shown()).toBe('GET SERVER http.response.status_code=200');
});

it.each([
  [{ NEXT_RUNTIME: 'nodejs' }, {}, true],
  [{ NEXT_RUNTIME: 'nodejs', NEXT_PHASE: 'phase-production-build' }, {}, false],
  [{}, { [Symbol.for('@next/work-async-storage@16.4.6')]: {} }, true],
  [{}, { [Symbol.for('throughline.runtime')]: {} }, false],
  [{ NEXT_RUNTIME: 'edge' }, {}, false],
])('knows a server process of Next by %j %p', (environment, globals, expected) => {
  expect(isNextServer(environment, globals)).toBe(expected);
});

it('takes its hands off when tracing stops', async () => {
  const before = emitOf(http.Server);
  tracing = bootTracing();
  expect(emitOf(http.Server)).not.toBe(before);
  await tracing.handle.shutdown();
  expect(emitOf(http.Server)).toBe(before);
});

it('hides from Next what it need not see, and only there', async () => {
  tracing = bootTracing({ nextSpans: 'none' });
  const seen: boolean[] = [looksEnabled()];
  await serve((_request, response) => {
    seen.push(looksEnabled());
    const tracer = trace.getTracer('next.js');
    tracer.startActiveSpan('GET', { kind: SpanKind.SERVER }, () =>
      tracer.startActiveSpan('executing api route', { attributes: { 'next.span_type': 'Node.runHandler' } }, () =>
        traceSync('work', () => trace.getActiveSpan()?.setAttribute('seen', true)),
      ),
    );
    response.end();
  });
  expect([seen, await shown()]).toEqual([
    [true, false],
    tree(`
      GET SERVER http.response.status_code=200
        work INTERNAL
    `),
  ]);
});

it('goes back to the server span of Next when a request of Next carries no match, and says so once', async () => {
  tracing = bootTracing();
  const attributes = { 'next.span_type': 'BaseServer.handleRequest' };
  const asNext: RequestListener = (_request, response) => {
    trace.getTracer('next.js').startActiveSpan('GET of Next', { kind: SpanKind.SERVER, attributes }, (span) => {
      response.end();
      span.end();
    });
  };
  await serve(asNext);
  await serve(asNext);
  await serve(asNext);
  expect([tracing.messages, await shown()]).toEqual([
    [
      'throughline: Next is not as expected (a request that Next has answered carries no match); its own server span is ' +
        'used from here on',
    ],
    'GET SERVER http.response.status_code=200\nGET of Next SERVER\nGET of Next SERVER',
  ]);
});

it('gives each request a box for its baggage, and the handler the same one', async () => {
  tracing = bootTracing();
  const seen: unknown[] = [];
  const handler = withTracing((_request: Request) => {
    seen.push(baggage.getAll());
    return new Response('fine');
  });
  await serve(
    (request, response) => {
      match(request, '/cart');
      baggage.set('tenant.id', 't-1');
      handler(new Request('http://shop.example/cart'));
      response.end();
    },
    '/cart',
    { baggage: 'region=eu' },
  );
  baggage.set('tenant.id', 'nobody');
  expect([seen, baggage.getAll()]).toEqual([[{ region: 'eu', 'tenant.id': 't-1' }], {}]);
});

it('keeps unsampled requests and files out, and Next with them', async () => {
  tracing = bootTracing();
  const seen: boolean[] = [];
  const listener: RequestListener = (_request, response) => {
    seen.push(looksEnabled());
    traceSync('work', () => 1);
    response.end();
  };
  await serve(listener, '/_next/static/chunk.js');
  await serve(listener, '/logo.svg');
  await serve(listener, '/nowhere', { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00` });
  expect([seen, await shown()]).toEqual([[false, false, false], '']);
});

/** Emitted by hand, on a response without a socket: nothing closes it. */
function emit(server: http.Server, socket: object, url: string): http.ServerResponse {
  const request = new http.IncomingMessage(null as never);
  Object.assign(request, { socket, url, method: 'GET', httpVersion: '1.1', headers: { host: 'shop.example' } });
  const response = new http.ServerResponse(request);
  server.emit('request', request, response);
  return response;
}

it('opens the span of a server with TLS too, which is a class of its own', async () => {
  tracing = bootTracing();
  const server = https.createServer(() => void traceSync('work', () => 1));
  emit(server, { encrypted: true }, '/nowhere').emit('close');
  const [, span] = await tracing.spans();
  expect([await shown(), span?.attributes['url.scheme']]).toEqual(['GET SERVER\n  work INTERNAL', 'https']);
});

it('opens one span for a request that is handed on to a second server', async () => {
  tracing = bootTracing();
  const inner = createServer((_request, response) => void response.end());
  await serve((request, response) => void inner.emit('request', request, response));
  expect(await shown()).toBe('GET SERVER http.response.status_code=200');
});

it('forgets the oldest of 20,000 requests that are never closed', async () => {
  tracing = bootTracing();
  const server = createServer(() => {});
  for (let index = 0; index < 20_000; index++) emit(server, {}, '/nowhere');
  expect([tracing.messages, await shown()]).toEqual([[], '']);
});
