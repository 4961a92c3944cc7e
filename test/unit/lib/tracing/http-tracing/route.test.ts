/** `withTracing` on a host that opens no SERVER span: names, routes, outcomes, what it reads and what it never tells. */
import { context, propagation, trace } from '@opentelemetry/api';
import { NextRequest, NextResponse } from 'next/server.js';
import { forbidden, notFound, permanentRedirect, redirect, unauthorized } from 'next/navigation.js';
import { baggage, traceAsync, withTracing } from '@/lib/tracing/index.ts';
import { startedTree } from '../../../../helpers/started-tree.ts';
import { tree } from '../../../../helpers/trace-tree.ts';
import { type TestTracing, bootTracing } from '../../../../helpers/test-tracing.ts';

const SHOP = 'http://shop.example:3000';
type Handler = (request: Request, context?: unknown) => Promise<Response>;
const empty: Handler = async () => new Response(null, { status: 204 });
const ok: Handler = async () => Response.json({ fine: true });
/** Any handler, whatever it takes and gives. */
const serve = (handler: () => unknown): Handler => withTracing(handler as Handler);
const get = (path = '/api/products', init?: RequestInit): Request => new Request(SHOP + path, init);

async function listProducts(request: Request, _context: unknown): Promise<Response> {
  return empty(request);
}
const thrower = (make: () => unknown) => async (): Promise<Response> => {
  throw make();
};
/** React's and Next's own promises are no native ones. */
const foreign = (value: unknown): unknown => ({
  // oxlint-disable-next-line unicorn/no-thenable -- see above
  then: (onValue: (value: unknown) => void) => onValue(value),
});

let tracing: TestTracing;
afterEach(() => tracing.stop());

const shown = (...attributes: string[]): Promise<string> => startedTree(tracing, attributes);

describe('names and routes', () => {
  beforeEach(() => {
    tracing = bootTracing();
  });

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'opens a SERVER span for %s',
    async (method) => {
      await withTracing(empty)(get('/api/products', { method }));
      expect(await shown('http.request.method')).toBe(`${method} SERVER http.request.method="${method}"`);
    },
  );

  it('gives a method that nobody knows no name of its own', async () => {
    await withTracing(empty)(get('/', { method: 'SCAN' }));
    expect(await shown('http.request.method', 'http.request.method_original')).toBe(
      'HTTP SERVER http.request.method="_OTHER" http.request.method_original="SCAN"',
    );
  });

  it('tells the parts of the URL, and of the query only the names', async () => {
    await withTracing(empty)(get('/api/products?page=2&token=planted-7'));
    const [span] = await tracing.spans();
    expect(span?.attributes).toEqual({
      'http.request.method': 'GET',
      'url.path': '/api/products',
      'url.scheme': 'http',
      'url.query': 'page=[REDACTED]&token=[REDACTED]',
      'server.address': 'shop.example',
      'server.port': 3000,
      'http.response.status_code': 204,
    });
  });

  const NOTHING = undefined;
  it.each<readonly [what: string, path: string, params: unknown, route: string | undefined]>([
    ['a promise of params', '/api/products/p-1', Promise.resolve({ id: 'p-1' }), '/api/products/[id]'],
    ['params at once', '/api/products/p-1', { id: 'p-1' }, '/api/products/[id]'],
    ['params in a thenable', '/api/products/p-1', foreign({ id: 'p-1' }), '/api/products/[id]'],
    ['two segments', '/api/cart/c-1/items/i-1', { cartId: 'c-1', itemId: 'i-1' }, '/api/cart/[cartId]/items/[itemId]'],
    ['two segments of one value', '/x/7/7', { a: '7', b: '7' }, '/x/[a]/[b]'],
    ['a catch-all', '/files/a/b/c', { path: ['a', 'b', 'c'] }, '/files/[...path]'],
    ['an optional catch-all with nothing', '/files', { path: undefined }, undefined],
    ['an empty catch-all', '/files', { path: [] }, undefined],
    ['a decoded value', '/tags/a%20b', { tag: 'a b' }, '/tags/[tag]'],
    ['a value as it stands in the path', '/tags/a%20b', { tag: 'a%20b' }, '/tags/[tag]'],
    ['a value that cannot be decoded', '/tags/100%25%', { tag: '100%25%' }, '/tags/[tag]'],
    ['params that are not in the path, which may then hold anything', '/u/7', { id: '8' }, undefined],
    ['no params in the route', '/api/health', {}, undefined],
    ['no params known', '/api/health', NOTHING, undefined],
    ['params that are refused', '/api/products/p-1', Promise.reject(new Error('no params')), undefined],
  ])('finds the route from %s', async (_what, path, params, route) => {
    await withTracing(async (_request: Request, given: { params: unknown }) => {
      await Promise.resolve(given.params).catch(() => {});
      return empty(get());
    })(get(path), { params });
    const [span] = await tracing.spans();
    expect([span?.name, span?.attributes['http.route']]).toEqual([route === undefined ? 'GET' : `GET ${route}`, route]);
  });

  it('takes the route and further attributes from its options', async () => {
    const handler = withTracing(empty, {
      route: '/api/products/[id]',
      attributes: (request) => ({ 'shop.path.length': new URL(request.url).pathname.length }),
    });
    await handler(get('/api/products/p-1'));
    expect(await shown('http.route', 'shop.path.length')).toBe(
      'GET /api/products/[id] SERVER http.route="/api/products/[id]" shop.path.length=17',
    );
  });

  it('says it once when the function for attributes throws, and goes on', async () => {
    const handler = withTracing(empty, {
      attributes: () => {
        throw new Error('no attributes');
      },
    });
    expect((await handler(get())).status).toBe(204);
    expect([await shown(), tracing.messages]).toEqual([
      'GET SERVER',
      ['throughline: making the attributes of a route failed'],
    ]);
  });

  it('keeps the name and the length of the handler, and refuses what is no handler', () => {
    const traced = withTracing(listProducts);
    expect([traced.name, traced.length]).toEqual(['listProducts', 2]);
    expect(() => withTracing(undefined as unknown as () => void)).toThrow(
      new TypeError('throughline: withTracing takes a route handler, got undefined'),
    );
  });

  it('works when the request fails at every question', async () => {
    const hostile = Object.defineProperties(Object.create(null) as Request, {
      method: { value: 'GET' },
      url: {
        get: () => {
          throw new Error('no url here');
        },
      },
      headers: {
        get: () => {
          throw new Error('no headers here');
        },
      },
    });
    expect((await withTracing(empty)(hostile)).status).toBe(204);
    expect(await shown()).toBe('GET SERVER');
  });
});

