import { DiagLogLevel, type Span, SpanStatusCode, context, diag, metrics, trace } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { baggage, traceAsync } from '@/lib/tracing/index.ts';
import { callService, fetchDO, withDOSpan, withServiceSpan } from '@/lib/tracing/service-tracing/index.ts';
import { type NodeService, startService } from '../../../../helpers/node-service.ts';
import { type TestTracing, bootTracing, resetGlobals } from '../../../../helpers/test-tracing.ts';

let tracing: TestTracing | undefined;
let service: NodeService | undefined;

afterEach(async () => {
  await service?.close();
  await tracing?.stop();
  [service, tracing] = [undefined, undefined];
  resetGlobals();
  jest.restoreAllMocks();
});

/** What one call leaves: its span without the ids. */
async function spanOf(work: () => unknown): Promise<Record<string, unknown>> {
  tracing = bootTracing();
  await Promise.resolve()
    .then(work)
    .catch(() => {});
  const [span] = await tracing.spans();
  return {
    name: span?.name,
    attributes: span?.attributes,
    status: span?.status,
    events: span?.events.map(({ name, attributes }) => [name, attributes?.['exception.message'] ?? attributes]),
  };
}

const AUTH = {
  'service.peer.name': 'AUTH_SERVICE',
  'http.request.method': 'POST',
  'url.template': '/auth/login',
  'url.path': '/auth/login',
};
const UNSET = { code: SpanStatusCode.UNSET };
const START = ['service.call.start', undefined];
const login = (operation: (span: Span, headers: Record<string, string>) => unknown) => (): unknown =>
  withServiceSpan('AUTH_SERVICE', '/auth/login', 'POST', operation);

describe('withServiceSpan', () => {
  const answered = { ...AUTH, 'http.response.status_code': 200 };
  it.each<[how: string, operation: () => unknown, attributes: object, status: object, events: unknown[]]>([
    [
      'a response',
      async () => new Response('ok'),
      answered,
      UNSET,
      [START, ['service.call.complete', { 'http.response.status_code': 200 }]],
    ],
    [
      "another client's answer",
      async () => ({ statusCode: 200 }),
      answered,
      UNSET,
      [START, ['service.call.complete', { 'http.response.status_code': 200 }]],
    ],
    ['a value without a status', () => 42, AUTH, UNSET, [START, ['service.call.complete', {}]]],
    [
      'a refusal',
      async () => new Response('no', { status: 401 }),
      { ...AUTH, 'http.response.status_code': 401, 'error.type': '401' },
      { code: SpanStatusCode.ERROR },
      [START, ['service.call.complete', { 'http.response.status_code': 401, 'error.type': '401' }]],
    ],
    [
      'a throw',
      async () => {
        throw Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED' });
      },
      { ...AUTH, 'error.type': 'ECONNREFUSED' },
      { code: SpanStatusCode.ERROR, message: 'connect refused' },
      [START, ['service.call.error', { 'error.type': 'ECONNREFUSED' }], ['exception', 'connect refused']],
    ],
    [
      'null, thrown',
      () => {
        throw null;
      },
      { ...AUTH, 'error.type': '_OTHER' },
      { code: SpanStatusCode.ERROR, message: 'null' },
      [START, ['service.call.error', { 'error.type': '_OTHER' }], ['exception', 'null']],
    ],
  ])('writes %s', async (_how, operation, attributes, status, events) => {
    expect(await spanOf(login(operation))).toEqual({
      name: 'AUTH_SERVICE POST /auth/login',
      attributes,
      status,
      events,
    });
  });

  it('hands over the span and the headers that carry it', async () => {
    let seen: unknown;
    await spanOf(
      login((span, headers) => {
        seen = [span.spanContext().spanId, headers, trace.getSpan(context.active()) === span];
      }),
    );
    expect(seen).toEqual([
      '0000000000000001',
      { traceparent: '00-00000000000000000000000000000001-0000000000000001-01' },
      true,
    ]);
  });

  it('hands over no header where there is no trace', () => {
    resetGlobals();
    expect(withServiceSpan('AUTH_SERVICE', '/', 'GET', (_span, headers) => headers)).toEqual({});
  });

  it('lets a span be that the operation has ended', async () => {
    const { events } = await spanOf(
      login((span) => {
        span.end();
        return new Response('ok');
      }),
    );
    expect([events, tracing?.messages]).toEqual([[START], []]);
  });

  it('writes the names of the document where they are asked for', async () => {
    process.env['OTEL_SEMCONV_STABILITY_OPT_IN'] = 'http/dup';
    try {
      const { attributes } = await spanOf(() =>
        withDOSpan('CartDurableObject', 'a1b2c3', '/cart/add', 'POST', async () => new Response('ok')),
      );
      expect(attributes).toEqual({
        'cloudflare.durable_object.id': 'a1b2c3',
        'cloudflare.durable_object.name': 'CartDurableObject',
        'durable_object.id': 'a1b2c3',
        'durable_object.name': 'CartDurableObject',
        'http.method': 'POST',
        'http.request.method': 'POST',
        'http.response.status_code': 200,
        'http.status_code': 200,
        'http.target': '/cart/add',
        'url.path': '/cart/add',
        'url.template': '/cart/add',
      });
    } finally {
      delete process.env['OTEL_SEMCONV_STABILITY_OPT_IN'];
    }
  });

  it('works under an SDK that somebody else has set up', async () => {
    resetGlobals();
    const exporter = new InMemorySpanExporter();
    const sdk = new NodeSDK({ spanProcessors: [new SimpleSpanProcessor({ exporter })], autoDetectResources: false });
    sdk.start();
    const headers = withServiceSpan('AUTH_SERVICE', '/users/7', 'GET', (_span, ours) => ours);
    const [span] = exporter.getFinishedSpans();
    const { traceId = '', spanId = '' } = span?.spanContext() ?? {};
    expect([span?.name, headers]).toEqual([
      'AUTH_SERVICE GET /users/:id',
      { traceparent: `00-${traceId}-${spanId}-01` },
    ]);
    await sdk.shutdown();
  });
});

