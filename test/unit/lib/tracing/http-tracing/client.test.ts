/** Outgoing HTTP against a real server on a free port: what is sent, what is told, and what never is. */
import { once } from 'node:events';
import { type IncomingMessage, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Context, context, createTraceState, trace } from '@opentelemetry/api';
import { baggage, traceApiClient, traceAsync, traceFetch, traceOutgoingRequest } from '@/lib/tracing/index.ts';
import type { TracingOptions } from '@/lib/tracing/boot/index.ts';
import { startedTree } from '../../../../helpers/started-tree.ts';
import { tree } from '../../../../helpers/trace-tree.ts';
import { type TestTracing, bootTracing, resetGlobals } from '../../../../helpers/test-tracing.ts';

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

let server: Server;
let origin: string;
let received: Received[];
let tracing: TestTracing;

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, headers } = request;
      received.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      const status = Number(/\/status\/(\d+)/.exec(url ?? '')?.[1] ?? 200);
      if (url?.startsWith('/cut')) request.socket.destroy();
      else response.writeHead(status, { 'set-cookie': 'session=planted-answer' }).end('fine');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));

function boot(options: TracingOptions = {}): void {
  received = [];
  tracing = bootTracing(options);
}
beforeEach(() => boot());
afterEach(() => tracing.stop());

const shown = (...attributes: string[]): Promise<string> => startedTree(tracing, attributes);
const sent = (...names: string[]): unknown => {
  const [first] = received;
  return Object.fromEntries(names.map((name) => [name, first?.headers[name]]));
};

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
function remote(flags: number): Context {
  return trace.setSpanContext(context.active(), {
    traceId: TRACE,
    spanId: '00f067aa0ba902b7',
    traceFlags: flags,
    isRemote: true,
  });
}