describe('outcomes', () => {
  beforeEach(() => {
    tracing = bootTracing();
  });

  const OUTCOME = [
    'http.response.status_code',
    'error.type',
    'throughline.next.control_flow',
    'throughline.client.aborted',
  ];
  const NULL: unknown = null;
  it.each<readonly [what: string, handler: () => unknown, outcome: string]>([
    ['200', async () => Response.json({}), 'GET SERVER http.response.status_code=200'],
    ['404', async () => new Response(null, { status: 404 }), 'GET SERVER http.response.status_code=404'],
    [
      '503',
      async () => new Response('later', { status: 503 }),
      'GET SERVER ERROR http.response.status_code=503 error.type="503"',
    ],
    ['a thrown error', thrower(() => new RangeError('boom')), 'GET SERVER ERROR error.type="RangeError"'],
    ['a thrown null', thrower(() => NULL), 'GET SERVER ERROR error.type="_OTHER"'],
    [
      'a thrown Response 302',
      thrower(() => new Response(null, { status: 302 })),
      'GET SERVER http.response.status_code=302',
    ],
    [
      'a thrown Response 500',
      thrower(() => new Response(null, { status: 500 })),
      'GET SERVER ERROR http.response.status_code=500 error.type="500"',
    ],
    ['redirect()', async () => redirect('/login'), 'GET SERVER throughline.next.control_flow="redirect"'],
    [
      'permanentRedirect()',
      async () => permanentRedirect('/new'),
      'GET SERVER throughline.next.control_flow="redirect"',
    ],
    ['notFound()', async () => notFound(), 'GET SERVER throughline.next.control_flow="not_found"'],
    ['nothing at all', async () => undefined, 'GET SERVER'],
    ['a plain object', () => ({ status: 500 }), 'GET SERVER'],
    ['Response.error()', async () => Response.error(), 'GET SERVER http.response.status_code=0'],
  ])('%s', async (_what, handler, outcome) => {
    const run = async (): Promise<unknown> => serve(handler)(get());
    const result = await run().catch(() => undefined);
    if (result instanceof Response) await result.arrayBuffer();
    expect(await shown(...OUTCOME)).toBe(outcome);
  });

  it("forbidden() and unauthorized() are control flow too, where Next's experiment is on", async () => {
    process.env['__NEXT_EXPERIMENTAL_AUTH_INTERRUPTS'] = 'true';
    try {
      await expect(serve(async () => forbidden())(get())).rejects.toThrow('NEXT_HTTP_ERROR_FALLBACK');
      await expect(serve(async () => unauthorized())(get())).rejects.toThrow('NEXT_HTTP_ERROR_FALLBACK');
    } finally {
      delete process.env['__NEXT_EXPERIMENTAL_AUTH_INTERRUPTS'];
    }
    expect(await shown(...OUTCOME)).toBe(
      tree(`
        GET SERVER throughline.next.control_flow="forbidden"
        GET SERVER throughline.next.control_flow="unauthorized"
      `),
    );
  });

  it('a client that left before the work failed is no failure of ours', async () => {
    const client = new AbortController();
    const handler = withTracing(async (request: Request) => {
      client.abort();
      request.signal.throwIfAborted();
      return ok(get());
    });
    await expect(handler(get('/', { signal: client.signal }))).rejects.toThrow('aborted');
    expect(await shown(...OUTCOME)).toBe('GET SERVER throughline.client.aborted=true');
  });

  it('an error that has nothing to do with the client who left stays one', async () => {
    const client = new AbortController();
    const handler = withTracing(async (_request: Request) => {
      client.abort();
      throw new RangeError('boom');
    });
    await expect(handler(get('/', { signal: client.signal }))).rejects.toThrow('boom');
    expect(await shown(...OUTCOME)).toBe('GET SERVER ERROR error.type="RangeError" throughline.client.aborted=true');
  });
});