describe('a Durable Object', () => {
  const CART = {
    'cloudflare.durable_object.name': 'CartDurableObject',
    'http.request.method': 'POST',
    'url.template': '/cart/add',
    'url.path': '/cart/add',
    'http.response.status_code': 200,
  };
  /** A stub as Workers has it: it answers to every name with a method to call over RPC. */
  const rpcStub = (own: object): { fetch(url: string): Promise<Response> } =>
    new Proxy(own, {
      get: (target, name) =>
        Reflect.has(target, name) ? (Reflect.get(target, name) as unknown) : () => Promise.reject(new Error('a call')),
    }) as never;
  const fetch = async (): Promise<Response> => new Response('ok');

  it.each<[what: string, stub: object, id: string | undefined]>([
    ['an id of Workers', { id: { toString: () => 'a1b2c3' }, fetch }, 'a1b2c3'],
    ['an id as text', { id: 'a1b2c3', fetch }, 'a1b2c3'],
    ['no id', { fetch }, undefined],
    ['an id that says nothing', { id: {}, fetch }, undefined],
    ['an id that throws', { get id() { throw new Error('id'); }, fetch }, undefined], // prettier-ignore
    ['a service binding, which takes every name for a call', rpcStub({ fetch }), undefined],
  ])('is called with %s', async (_what, stub, id) => {
    const { name, attributes } = await spanOf(() =>
      fetchDO(stub as never, 'CartDurableObject', '/cart/add', { method: 'POST' }),
    );
    expect([name, attributes]).toEqual([
      'CartDurableObject POST /cart/add',
      id === undefined ? CART : { ...CART, 'cloudflare.durable_object.id': id },
    ]);
  });

  it('is asked by the method of its stub, with the headers of the caller and ours', async () => {
    const asked: unknown[] = [];
    const stub = {
      async fetch(this: unknown, url: string, init?: RequestInit): Promise<Response> {
        asked.push(this === stub, url, init?.method, [...new Headers(init?.headers)]);
        return new Response('ok');
      },
    };
    await spanOf(() =>
      fetchDO(stub, 'CartDurableObject', 'cart/add', { method: 'POST', headers: { 'x-cart': 'cart-7' } }),
    );
    expect(asked).toEqual([
      true,
      'http://cart-durable-object.internal/cart/add',
      'POST',
      [
        ['traceparent', '00-00000000000000000000000000000001-0000000000000001-01'],
        ['x-cart', 'cart-7'],
      ],
    ]);
  });
});