describe('traceFetch', () => {
  it('tells where it went and what came back, and sends the trace along', async () => {
    const response = await traceFetch(`${origin}/data?page=2`, { method: 'POST', body: 'sent' });
    await expect(response.text()).resolves.toBe('fine');
    const [span] = await tracing.spans();
    const port = Number(new URL(origin).port);
    expect([span?.name, span?.attributes, received[0]?.body, sent('traceparent')]).toEqual([
      'POST',
      {
        'http.request.method': 'POST',
        'url.full': `${origin}/data?page=[REDACTED]`,
        'server.address': '127.0.0.1',
        'server.port': port,
        'http.response.status_code': 200,
      },
      'sent',
      { traceparent: `00-${'1'.padStart(32, '0')}-${'1'.padStart(16, '0')}-01` },
    ]);
  });

  it('is named by its template', async () => {
    await traceFetch(`${origin}/products/7`, undefined, {
      urlTemplate: '/products/{id}',
      attributes: { 'shop.section': 'garden' },
    });
    expect(await shown('url.template', 'shop.section')).toBe(
      'GET /products/{id} CLIENT url.template="/products/{id}" shop.section="garden"',
    );
  });

  it('sends the trace also when it is not sampled', async () => {
    await context.with(remote(0), () => traceFetch(origin));
    expect([sent('traceparent'), await shown()]).toEqual([
      { traceparent: expect.stringMatching(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`)) },
      '',
    ]);
  });

  it("keeps the user's own traceparent, and then adds no tracestate of another trace", async () => {
    const own = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const parent = trace.setSpanContext(context.active(), {
      traceId: TRACE,
      spanId: '00f067aa0ba902b7',
      traceFlags: 1,
      isRemote: true,
      traceState: createTraceState('vendor=theirs'),
    });
    await context.with(parent, () => traceFetch(origin, { headers: { traceparent: own } }));
    await context.with(parent, () => traceFetch(origin));
    expect(received.map(({ headers }) => [headers['traceparent']?.slice(3, 35), headers['tracestate']])).toEqual([
      ['a'.repeat(32), undefined],
      [TRACE, 'vendor=theirs'],
    ]);
  });

  it.each<readonly [what: string, headers: HeadersInit]>([
    ['a record', { 'x-own': 'mine', 'Content-Type': 'text/plain' }],
    ['Headers', new Headers({ 'x-own': 'mine', 'content-type': 'text/plain' })],
    [
      'pairs',
      [
        ['x-own', 'mine'],
        ['content-type', 'text/plain'],
      ],
    ],
  ])('keeps headers given as %s', async (_what, headers) => {
    await traceFetch(origin, { method: 'POST', headers, body: 'x' });
    expect(sent('x-own', 'content-type')).toEqual({ 'x-own': 'mine', 'content-type': 'text/plain' });
    expect(received[0]?.headers['traceparent']).toMatch(/^00-/);
  });

  it.each<readonly [what: string, input: () => [RequestInfo | URL, RequestInit?]]>([
    ['a URL', () => [new URL(`${origin}/x`), { method: 'PUT', body: 'text', headers: { 'x-own': 'mine' } }]],
    ['a Request', () => [new Request(`${origin}/x`, { method: 'PUT', body: 'text', headers: { 'x-own': 'mine' } })]],
    [
      'a Request and an init that wins',
      () => [
        new Request(`${origin}/x`, { method: 'POST', body: 'other', headers: { 'x-own': 'other', 'x-lost': '1' } }),
        { method: 'PUT', body: 'text', headers: { 'x-own': 'mine' } },
      ],
    ],
    [
      'a URL and a Request for an init',
      () => [
        `${origin}/x`,
        new Request('http://elsewhere.example/', { method: 'PUT', body: 'text', headers: { 'x-own': 'mine' } }),
      ],
    ],
    [
      'an init that inherits',
      () => [
        `${origin}/x`,
        Object.create({ method: 'PUT', body: 'text', headers: { 'x-own': 'mine' } }) as RequestInit,
      ],
    ],
  ])('sends what fetch itself sends for %s', async (_what, input) => {
    await fetch(...input());
    await traceFetch(...input());
    const own = received.map(({ method, url, body, headers }) => [
      method,
      url,
      body,
      headers['x-own'],
      headers['x-lost'],
    ]);
    expect(own).toEqual([
      ['PUT', '/x', 'text', 'mine', undefined],
      ['PUT', '/x', 'text', 'mine', undefined],
    ]);
    expect(await shown()).toBe('PUT CLIENT');
  });

  it('sends a body that streams', async () => {
    const body = new ReadableStream({
      start(controller) {
        for (const part of ['one ', 'two']) controller.enqueue(Buffer.from(part));
        controller.close();
      },
    });
    await traceFetch(origin, { method: 'POST', body, duplex: 'half' } as RequestInit);
    expect(received[0]?.body).toBe('one two');
  });

  it('gives the very response that fetch gave', async () => {
    const inner = globalThis.fetch;
    const made = new Response('made');
    globalThis.fetch = async () => made;
    try {
      expect(await traceFetch(origin)).toBe(made);
    } finally {
      globalThis.fetch = inner;
    }
    expect(made.bodyUsed).toBe(false);
  });

  it.each<readonly [path: string, outcome: string]>([
    ['/status/204', 'GET CLIENT http.response.status_code=204'],
    ['/status/304', 'GET CLIENT http.response.status_code=304'],
    ['/status/404', 'GET CLIENT ERROR http.response.status_code=404 error.type="404"'],
    ['/status/503', 'GET CLIENT ERROR http.response.status_code=503 error.type="503"'],
  ])('%s is told as it is judged', async (path, outcome) => {
    await traceFetch(origin + path);
    expect(await shown('http.response.status_code', 'error.type')).toBe(outcome);
  });

  it('a connection that is cut, an abort and a wrong address are failures, and stay what they were', async () => {
    const gone = new AbortController();
    gone.abort(new RangeError('enough'));
    const calls: [RequestInfo, RequestInit?][] = [
      [`${origin}/cut`],
      [origin, { signal: gone.signal }],
      ['no address'],
      [origin, { headers: { 'not a name': '1' } }],
      [origin, { method: 'GET', body: 'x' }],
    ];
    const rows: unknown[] = [];
    for (const call of calls) {
      const bare: unknown = await fetch(...call).catch((error: unknown) => error);
      const traced: unknown = await traceFetch(...call).catch((error: unknown) => error);
      rows.push([String(traced) === String(bare), String(traced)]);
    }
    expect(rows).toEqual([
      [true, 'TypeError: fetch failed'],
      [true, 'RangeError: enough'],
      [true, 'TypeError: Failed to parse URL from no address'],
      [true, expect.stringContaining('"not a name" is an invalid header name')],
      [true, 'TypeError: Request with GET/HEAD method cannot have body.'],
    ]);
    expect(await shown('error.type')).toBe(
      tree(`
        GET CLIENT ERROR error.type="TypeError"
        GET CLIENT ERROR error.type="RangeError"
        GET CLIENT ERROR error.type="TypeError"
        GET CLIENT ERROR error.type="TypeError"
        GET CLIENT ERROR error.type="TypeError"
      `),
    );
  });

  it('tells nothing of credentials, query values, headers, bodies and the fragment', async () => {
    boot({ capture: { queryParameters: ['page'] } });
    const { host } = new URL(origin);
    const answers = [
      traceFetch(`${origin}/a?token=planted-token&page=2&q=planted-query#planted-fragment`, {
        method: 'POST',
        headers: { authorization: 'Bearer planted-header', 'x-api-key': 'planted-key' },
        body: JSON.stringify({ password: 'planted-password' }),
      }),
      // fetch refuses a URL with credentials: its message holds the whole URL.
      traceFetch(`http://planted-user:planted-password@${host}/b`).catch(() => undefined),
      traceFetch(`http://planted-user:planted-password@:::?token=planted-token`).catch(() => undefined),
    ];
    await Promise.all(answers);
    expect([await tracing.bytes(), await shown('url.full')]).toEqual([
      expect.not.stringContaining('planted'),
      expect.stringContaining(`url.full="${origin}/a?token=[REDACTED]&page=2&q=[REDACTED]"`),
    ]);
  });

  it('changes nothing when nothing was booted', async () => {
    resetGlobals();
    const response = await traceFetch(`${origin}/status/404`, { headers: { 'x-own': 'mine' } });
    expect([response.status, sent('x-own', 'traceparent', 'tracestate', 'baggage')]).toEqual([
      404,
      { 'x-own': 'mine' },
    ]);
  });
});

describe('baggage', () => {
  it('goes to loopback, and to hosts on the allow-list', async () => {
    boot({ baggage: { targets: ['partner.example', '.inner.example'] } });
    const urls = [
      `${origin}/`,
      'http://localhost:9/',
      'http://[::1]:9/',
      'https://partner.example/',
      'https://api.inner.example/',
      'https://inner.example/',
      'https://notpartner.example/',
      'https://partner.example.evil.example/',
      'https://127.0.0.1.evil.example/',
      'https://stranger.example/?host=localhost',
      'https://localhost@stranger.example/',
      '/relative',
    ];
    const got: [string, string | undefined][] = [];
    baggage.run(() => {
      baggage.set('tenant.id', 'acme');
      for (const url of urls) traceOutgoingRequest('GET', url, (_span, { baggage: out }) => got.push([url, out]));
    });
    expect(got.filter(([, out]) => out !== undefined)).toEqual([
      [`${origin}/`, 'tenant.id=acme'],
      ['http://localhost:9/', 'tenant.id=acme'],
      ['http://[::1]:9/', 'tenant.id=acme'],
      ['https://partner.example/', 'tenant.id=acme'],
      ['https://api.inner.example/', 'tenant.id=acme'],
    ]);
  });

  it('is sent by traceFetch, beside what the user sends', async () => {
    await baggage.run(async () => {
      baggage.set('tenant.id', 'acme');
      await traceFetch(origin);
      await traceFetch(origin, { headers: { baggage: 'own=1' } });
    });
    expect(received.map(({ headers }) => headers['baggage'])).toEqual(['tenant.id=acme', 'own=1']);
  });

  it('goes nowhere where no host is named', () => {
    const got = baggage.run(() => {
      baggage.set('tenant.id', 'acme');
      return traceApiClient('weather-service', 'get-forecast', (_span, headers) => Object.keys(headers));
    });
    expect(got).toEqual(['traceparent']);
  });
});

describe('traceOutgoingRequest and traceApiClient', () => {
  it('tell status and address, and hand the headers over', async () => {
    const data = await traceOutgoingRequest(
      'delete',
      'https://ada:planted@api.example.com:8443/resource/7?token=planted',
      async (span, headers) => ({ status: 503, sent: headers['traceparent']?.includes(span.spanContext().spanId) }),
      { urlTemplate: '/resource/{id}' },
    );
    const [span] = await tracing.spans();
    expect([data, span?.name, span?.attributes, span?.status.code]).toEqual([
      { status: 503, sent: true },
      'DELETE /resource/{id}',
      {
        'http.request.method': 'DELETE',
        'url.full': 'https://api.example.com:8443/resource/7?token=[REDACTED]',
        'url.template': '/resource/{id}',
        'server.address': 'api.example.com',
        'server.port': 8443,
        'http.response.status_code': 503,
        'error.type': '503',
      },
      2,
    ]);
  });

  it('tells an API operation, and of its parameters only the names', async () => {
    await traceApiClient('weather-service', 'get-forecast', async () => ({ celsius: 7 }), {
      method: 'GET',
      endpoint: '/forecast',
      params: { lat: 38.7, token: 'planted' },
    });
    const [span] = await tracing.spans();
    expect([span?.name, span?.attributes]).toEqual([
      'GET /forecast',
      {
        'throughline.api_client.name': 'weather-service',
        'throughline.api_client.operation': 'get-forecast',
        'throughline.api_client.parameters': ['lat', 'token'],
        'http.request.method': 'GET',
        'url.template': '/forecast',
      },
    ]);
  });

  it.each<readonly [what: string, result: unknown, outcome: string]>([
    ['statusCode', { statusCode: 404 }, 'weather get CLIENT ERROR http.response.status_code=404'],
    ['a status that is no HTTP status', { status: 7 }, 'weather get CLIENT'],
    ['a status in words', { status: 'done' }, 'weather get CLIENT'],
    ['no object', 'done', 'weather get CLIENT'],
  ])('reads the status of %s', async (_what, result, outcome) => {
    traceApiClient('weather', 'get', () => result);
    expect(await shown('http.response.status_code')).toBe(outcome);
  });

  it.each<readonly [what: string, call: () => unknown]>([
    ['a method that is no text', () => traceOutgoingRequest(7 as never, origin, () => 'ran')],
    ['no method', () => traceOutgoingRequest(undefined as never, origin, () => 'ran')],
    ['a URL that is no text', () => traceOutgoingRequest('GET', { href: origin } as never, () => 'ran')],
    ['null for options', () => traceOutgoingRequest('GET', origin, () => 'ran', null as never)],
    ['null for details', () => traceApiClient('weather', 'get', () => 'ran', null as never)],
    ['a method in details that is none', () => traceApiClient('weather', 'get', () => 'ran', { method: 7 } as never)],
  ])('run the work with %s', (_what, call) => {
    expect(call()).toBe('ran');
  });
});

describe('beside the automatic instrumentation of fetch', () => {
  it('traceFetch has one span, a bare fetch its own, and both carry the trace', async () => {
    boot({ autoInstrumentations: true });
    await traceAsync('work', async () => {
      await traceFetch(`${origin}/traced`);
      await fetch(`${origin}/bare`);
    });
    const ids = received.map(({ url, headers }) => [url, headers['traceparent']?.slice(0, 35)]);
    expect([await shown('url.full'), ids]).toEqual([
      tree(`
        work INTERNAL
          GET CLIENT url.full="${origin}/traced"
          GET CLIENT url.full="${origin}/bare"
      `),
      [
        ['/traced', `00-${'1'.padStart(32, '0')}`],
        ['/bare', `00-${'1'.padStart(32, '0')}`],
      ],
    ]);
  });
});
