/** `fetch` with the trace around it: what the page sees of it, and what the server is told. */
import { tracedFetch } from '../../../src/browser-tracing/fetch.ts';
import type { FinishedSpan } from '../../../src/browser-tracing/span.ts';
import { createTracer } from '../../../src/browser-tracing/tracer.ts';

const ORIGIN = 'https://shop.example';
const page = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', sampled: true };
const isTraced = /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/;

beforeAll(() => {
  Object.assign(globalThis, { location: new URL(`${ORIGIN}/cart`), document: { baseURI: `${ORIGIN}/cart` } });
});
afterAll(() => {
  for (const name of ['location', 'document']) Reflect.deleteProperty(globalThis, name);
});

interface Seen {
  readonly sent: string;
  readonly outcome: unknown;
}

/** What reaches the wire and what comes back, for a `fetch` made of `send`. */
async function call(
  wrap: (send: typeof fetch) => typeof fetch,
  input: RequestInfo | URL,
  init: RequestInit | undefined,
  answer: () => unknown,
): Promise<Seen> {
  let sent = 'nothing';
  const send = (async (target: RequestInfo | URL, options?: RequestInit) => {
    const made = new Request(target instanceof Request ? target : new URL(target, ORIGIN), options);
    const headers = [...made.headers].filter(([name]) => name !== 'traceparent');
    sent = JSON.stringify([made.method, made.url, headers, await made.text()]);
    return answer();
  }) as typeof fetch;
  const outcome = await wrap(send)(input, init).then(
    (value: unknown) => ({ value }),
    (thrown: unknown) => ({ thrown }),
  );
  return { sent, outcome };
}

const response = new Response('tents');
const failure = new TypeError('offline');
const throwing = (thrown: unknown) => (): never => {
  throw thrown;
};

const CALLS: readonly [
  what: string,
  input: () => RequestInfo | URL,
  init: RequestInit | undefined,
  answer: () => unknown,
][] = [
  ['a path', () => '/api/products', undefined, () => response],
  ['a URL', () => new URL('/api/products', ORIGIN), undefined, () => response],
  ['a body', () => '/api/cart', { method: 'POST', body: 'one tent' }, () => response],
  ['a request', () => new Request(`${ORIGIN}/api`, { headers: { 'x-own': '1' } }), undefined, () => response],
  [
    'a request with its headers replaced',
    () => new Request(`${ORIGIN}/api`, { headers: { 'x-own': '1' } }),
    { headers: { 'x-other': '2' } },
    () => response,
  ],
  [
    'a request with a body',
    () => new Request(`${ORIGIN}/api`, { method: 'PUT', body: 'two tents' }),
    undefined,
    () => response,
  ],
  ['another site', () => 'https://maps.example/tile', undefined, () => response],
  ['a header that is none', () => '/api', { headers: { 'no header': '1' } }, () => response],
  ['an address that is none', () => 'https://', undefined, () => response],
  ['a failure', () => '/api', undefined, throwing(failure)],
  ['null thrown', () => '/api', undefined, throwing(null)],
  ['undefined thrown', () => '/api', undefined, throwing(undefined)],
];

it.each(CALLS)('%s: the page sees what it saw without', async (_what, input, init, answer) => {
  const bare = await call((send) => send, input(), init, answer);
  const traced = await call(
    (send) =>
      tracedFetch(
        createTracer(page, 1, () => {}),
        send,
      ),
    input(),
    init,
    answer,
  );
  expect(traced).toEqual(bare);
});

describe('the span', () => {
  /** In one line: what the server is told, and what is recorded. */
  async function record(url: string, init?: RequestInit, answer: () => unknown = () => response): Promise<string> {
    const finished: FinishedSpan[] = [];
    let told: string | null = null;
    const send = (async (_input: unknown, options?: RequestInit) => {
      told = new Headers(options?.headers).get('traceparent');
      return answer();
    }) as typeof fetch;
    const fetching = tracedFetch(
      createTracer(page, 1, (span) => finished.push(span)),
      send,
    )(url, init);
    await fetching.catch(() => undefined);
    const spans = finished.map(({ name, status, attributes }) =>
      [name, status.code, ...attributes.map(({ value }) => Object.values(value).join(''))].join(' '),
    );
    return [told === null || !isTraced.test(told) ? 'not told' : 'told', ...spans].join(' | ');
  }

  const aborted = new DOMException('called off', 'AbortError');
  it.each([
    ['/api/products?token=planted', undefined, undefined, 'told | GET  GET shop.example /api/products 200'],
    ['/api', { method: 'post' }, () => new Response('', { status: 503 }), 'told | POST 2 POST shop.example /api 503'],
    ['/api', undefined, throwing(failure), 'told | GET 2 GET shop.example /api TypeError'],
    ['/api', undefined, throwing(aborted), 'told | GET  GET shop.example /api AbortError'],
    ['https://maps.example/', undefined, undefined, 'not told'],
    ['/cart?_rsc=1', { headers: { 'next-router-prefetch': '1' } }, undefined, 'not told'],
  ] as const)('of %s', async (url, init, answer, expected) => {
    expect(await record(url, init, answer)).toBe(expected);
  });
});