describe('callService', () => {
  it('calls a server, in one span, and records where it is', async () => {
    service = await startService(() => ({ status: 200, body: {} }));
    const { url, received } = service;
    const { name, attributes } = await spanOf(() => callService({ name: 'PRODUCTS', url }, '/products/7?token=abc'));
    const port = Number(new URL(url).port);
    expect([name, attributes]).toEqual([
      'PRODUCTS GET /products/:id',
      {
        'service.peer.name': 'PRODUCTS',
        'http.request.method': 'GET',
        'url.template': '/products/:id',
        'url.path': '/products/7',
        'url.full': `${url}/products/7?token=[REDACTED]`,
        'server.address': '127.0.0.1',
        'server.port': port,
        'http.response.status_code': 200,
      },
    ]);
    expect(received.map(({ traceparent }) => traceparent)).toEqual([
      '00-00000000000000000000000000000001-0000000000000001-01',
    ]);
  });

  it('opens one span where automatic instrumentations would open another', async () => {
    service = await startService(() => ({ status: 200, body: {} }));
    const { url } = service;
    tracing = bootTracing({ autoInstrumentations: true });
    await traceAsync('request', () => callService({ name: 'PRODUCTS', url }, '/products/7'));
    expect((await tracing.spans()).map(({ name }) => name)).toEqual(['PRODUCTS GET /products/:id', 'request']);
  });

  it.each([
    ['//other.example/steal', '/steal'],
    ['@other.example', '/@other.example'],
    ['https://other.example/steal', '/https://other.example/steal'],
  ])('never leaves its service: %s', async (path) => {
    const asked: string[] = [];
    jest.spyOn(globalThis, 'fetch').mockImplementation(async (input) => {
      asked.push(new URL(input as string).host);
      return new Response();
    });
    await callService({ name: 'PRODUCTS', url: 'http://products.internal/base/' }, path);
    expect(asked).toEqual(['products.internal']);
  });

  it('gives a binding an address that it can take, and the template that it was told', async () => {
    const asked: unknown[] = [];
    const fetcher = { fetch: async (input: string) => (asked.push(input), new Response('ok')) };
    const { name } = await spanOf(() =>
      callService({ name: 'AUTH_SERVICE', fetcher }, '/users/ada', undefined, { urlTemplate: '/users/:name' }),
    );
    expect([asked, name]).toEqual([['http://auth-service.internal/users/ada'], 'AUTH_SERVICE GET /users/:name']);
  });

  it('says what is missing of a service that cannot be reached', async () => {
    const nowhere = { name: 'AUTH_SERVICE', url: undefined } as never;
    await expect(callService(nowhere, '/auth/login')).rejects.toThrow(
      new TypeError('callService: AUTH_SERVICE has neither a url nor a fetcher'),
    );
  });

  it("keeps the caller's own trace headers together", async () => {
    service = await startService(() => ({ status: 200, body: {} }));
    const { url, received } = service;
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    await spanOf(() => callService({ name: 'PRODUCTS', url }, '/', { headers: { traceparent } }));
    expect(received.map((headers) => [headers['traceparent'], headers['tracestate']])).toEqual([
      [traceparent, undefined],
    ]);
  });

  it('sends baggage to services on the list alone, by host and by name', async () => {
    tracing = bootTracing({ baggage: { targets: ['listed.example', 'AUTH_SERVICE'] } });
    const sent: Record<string, unknown> = {};
    jest.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      sent[new URL(input as string).host] = new Headers(init?.headers).get('baggage');
      return new Response();
    });
    await baggage.run(async () => {
      baggage.set('tenant', 'acme');
      await callService({ name: 'A', url: 'http://listed.example' }, '/');
      await callService({ name: 'B', url: 'http://stranger.example' }, '/');
      withServiceSpan('AUTH_SERVICE', '/', 'GET', (_span, headers) => (sent['AUTH_SERVICE'] = headers['baggage']));
      withServiceSpan('OTHER', '/', 'GET', (_span, headers) => (sent['OTHER'] = headers['baggage']));
    });
    expect(sent).toEqual({
      'listed.example': 'tenant=acme',
      'stranger.example': null,
      AUTH_SERVICE: 'tenant=acme',
      OTHER: undefined,
    });
  });
});

