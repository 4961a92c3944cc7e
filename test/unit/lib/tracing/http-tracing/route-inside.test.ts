/** `withTracing` inside a request that has its SERVER span already, as under Next: it enriches and opens none. */
import { type Context, type Span, SpanKind, context, trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { notFound, redirect } from 'next/navigation.js';
import { baggage, traceAsync, tracer, withTracing } from '@/lib/tracing/index.ts';
import { startedTree } from '../../../../helpers/started-tree.ts';
import { formatTree, fromSdk, tree } from '../../../../helpers/trace-tree.ts';
import { type TestTracing, bootTracing, resetGlobals } from '../../../../helpers/test-tracing.ts';

const OUTCOME = [
  'http.route',
  'http.response.status_code',
  'error.type',
  'throughline.next.control_flow',
  'throughline.client.aborted',
];
const request = (init?: RequestInit): Request => new Request('http://shop.example/api/products/p-1', init);

/** What a host does around a handler. */
async function hosted<R>(fn: () => R, base: Context = context.active()): Promise<Awaited<R>> {
  const span = tracer.startSpan('GET /api/products/[id]', { kind: SpanKind.SERVER }, base);
  try {
    return await context.with(trace.setSpan(base, span), fn);
  } finally {
    span.end();
  }
}

describe('under our own boot', () => {
  let tracing: TestTracing;
  beforeEach(() => {
    tracing = bootTracing({ capture: { requestHeaders: ['x-tenant'], responseHeaders: ['x-cache'] } });
  });
  afterEach(() => tracing.stop());
  const shown = (...more: string[]): Promise<string> => startedTree(tracing, [...OUTCOME, ...more]);

  it.each<readonly [what: string, handler: () => unknown, outcome: string]>([
    ['200', async () => new Response(null), 'http.response.status_code=200'],
    ['503', async () => new Response(null, { status: 503 }), 'http.response.status_code=503 error.type="503"'],
    ['a thrown error', () => Promise.reject(new RangeError('boom')), 'error.type="RangeError"'],
    ['redirect()', async () => redirect('/login'), 'throughline.next.control_flow="redirect"'],
    ['notFound()', () => notFound(), 'throughline.next.control_flow="not_found"'],
    ['nothing', () => undefined, ''],
  ])('tells the SERVER span of %s', async (_what, handler, outcome) => {
    const traced = withTracing(handler as (request: Request) => unknown);
    await hosted(() => traced(request())).catch(() => undefined);
    const failed = outcome.includes('error.type') ? ' ERROR' : '';
    expect(await shown()).toBe(`GET /api/products/[id] SERVER${failed} ${outcome}`.trimEnd());
  });

  it('adds route, allowed headers and attributes to the SERVER span, from any span below it', async () => {
    const handler = withTracing(
      async (_request: Request) =>
        traceAsync('in the handler', async () => new Response(null, { headers: { 'x-cache': 'HIT' } })),
      { route: '/api/products/[id]', attributes: () => ({ 'shop.section': 'garden' }) },
    );
    await hosted(() =>
      traceAsync('executing api route', () => handler(request({ method: 'POST', headers: { 'x-tenant': 'acme' } }))),
    );
    expect(await shown('shop.section', 'http.request.header.x-tenant', 'http.response.header.x-cache')).toBe(
      tree(`
        GET /api/products/[id] SERVER http.route="/api/products/[id]" http.response.status_code=200 shop.section="garden" http.request.header.x-tenant=["acme"] http.response.header.x-cache=["HIT"]
          executing api route INTERNAL
            in the handler INTERNAL
      `),
    );
  });

  it('gives the very Response of the handler, with the trace id on it', async () => {
    const made = Response.json({ id: 7 });
    const response = await hosted(() => withTracing(async (_request: Request) => made)(request()));
    expect([response === made, response.headers.get('x-trace-id'), await response.json()]).toEqual([
      true,
      '0'.repeat(31) + '1',
      { id: 7 },
    ]);
  });

  it('marks a client that leaves while the answer streams, as long as the span is open', async () => {
    const client = new AbortController();
    let close!: () => void;
    const closed = new Promise<void>((resolve) => (close = resolve));
    const handler = withTracing(async (_request: Request) => new Response(new ReadableStream()));
    const done = hosted(async () => {
      await handler(request({ signal: client.signal }));
      await closed;
    });
    client.abort();
    close();
    await done;
    expect(await shown()).toBe(
      'GET /api/products/[id] SERVER http.response.status_code=200 throughline.client.aborted=true',
    );
  });

  it('counts no failure when the work was cut off by the client', async () => {
    const client = new AbortController();
    client.abort();
    const handler = withTracing(async (given: Request) => given.signal.throwIfAborted());
    await expect(hosted(() => handler(request({ signal: client.signal })))).rejects.toThrow('aborted');
    expect(await shown()).toBe('GET /api/products/[id] SERVER throughline.client.aborted=true');
  });

  it('keeps the baggage of two requests of one process apart', async () => {
    const set = withTracing(async (_request: Request) => {
      baggage.set('tenant.id', 'acme');
      return new Response(baggage.get('tenant.id'));
    });
    const look = withTracing(async (_request: Request) => new Response(baggage.get('tenant.id') ?? 'none'));
    const answers = await hosted(async () => [await set(request()), await look(request())]);
    expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(['acme', 'none']);
  });

  it('records nothing and breaks nothing when the request is not sampled', async () => {
    const remote = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', traceFlags: 0 };
    const base = trace.setSpanContext(context.active(), { ...remote, isRemote: true });
    const response = await hosted(() => withTracing(async (_request: Request) => Response.json(1))(request()), base);
    expect([response.headers.get('x-trace-id'), await response.json(), await shown()]).toEqual([remote.traceId, 1, '']);
  });
});

describe("under somebody else's SDK", () => {
  let exporter: InMemorySpanExporter;
  let sdk: NodeSDK;
  beforeEach(() => {
    resetGlobals();
    exporter = new InMemorySpanExporter();
    sdk = new NodeSDK({ autoDetectResources: false, spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    sdk.start();
  });
  afterEach(async () => {
    await sdk.shutdown();
    resetGlobals();
  });
  const shown = (): string => formatTree(exporter.getFinishedSpans().map(fromSdk), OUTCOME);

  it('opens a SERVER span of its own where there is none', async () => {
    await withTracing(async (_request: Request) => new Response(null, { status: 503 }))(request());
    expect(shown()).toBe('GET SERVER ERROR http.response.status_code=503 error.type="503"');
  });

  it('enriches a SERVER span that is the active one', async () => {
    await hosted(() => withTracing(async (_request: Request) => new Response(null))(request()));
    expect(shown()).toBe('GET /api/products/[id] SERVER http.response.status_code=200');
  });

  it('opens no second SERVER span below one that it cannot see', async () => {
    const handler = withTracing(async (_request: Request) => new Response(null));
    await hosted(() => traceAsync('executing api route', () => handler(request())));
    expect(shown()).toBe(
      tree(`
        GET /api/products/[id] SERVER
          executing api route INTERNAL
      `),
    );
  });
});

it('a span that is none breaks nothing', async () => {
  const tracing = bootTracing();
  const none = {} as Span;
  const answer = await context.with(trace.setSpan(context.active(), none), () =>
    withTracing(async (_request: Request) => new Response('fine'))(request()),
  );
  expect([await answer.text(), (await tracing.spans()).length]).toEqual(['fine', 0]);
  await tracing.stop();
});
