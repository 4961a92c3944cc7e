/** What is sampled, kept, trusted and passed on, in a stranger's app that is built once and started with other options. */
import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Collector } from '../helpers/collector.ts';
import { type RunningApp, type StrangerApp, createApp } from '../helpers/stranger-app.ts';
import { formatTree, tree } from '../helpers/trace-tree.ts';

const FILES = {
  'src/instrumentation.js': `export async function register() {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  if (process.env.HOST === 'freezes') {
    globalThis[Symbol.for('@next/request-context')] = { get: () => ({ waitUntil: (work) => void work }) };
  }
  const { startTracing } = await import('throughline/boot');
  startTracing(JSON.parse(process.env.OPTIONS ?? '{}'));
}
`,
  'src/app/api/health/route.js': `export const dynamic = 'force-dynamic';
export const GET = () => Response.json({ fit: true });
`,
  'src/app/api/orders/[id]/route.js': `import { traceAsync, withTracing } from 'throughline';
export const dynamic = 'force-dynamic';
export const GET = withTracing(async (request, { params }) => {
  const { id } = await params;
  await traceAsync('find the order', async () => {
    if (id === 'slow') await new Promise((resolve) => setTimeout(resolve, 2100));
  });
  if (id === 'broken') throw new RangeError('out of stars');
  return Response.json({ id });
});
`,
  'src/app/api/kept/route.js': `import { withTracing } from 'throughline';
export const revalidate = 60;
export const GET = withTracing(async () => Response.json({ at: 'build' }));
`,
  'src/app/api/call/[how]/route.js': `import http, { request } from 'node:http';
import { baggage, injectTraceContext, traceFetch, traceOutgoingRequest, withTracing } from 'throughline';
export const dynamic = 'force-dynamic';
const answered = (made) =>
  new Promise((resolve, reject) => {
    made.on('response', (response) => response.resume().on('end', resolve)).on('error', reject).end();
  });
const WAYS = {
  fetch: (url) => fetch(url).then((response) => response.text()),
  traceFetch: (url) => traceFetch(url).then((response) => response.text()),
  traceOutgoingRequest: (url) => traceOutgoingRequest('GET', url, (_span, headers) => fetch(url, { headers })),
  'fetch by hand': (url) => fetch(url, { headers: injectTraceContext() }).then((response) => response.text()),
  'http.request': (url) => answered(http.request(url)),
  'http.request with headers': (url) => answered(http.request(url, { headers: { 'x-own': '1' } })),
  'http.get': (url) => answered(http.get({ host: new URL(url).hostname, port: new URL(url).port, path: '/' })),
  request: (url) => answered(request(url)),
};
export const GET = withTracing(async (incoming, { params }) => {
  baggage.set('tenant', 'acme');
  const { how } = await params;
  await WAYS[decodeURIComponent(how)](incoming.headers.get('x-target'));
  return Response.json({});
});
`,
};
const WAYS = [
  'fetch',
  'traceFetch',
  'traceOutgoingRequest',
  'fetch by hand',
  'http.request',
  'http.request with headers',
  'http.get',
  'request',
];
const SHOWN = ['http.route', 'http.response.status_code', 'error.type'];

let app: StrangerApp;
let collector: Collector;
let running: RunningApp | undefined;
/** Somebody who is called, and keeps the headers that came. */
let callee: Server;
const came: Record<string, string | string[] | undefined>[] = [];

beforeAll(async () => {
  app = createApp('options', FILES);
  await app.build();
  collector = await new Collector().start();
  // On every address: 0.0.0.0 is this machine under a name that is on no list.
  callee = createServer((request, response) => {
    came.push(request.headers);
    if (request.url === '/leads-away') {
      response.writeHead(302, { location: `http://0.0.0.0:${(callee.address() as AddressInfo).port}/` });
    }
    response.end('answer');
  }).listen(0);
  await once(callee, 'listening');
}, 120_000);
afterEach(async () => {
  await running?.stop();
  running = undefined;
  collector.spans.length = 0;
  came.length = 0;
}, 30_000);
afterAll(async () => {
  callee?.close();
  await collector?.close();
  app?.remove();
});