it('lets nothing personal out', async () => {
  service = await startService(() => ({ status: 500, body: { secret: 'PLANTED-body' } }));
  const { url } = service;
  tracing = bootTracing();
  const init = {
    method: 'POST',
    headers: { authorization: 'Bearer PLANTED-header' },
    body: 'PLANTED-request',
  };
  await callService({ name: 'AUTH', url: url.replace('//', '//ada:PLANTED-password@') }, '/', {}).catch(() => {});
  await callService({ name: 'AUTH', url }, '/auth/login?token=PLANTED-query#PLANTED-fragment', init);
  await fetchDO({ fetch: async () => new Response('PLANTED-answer') }, 'Cart', '/cart/ada.PLANTED@example.com', init);
  await callService({ name: 'AUTH', fetcher: { fetch: () => Promise.reject(new Error('no mail to PLANTED@example.com')) } }, '/').catch(() => {}); // prettier-ignore
  const bytes = await tracing.bytes();
  expect([bytes.length > 1000, bytes.match(/.{40}PLANTED.{20}/g)]).toEqual([true, null]);
});

it('says the lines of the document, where somebody wants to read them', async () => {
  tracing = bootTracing();
  const lines: string[] = [];
  const say = (line: string): void => void lines.push(line);
  const silent = (): void => {};
  diag.setLogger(
    { error: say, warn: say, info: silent, debug: say, verbose: silent },
    { logLevel: DiagLogLevel.DEBUG, suppressOverrideMessage: true },
  );
  await traceAsync('request', login(() => 42) as () => Promise<unknown>);
  const id = '00000000000000000000000000000001';
  expect(lines.filter((line) => line.startsWith('[GATEWAY]'))).toEqual([
    `[GATEWAY] Span Context: { traceId: '${id}', spanId: '0000000000000001' }`,
    `[GATEWAY] Propagating trace context to AUTH_SERVICE: { traceId: '${id}', spanId: '0000000000000002' }`,
  ]);
});

describe('metrics', () => {
  const fail = (): never => {
    throw new RangeError('no');
  };

  it.each([
    ['booted', () => bootTracing()],
    ['where nothing is sampled', () => bootTracing({ sampling: { ratio: 0 } })],
    ['under nobody', () => undefined],
  ])('count and time each call, %s', async (_state, enter) => {
    resetGlobals();
    tracing = enter();
    metrics.disable();
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 600_000 });
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
    login(() => ({ status: 200 }))();
    login(() => ({ status: 200 }))();
    login(() => ({ status: 503 }))();
    expect(login(fail)).toThrow(RangeError);
    withDOSpan('Cart', 'cart-7', '/cart/p-1', 'GET', () => ({ status: 200 }));
    await reader.forceFlush();
    const counted = exporter
      .getMetrics()
      .at(-1)
      ?.scopeMetrics.flatMap((scope) => scope.metrics)
      .flatMap(({ descriptor: { name, unit }, dataPoints }) =>
        dataPoints.map(({ value, attributes }) => {
          const count = typeof value === 'number' ? value : value.count;
          return `${count} x ${name} (${unit}): ${Object.values(attributes).join(' ')}`;
        }),
      );
    expect(counted).toEqual([
      '2 x throughline.service.calls ({call}): AUTH_SERVICE POST 200',
      '1 x throughline.service.calls ({call}): AUTH_SERVICE POST 503 503',
      '1 x throughline.service.calls ({call}): AUTH_SERVICE POST RangeError',
      '2 x throughline.service.call.duration (s): AUTH_SERVICE POST 200',
      '1 x throughline.service.call.duration (s): AUTH_SERVICE POST 503 503',
      '1 x throughline.service.call.duration (s): AUTH_SERVICE POST RangeError',
      '1 x throughline.durable_object.calls ({call}): Cart GET 200',
      '1 x throughline.durable_object.call.duration (s): Cart GET 200',
    ]);
  });
});