describe('the answer', () => {
  beforeEach(() => {
    tracing = bootTracing();
  });
  const TRACE_ID = '0'.repeat(31) + '1';

  it('carries the trace id', async () => {
    const response = await withTracing(ok)(get());
    expect([response.headers.get('x-trace-id'), await response.json()]).toEqual([TRACE_ID, { fine: true }]);
  });

  it('keeps a trace id that is there already', async () => {
    const handler = serve(async () => new Response(null, { headers: { 'x-trace-id': 'mine' } }));
    expect((await handler(get())).headers.get('x-trace-id')).toBe('mine');
  });

  it('goes out as it is when its headers are closed and it has no body', async () => {
    const made = Response.redirect('http://shop.example/login');
    const response = await serve(async () => made)(get());
    expect([response === made, response.status, response.headers.get('location')]).toEqual([
      true,
      302,
      'http://shop.example/login',
    ]);
  });

  it('keeps status, text, cookies and every header of an answer with a body', async () => {
    const handler = withTracing(async (_request: NextRequest) => {
      const made = NextResponse.json({ id: 7 }, { status: 201, statusText: 'Made' });
      made.cookies.set('a', '1');
      made.cookies.set('b', '2');
      return made;
    });
    const response = await handler(new NextRequest(SHOP));
    response.cookies.set('c', '3'); // as a wrapper around this one may do
    expect([
      response instanceof NextResponse,
      response.status,
      response.statusText,
      response.headers.getSetCookie(),
      response.cookies.getAll().map(({ name, value }) => name + value),
      await response.json(),
    ]).toEqual([true, 201, 'Made', ['a=1; Path=/', 'b=2; Path=/', 'c=3; Path=/'], ['a1', 'b2', 'c3'], { id: 7 }]);
  });

  it('is left alone when its body is locked or used already', async () => {
    const locked = new Response('locked');
    locked.body?.getReader();
    const used = new Response('used');
    await used.text();
    const answers = [];
    for (const made of [locked, used]) {
      answers.push((await serve(async () => made)(get())) === made);
    }
    expect([answers, await shown('http.response.status_code')]).toEqual([
      [true, true],
      tree(`
        GET SERVER http.response.status_code=200
        GET SERVER http.response.status_code=200
      `),
    ]);
  });
});

it('sends no trace id when told so, or under another name', async () => {
  const names: (string | null)[] = [];
  for (const traceIdHeader of [false, 'X-Request-Trace'] as const) {
    tracing = bootTracing({ traceIdHeader });
    const { headers } = await withTracing(ok)(get());
    names.push(headers.get('x-trace-id'), headers.get('x-request-trace'));
    await tracing.stop();
  }
  expect(names).toEqual([null, null, null, '0'.repeat(31) + '1']);
});

const answering = async (): Promise<Response> =>
  Response.json({}, { headers: { 'set-cookie': 'id=planted-answer', 'x-cache': 'HIT', 'x-hidden': 'planted-hidden' } });

describe('headers', () => {
  const planted = {
    authorization: 'Bearer planted-authorization',
    cookie: 'session=planted-cookie',
    'x-api-key': 'planted-key',
    'x-tenant': 'acme',
    'x-mail': 'planted@example.com',
    'x-other': 'planted-other',
  };

  it('are not recorded by default', async () => {
    tracing = bootTracing();
    await (await serve(answering)(get('/', { headers: planted }))).text();
    expect(await tracing.bytes()).not.toMatch(/planted|acme|HIT/);
  });

  it('are recorded from the allow-list alone, credentials never', async () => {
    const capture = {
      requestHeaders: ['X-Tenant', 'Authorization', 'cookie', 'x-api-key', 'x-mail', 'x-absent'],
      responseHeaders: ['x-cache', 'Set-Cookie'],
    };
    tracing = bootTracing({ capture });
    await (await serve(answering)(get('/', { headers: planted }))).text();
    const [span] = await tracing.spans();
    const headers = Object.entries(span?.attributes ?? {}).filter(([name]) => name.includes('.header.'));
    expect(Object.fromEntries(headers)).toEqual({
      'http.request.header.x-tenant': ['acme'],
      'http.request.header.x-mail': ['[REDACTED]'],
      'http.response.header.x-cache': ['HIT'],
    });
    expect(await tracing.bytes()).not.toContain('planted');
  });
});