async function start(options: object, env: Readonly<Record<string, string>> = {}): Promise<RunningApp> {
  running = await app.start({
    OPTIONS: JSON.stringify({ serviceName: 'stranger', ...options }),
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: '50',
    ...env,
  });
  return running;
}

async function ask(path: string, headers: Record<string, string> = {}): Promise<Response> {
  const response = await fetch(`${running?.url}${path}`, { headers });
  await response.text();
  return response;
}

let traces = 0;
function parent(flags: '00' | '01'): { traceId: string; traceparent: string } {
  traces += 1;
  const traceId = traces.toString(16).padStart(32, 'b');
  return { traceId, traceparent: `00-${traceId}-00f067aa0ba902b7-${flags}` };
}

/** Every trace that came, as trees in a fixed order, once the app has stopped and sent what it had. */
async function left(): Promise<string[]> {
  await running?.stop();
  const ids = [...new Set(collector.spans.map(({ traceId }) => traceId))];
  return ids.map((id) => formatTree(collector.ofTrace(id), SHOWN)).sort();
}

const ORDER = tree(`
  GET /api/orders/[id] SERVER http.route="/api/orders/[id]" http.response.status_code=200
    find the order INTERNAL
`);
const BROKEN = tree(`
  GET /api/orders/[id] SERVER ERROR http.route="/api/orders/[id]" http.response.status_code=500 error.type="500"
    find the order INTERNAL
`);

it('samples by route at the head: the rule, the ratio, and before both the parent', async () => {
  await start({ sampling: { ratio: 0, routes: { '/api/health': 0, '/api/orders/*': 1 } } });
  const sampled = parent('01');
  await ask('/api/health');
  await ask('/api/kept');
  await ask('/api/orders/7');
  await ask('/api/orders/7', { traceparent: parent('00').traceparent });
  await ask('/api/health', { traceparent: sampled.traceparent });
  expect(await left()).toEqual([
    ORDER,
    '^ GET /api/health SERVER http.route="/api/health" http.response.status_code=200',
  ]);
}, 30_000);

it('tells everybody downstream of a decision not to sample, however they are called', async () => {
  const { port } = callee.address() as AddressInfo;
  await start({ sampling: { ratio: 0 }, autoInstrumentations: true });
  for (const how of WAYS) {
    const { traceId, traceparent } = parent('00');
    came.length = 0;
    await ask(`/api/call/${encodeURIComponent(how)}`, { traceparent, 'x-target': `http://127.0.0.1:${port}/` });
    const [version, trace, , flags] = String(came[0]?.['traceparent']).split('-');
    expect([how, version, trace, flags, came[0]?.['baggage']]).toEqual([how, '00', traceId, '00', 'tenant=acme']);
  }
  expect(await left()).toEqual([]);
}, 30_000);

describe.each([
  ['to everybody', {}, { traceparent: true, baggage: false }],
  ['to those on the list', { propagateTo: ['0.0.0.0'], baggage: { targets: ['0.0.0.0'] } }, { traceparent: true, baggage: true }], // prettier-ignore
  ['to nobody else', { propagateTo: ['partner.example'] }, { traceparent: false, baggage: false }],
])('passes the trace on %s', (_to, options, expected) => {
  it.each([
    ['sampled', '01'],
    ['not sampled', '00'],
  ] as const)(
    'where it is %s',
    async (_what, flags) => {
      const { port } = callee.address() as AddressInfo;
      await start(options);
      const seen: Record<string, object> = {};
      for (const how of WAYS) {
        const { traceId, traceparent } = parent(flags);
        came.length = 0;
        await ask(`/api/call/${encodeURIComponent(how)}`, { traceparent, 'x-target': `http://0.0.0.0:${port}/` });
        const [headers] = came;
        seen[how] = {
          traceparent: String(headers?.['traceparent']).startsWith(`00-${traceId}-`),
          baggage: headers?.['baggage'] === 'tenant=acme',
        };
      }
      expect(seen).toEqual(Object.fromEntries(WAYS.map((how) => [how, expected])));
    },
    30_000,
  );
});

