/** One SERVER span for each request, however Next is run, and under it what was done for it. */
import { once } from 'node:events';
import { get } from 'node:http';
import { type Socket, connect } from 'node:net';
import { join } from 'node:path';
import { SpanKind } from '@opentelemetry/api';
import { type Mode, type NextApp, buildNextApp, startNextApp } from '../helpers/next-app.ts';
import { formatTree, tree } from '../helpers/trace-tree.ts';

const SHOWN = [
  'http.route',
  'http.response.status_code',
  'error.type',
  'throughline.client.aborted',
  'throughline.next.control_flow',
];
const MODES: readonly Mode[] = ['start', 'standalone', 'dev', 'custom server'];

interface Parent {
  readonly traceId: string;
  readonly traceparent: string;
}

let traces = 0;
function newParent(): Parent {
  traces += 1;
  const traceId = traces.toString(16).padStart(32, 'a');
  return { traceId, traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
}

type Asking = (app: NextApp, headers: Record<string, string>) => Promise<unknown>;

async function read(app: NextApp, path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(app.url + path, { redirect: 'manual', ...init });
  await response.text().catch(() => 'the stream broke');
  return response;
}

const ask =
  (path: string, init: RequestInit = {}): Asking =>
  (app, headers) =>
    read(app, path, { ...init, headers: { ...headers, ...(init.headers as Record<string, string>) } });

/** Reads the first piece of an answer and goes away. */
const leave =
  (path: string): Asking =>
  (app, headers) =>
    new Promise((resolve, reject) => {
      const request = get(app.url + path, { headers }, (response) => {
        response.once('data', () => request.destroy());
        response.once('close', resolve);
        response.on('error', () => {});
      });
      request.on('error', reject);
    });

interface Case {
  readonly what: string;
  readonly asking: Asking;
  readonly expected: string;
  /** Where `next dev` differs. */
  readonly inDev?: string;
}

const CASES: readonly Case[] = [
  {
    what: 'a wrapped handler',
    asking: ask('/api/echo/7'),
    expected: `
    ^ GET /api/echo/[id] SERVER http.route="/api/echo/[id]" http.response.status_code=200
      work for 7 INTERNAL
    `,
  },
  {
    what: 'a handler without a wrapper',
    asking: ask('/api/plain', { method: 'POST', body: 'text' }),
    expected: `
    ^ POST /api/plain SERVER http.route="/api/plain" http.response.status_code=200
      read the body INTERNAL
    `,
  },
  {
    what: 'a page',
    asking: ask('/products/p-1?token=secret'),
    expected: `
    ^ GET /products/[id] SERVER http.route="/products/[id]" http.response.status_code=200
      render route (app) /products/[id] INTERNAL
        find the product INTERNAL
        find the reviews INTERNAL
        generateMetadata /products/[id]/page INTERNAL
          find the title INTERNAL
    `,
  },
  {
    what: 'a page by a rewrite of the configuration',
    asking: ask('/thing/p-2'),
    expected: `
    ^ GET /products/[id] SERVER http.route="/products/[id]" http.response.status_code=200
      render route (app) /products/[id] INTERNAL
        find the product INTERNAL
        find the reviews INTERNAL
        generateMetadata /products/[id]/page INTERNAL
          find the title INTERNAL
    `,
  },
  {
    what: 'a prerendered page',
    asking: ask('/about'),
    expected: `
    ^ GET /about SERVER http.route="/about" http.response.status_code=200
    `,
    inDev: `
    ^ GET /about SERVER http.route="/about" http.response.status_code=200
      render route (app) /about INTERNAL
    `,
  },
  {
    what: 'a redirect of the configuration, which has no route',
    asking: ask('/moved'),
    expected: `
    ^ GET SERVER http.response.status_code=307
    `,
  },
  {
    what: 'a page that is not there, by a name that is no path',
    asking: ask('/wp-login.php'),
    expected: `
    ^ GET /_not-found SERVER http.route="/_not-found" http.response.status_code=404
    `,
    inDev: `
    ^ GET /_not-found SERVER http.route="/_not-found" http.response.status_code=404
      render route (app) /_not-found INTERNAL
    `,
  },
  {
    what: 'a page behind the proxy: two passes, one span',
    asking: ask('/proxied/here'),
    expected: `
    ^ GET /proxied/[id] SERVER http.route="/proxied/[id]" http.response.status_code=200
      middleware GET INTERNAL
        look at the visitor INTERNAL
      render route (app) /proxied/[id] INTERNAL
        find the page INTERNAL
    `,
  },
  {
    what: 'a page to which the proxy leads',
    asking: ask('/proxied/elsewhere'),
    expected: `
    ^ GET /products/[id] SERVER http.route="/products/[id]" http.response.status_code=200
      middleware GET INTERNAL
        look at the visitor INTERNAL
      render route (app) /products/[id] INTERNAL
        find the product INTERNAL
        find the reviews INTERNAL
        generateMetadata /products/[id]/page INTERNAL
          find the title INTERNAL
    `,
  },
  {
    what: 'a handler behind the proxy',
    asking: ask('/api/echo/proxied'),
    expected: `
    ^ GET /api/echo/[id] SERVER http.route="/api/echo/[id]" http.response.status_code=200
      look at the visitor INTERNAL
      work for proxied INTERNAL
    `,
    inDev: `
    ^ GET /api/echo/[id] SERVER http.route="/api/echo/[id]" http.response.status_code=200
      middleware GET INTERNAL
        look at the visitor INTERNAL
      work for proxied INTERNAL
    `,
  },
  {
    what: 'a handler that throws',
    asking: ask('/api/throw'),
    expected: `
    ^ GET /api/throw SERVER ERROR http.route="/api/throw" http.response.status_code=500 error.type="500"
    `,
  },
  {
    what: 'notFound() in generateMetadata, which is no failure',
    asking: ask('/gone/g-1'),
    expected: `
    ^ GET /gone/[id] SERVER http.route="/gone/[id]" http.response.status_code=200
      render route (app) /gone/[id] INTERNAL
        generateMetadata /gone/[id]/page INTERNAL throughline.next.control_flow="not_found"
    `,
  },
  {
    what: 'an error in generateMetadata',
    asking: ask('/gone/broken'),
    expected: `
    ^ GET /gone/[id] SERVER ERROR http.route="/gone/[id]" http.response.status_code=200 error.type="RangeError"
      render route (app) /gone/[id] INTERNAL ERROR error.type="RangeError"
        generateMetadata /gone/[id]/page INTERNAL ERROR error.type="RangeError"
    `,
  },
  {
    what: 'work after the response, at its true length',
    asking: ask('/api/later'),
    expected: `
    ^ GET /api/later SERVER http.route="/api/later" http.response.status_code=200
      tidy up INTERNAL
    `,
  },
  {
    what: 'a client that goes away in mid-stream',
    asking: leave('/api/stream'),
    expected: `
    ^ GET /api/stream SERVER http.route="/api/stream" http.response.status_code=200 throughline.client.aborted=true
    `,
  },
  {
    what: 'a stream that breaks on its own',
    asking: ask('/api/stream?break'),
    expected: `
    ^ GET /api/stream SERVER ERROR http.route="/api/stream" http.response.status_code=200 error.type="RangeError"
    `,
  },
  {
    what: 'a page of the pages folder',
    asking: ask('/old/o-1'),
    expected: `
    ^ GET /old/[id] SERVER http.route="/old/[id]" http.response.status_code=200
      getServerSideProps /old/[id] INTERNAL
        find the old product INTERNAL
    `,
  },
  {
    what: 'a handler of the pages folder',
    asking: ask('/api/old'),
    expected: `
    ^ GET /api/old SERVER http.route="/api/old" http.response.status_code=200
      work the old way INTERNAL
    `,
  },
];

/** What a server answers to requests that are written in one piece, one behind the other. */
async function pipeline(app: NextApp, requests: readonly string[]): Promise<void> {
  const socket: Socket = connect(app.port, 'localhost');
  let answered = 0;
  socket.on('data', (chunk: Buffer) => (answered += chunk.toString().split('HTTP/1.1 200').length - 1));
  const last = requests.length - 1;
  const closing = (index: number): string => (index === last ? 'Connection: close\r\n' : '');
  socket.write(requests.map((request, index) => `${request}Host: localhost\r\n${closing(index)}\r\n`).join(''));
  await once(socket, 'close');
  expect(answered).toBe(requests.length);
}

const echo = (name: string): string =>
  tree(`
    ^ GET /api/echo/[id] SERVER http.route="/api/echo/[id]" http.response.status_code=200
      work for ${name} INTERNAL
  `);

beforeAll(() => buildNextApp(), 180_000);

describe.each(MODES)('next %s', (mode) => {
  let app: NextApp;
  const asked = new Map<string, string>();
  beforeAll(async () => {
    app = await startNextApp(mode);
  }, 60_000);
  afterAll(async () => {
    await app?.stop();
    await app?.collector.close();
  }, 30_000);

  it.each(CASES)(
    '$what',
    async ({ asking, expected, inDev }) => {
      const { traceId, traceparent } = newParent();
      const literal = tree((mode === 'dev' ? inDev : undefined) ?? expected);
      asked.set(traceId, literal);
      await asking(app, { traceparent });
      const spans = () => app.collector.ofTrace(traceId);
      await app.collector.until('the trace', () => spans().length >= literal.split('\n').length);
      expect(formatTree(spans(), SHOWN)).toBe(literal);
    },
    30_000,
  );

  /** Asks for a name of its own in each request, and gives the trees of the traces, or of the one trace. */
  async function treesOf(parents: readonly Parent[], spansEach: number): Promise<string[]> {
    const ids = [...new Set(parents.map(({ traceId }) => traceId))];
    const share = (parents.length / ids.length) * spansEach;
    await app.collector.until('every span', () => ids.every((id) => app.collector.ofTrace(id).length >= share));
    return ids.map((id) => {
      const literal = formatTree(app.collector.ofTrace(id), SHOWN);
      asked.set(id, literal);
      return literal;
    });
  }
  it('pipelined requests do not get in each other’s way', async () => {
    const parents = Array.from({ length: 20 }, newParent);
    await pipeline(
      app,
      parents.map(({ traceparent }, index) => `GET /api/echo/${index} HTTP/1.1\r\ntraceparent: ${traceparent}\r\n`),
    );
    expect(await treesOf(parents, 2)).toEqual(parents.map((_parent, index) => echo(String(index))));
  }, 30_000);

  it('requests at once in one trace keep to their own span', async () => {
    const parent = newParent();
    const parents = Array.from({ length: 10 }, () => parent);
    await Promise.all(
      parents.map((_parent, index) =>
        read(app, `/api/echo/${index}`, { headers: { traceparent: parent.traceparent } }),
      ),
    );
    const [together = ''] = await treesOf(parents, 2);
    const pairs = together.split(/\n(?=\^)/).sort();
    expect(pairs).toEqual(parents.map((_parent, index) => echo(String(index))).sort());
  }, 30_000);

  it('100 requests at once, each a trace of its own', async () => {
    const parents = Array.from({ length: 100 }, newParent);
    await Promise.all(
      parents.map(({ traceparent }, index) => read(app, `/api/echo/${index}`, { headers: { traceparent } })),
    );
    expect(await treesOf(parents, 2)).toEqual(parents.map((_parent, index) => echo(String(index))));
  }, 30_000);

  it('puts the trace id on whatever a wrapped handler comes to, and on nothing that is kept', async () => {
    const { traceId, traceparent } = newParent();
    const paths = ['/api/echo/1', '/api/throw', '/api/go', '/api/cached', '/about'];
    const ids: (string | null)[] = [];
    for (const path of paths) {
      ids.push((await read(app, path, { headers: { traceparent } })).headers.get('x-trace-id'));
    }
    // In development the page is rendered.
    const spans = mode === 'dev' ? 7 : 6;
    await treesOf([{ traceId, traceparent }], spans);
    expect(ids).toEqual([traceId, traceId, traceId, null, null]);
  }, 30_000);

  it('writes an error once, and control flow not at all', async () => {
    const rows = [];
    for (const path of ['/api/throw', '/api/go', '/gone/broken', '/gone/g-1']) {
      const { traceId, traceparent } = newParent();
      await read(app, path, { headers: { traceparent } });
      const spans = () => app.collector.ofTrace(traceId);
      await app.collector.until('the request', () => spans().some(({ kind }) => kind === SpanKind.SERVER));
      const events = spans().flatMap((span) => span.events.map(({ attributes }) => attributes['exception.type']));
      rows.push([path, ...events]);
      asked.set(traceId, formatTree(spans(), SHOWN));
    }
    expect(rows).toEqual([['/api/throw', 'RangeError'], ['/api/go'], ['/gone/broken', 'RangeError'], ['/gone/g-1']]);
  }, 30_000);

  it('leaves nothing else: no litter at boot, no second span', async () => {
    await app.stop();
    const left = new Map<string, string>();
    for (const { traceId } of app.collector.spans) left.set(traceId, formatTree(app.collector.ofTrace(traceId), SHOWN));
    asked.forEach((literal, traceId) => {
      if (left.get(traceId) === literal) left.delete(traceId);
    });
    const complaints = app.output().match(/throughline: .*(?:Next|failed).*|ended Span/g);
    expect([[...left.values()], complaints]).toEqual([[], null]);
  }, 30_000);
});

it('leaves upgrades to the server that takes them', async () => {
  const app = await startNextApp('custom server');
  const socket = connect(app.port, 'localhost');
  let heard = '';
  socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
  socket.write('GET /socket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
  await once(socket, 'close');
  await app.stop();
  const spans = app.collector.spans.filter(({ kind }) => kind === SpanKind.SERVER);
  await app.collector.close();
  expect([heard.split('\r\n')[0], heard.endsWith('hello'), spans]).toEqual([
    'HTTP/1.1 101 Switching Protocols',
    true,
    [],
  ]);
}, 30_000);

it('takes in the requests that were there before it', async () => {
  const paths = ['/api/echo/1', '/products/p-1', '/proxied/here', '/api/echo/1', '/about'];
  const asked = paths.map((path) => Object.assign(newParent(), { path }));
  const app = await startNextApp('start', { TEST_EARLY_REQUESTS: String(asked.length) }, 'Local:');
  await Promise.all(asked.map(({ path, traceparent }) => read(app, path, { headers: { traceparent } })));
  await app.stop();
  const trees = asked.map(({ traceId }) => formatTree(app.collector.ofTrace(traceId)));
  const others = app.collector.spans.filter(({ traceId }) => asked.every((one) => one.traceId !== traceId));
  await app.collector.close();
  const early = `
    ^ GET /api/echo/[id] SERVER
      work for 1 INTERNAL
  `;
  expect(trees).toEqual(
    [
      early,
      `
      ^ GET /products/[id] SERVER
        render route (app) /products/[id] INTERNAL
          find the product INTERNAL
          find the reviews INTERNAL
          generateMetadata /products/[id]/page INTERNAL
            find the title INTERNAL
      `,
      `
      ^ GET /proxied/[id] SERVER
        middleware GET INTERNAL
          look at the visitor INTERNAL
        render route (app) /proxied/[id] INTERNAL
          find the page INTERNAL
      `,
      early,
      '^ GET /about SERVER',
    ].map(tree),
  );
  expect(others).toEqual([]);
}, 60_000);

const METADATA: Readonly<Record<'none' | 'all', string>> = {
  none: `
    ^ GET /products/[id] SERVER
      find the product INTERNAL
      find the reviews INTERNAL
      find the title INTERNAL
  `,
  all: `
    ^ GET /products/[id] SERVER
      resolve page components INTERNAL
        load route module INTERNAL
      prepare route module INTERNAL
      render route (app) /products/[id] INTERNAL
        build component tree INTERNAL
          resolve segment modules INTERNAL
          resolve segment modules INTERNAL
        find the product INTERNAL
        find the reviews INTERNAL
        generateMetadata /products/[id]/page INTERNAL
          find the title INTERNAL
        start response INTERNAL
  `,
};

it.each(['none', 'all'] as const)(
  'keeps %s of what Next tells',
  async (nextSpans) => {
    const app = await startNextApp('start', { TEST_NEXT_SPANS: nextSpans });
    const { traceId, traceparent } = newParent();
    await read(app, '/products/p-1', { headers: { traceparent } });
    await app.stop();
    await app.collector.close();
    expect(formatTree(app.collector.ofTrace(traceId))).toBe(tree(METADATA[nextSpans]));
  },
  60_000,
);

it('leaves the server span to Next where its provider cannot be guided, and says so once', async () => {
  const preload = join(__dirname, '../fixtures/unchangeable-provider.cjs');
  const app = await startNextApp('start', { NODE_OPTIONS: `--require ${JSON.stringify(preload)}` });
  const asked = ['/api/echo/1', '/api/echo/1', '/products/p-1'].map((path) => Object.assign(newParent(), { path }));
  for (const { path, traceparent } of asked) await read(app, path, { headers: { traceparent } });
  await app.stop();
  await app.collector.close();
  const handler = `
    ^ GET /api/echo/[id] SERVER
      work for 1 INTERNAL
  `;
  const page = `
    ^ GET /products/[id] SERVER
      render route (app) /products/[id] INTERNAL
        find the product INTERNAL
        find the reviews INTERNAL
        generateMetadata /products/[id]/page INTERNAL
          find the title INTERNAL
  `;
  expect([
    app.output().match(/throughline: .*/g),
    app.collector.spans.filter(({ kind }) => kind === SpanKind.SERVER).map(({ scope }) => scope),
    ...asked.map(({ traceId }) => formatTree(app.collector.ofTrace(traceId))),
  ]).toEqual([
    ['throughline: the server span of Next is used, because the tracer provider cannot be changed'],
    ['next.js', 'next.js', 'next.js'],
    ...[handler, handler, page].map(tree),
  ]);
}, 60_000);