describe('what comes in', () => {
  const CALLER = '4bf92f3577b34da6a3ce929d0e0e4736';
  const incoming = (flags: string): Request =>
    get('/', { headers: { traceparent: `00-${CALLER}-00f067aa0ba902b7-${flags}`, baggage: 'tenant.id=acme' } });

  it("continues the caller's trace, with its baggage", async () => {
    tracing = bootTracing();
    let tenant: string | undefined;
    const response = await withTracing(async (_request: Request) => {
      tenant = baggage.get('tenant.id');
      return traceAsync('work', () => ok(get()));
    })(incoming('01'));
    await response.text();
    const ids = (await tracing.spans()).map((span) => [
      span.name,
      span.spanContext().traceId,
      span.parentSpanContext?.spanId,
    ]);
    expect([tenant, response.headers.get('x-trace-id'), ids]).toEqual([
      'acme',
      CALLER,
      [
        ['work', CALLER, '0000000000000001'],
        ['GET', CALLER, '00f067aa0ba902b7'],
      ],
    ]);
  });

  it('records nothing of an unsampled trace, and carries it on', async () => {
    tracing = bootTracing();
    let active = '';
    const made = Response.json({ fine: true });
    const response = await withTracing(async (_request: Request) => {
      const { traceId, traceFlags } = trace.getActiveSpan()?.spanContext() ?? { traceId: '', traceFlags: -1 };
      active = `${traceId}-${traceFlags}`;
      return made;
    })(incoming('00'));
    expect([
      response === made,
      active,
      response.headers.get('x-trace-id'),
      await response.json(),
      await shown(),
    ]).toEqual([true, `${CALLER}-0`, CALLER, { fine: true }, '']);
  });

  it('keeps the baggage of two requests at once apart', async () => {
    tracing = bootTracing();
    let goOn: () => void;
    const allAreIn = new Promise<void>((resolve) => (goOn = resolve));
    let waiting = 0;
    const handler = withTracing(async (request: Request) => {
      const own = new URL(request.url).searchParams.get('tenant') ?? '';
      if (own !== '') baggage.set('tenant.id', own);
      waiting += 1;
      if (waiting === 3) goOn();
      await allAreIn;
      return Response.json({ ...baggage.getAll() });
    });
    const answers = await Promise.all(['?tenant=a', '?tenant=b', '?'].map((query) => handler(get(`/${query}`))));
    expect(await Promise.all(answers.map((answer) => answer.json()))).toEqual([
      { 'tenant.id': 'a' },
      { 'tenant.id': 'b' },
      {},
    ]);
    expect(baggage.getAll()).toEqual({});
  });

  it('overlays the baggage that came in, for this request alone', async () => {
    tracing = bootTracing();
    const handler = withTracing(async (request: Request) => {
      if (request.method === 'POST') baggage.set('tenant.id', 'changed');
      return Response.json(baggage.getAll());
    });
    const headers = { baggage: 'tenant.id=acme,region=eu' };
    const answers = [await handler(get('/', { method: 'POST', headers })), await handler(get('/', { headers }))];
    expect(await Promise.all(answers.map((answer) => answer.json()))).toEqual([
      { 'tenant.id': 'changed', region: 'eu' },
      { 'tenant.id': 'acme', region: 'eu' },
    ]);
  });
});

describe('inside spans of others', () => {
  it('opens its SERVER span under a remote parent that a host has extracted', async () => {
    tracing = bootTracing();
    const remote = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', traceFlags: 1 };
    const host = trace.setSpanContext(context.active(), { ...remote, isRemote: true });
    await context.with(host, () => withTracing(empty)(get()));
    expect(await shown()).toBe('^ GET SERVER');
  });

  it('opens its SERVER span where the work around it is no request', async () => {
    tracing = bootTracing();
    await traceAsync('job', () => withTracing(empty)(get()));
    expect(await shown()).toBe(
      tree(`
        job INTERNAL
          GET SERVER
      `),
    );
  });
});

it('looks at nothing when nothing was booted', async () => {
  tracing = bootTracing();
  await tracing.stop();
  const questions: PropertyKey[] = [];
  const watched = new Proxy(get(), {
    get: (target, key) => {
      questions.push(key);
      return Reflect.get(target, key) as unknown;
    },
  });
  await withTracing(ok)(watched);
  expect([questions, propagation.fields()]).toEqual([[], []]);
});