it.each<[what: string, options: object, stranger: [boolean, boolean]]>([
  ['baggage stays', {}, [true, false]],
  ['the trace stays too', { propagateTo: [] }, [false, false]],
])(
  'a redirect to a stranger: %s',
  async (_what, options, stranger) => {
    const { port } = callee.address() as AddressInfo;
    await start(options);
    for (const how of ['fetch', 'traceFetch', 'traceOutgoingRequest']) {
      came.length = 0;
      await ask(`/api/call/${how}`, { 'x-target': `http://127.0.0.1:${port}/leads-away` });
      const sent = came.map((headers) => [headers['traceparent'] !== undefined, headers['baggage'] !== undefined]);
      expect([how, ...sent]).toEqual([how, [true, true], stranger]);
    }
  },
  30_000,
);

it('keeps the failed and the slow of what was not sampled, whole, and nothing else', async () => {
  // A first request takes long on a busy machine, and is not to count as slow.
  await start({ sampling: { ratio: 0 }, keep: { errors: true, slowerThanMillis: 2000 } });
  const unsampled = parent('00');
  await ask('/api/orders/7');
  await ask('/api/health');
  await ask('/api/orders/broken');
  await ask('/api/orders/slow');
  await ask('/api/orders/broken', { traceparent: unsampled.traceparent });
  expect(await left()).toEqual([BROKEN, ORDER, `^ ${BROKEN}`]);
}, 30_000);

it('takes the trace of a caller that is not trusted for a link, and a new one begins', async () => {
  await start({ trustIncoming: 'none' });
  const { traceId, traceparent } = parent('00');
  const response = await ask('/api/orders/7', { traceparent, baggage: 'tenant=planted' });
  const own = response.headers.get('x-trace-id') ?? '';
  expect([own === traceId, await left()]).toEqual([false, [ORDER]]);
  const server = collector.ofTrace(own).find(({ name }) => name.startsWith('GET'));
  expect(server?.links).toEqual([
    { traceId, spanId: '00f067aa0ba902b7', attributes: { 'throughline.link.reason': 'untrusted caller' } },
  ]);
  expect(collector.text).not.toContain('planted');
}, 30_000);

it('puts the trace into the user’s hand, on what is not kept for others', async () => {
  await start({});
  const { traceId, traceparent } = parent('01');
  const rows = [];
  for (const path of ['/api/orders/7', '/api/orders/broken', '/api/kept', '/api/health']) {
    const { headers } = await ask(path, { traceparent });
    const timing = headers.get('server-timing');
    const server = /^traceparent;desc="00-([0-9a-f]{32})-[0-9a-f]{16}-01"$/.exec(timing ?? '')?.[1] ?? timing;
    rows.push([path, headers.get('x-trace-id'), server]);
  }
  expect(rows).toEqual([
    ['/api/orders/7', traceId, traceId],
    ['/api/orders/broken', traceId, traceId],
    ['/api/kept', null, null], // prerendered
    ['/api/health', null, null], // not wrapped
  ]);
}, 30_000);

it('has a host that freezes the process wait until the spans are sent', async () => {
  await start({}, { HOST: 'freezes', OTEL_BSP_SCHEDULE_DELAY: '600000' });
  const { traceId, traceparent } = parent('01');
  await ask('/api/orders/7', { traceparent });
  await collector.until('the spans', () => collector.ofTrace(traceId).length === 2, 10_000);
  expect(formatTree(collector.ofTrace(traceId), SHOWN)).toBe(`^ ${ORDER}`);
}, 30_000);
