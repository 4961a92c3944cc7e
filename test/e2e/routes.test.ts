/** The whole tree of every route, on the production build, with and without an incoming `traceparent`. */
import { formatTree, tree } from '../helpers/trace-tree.ts';
import { type Platform, startPlatform } from '../helpers/platform.ts';

const PARENT = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
const SHOWN = ['http.route', 'http.response.status_code', 'error.type', 'throughline.next.control_flow'];

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
}, 60_000);
afterAll(() => platform.stop());

interface Ask {
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** Sends one request, reads the answer to its end, and gives its trace once the SERVER span has come. */
async function traceOf({ method = 'GET', path, body, headers = {} }: Ask, parent?: string): Promise<string> {
  const response = await fetch(platform.url + path, {
    method,
    redirect: 'manual',
    headers: {
      ...headers,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(parent === undefined ? {} : { traceparent: parent }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  await response.text();
  const traceId = response.headers.get('x-trace-id') ?? '';
  const { collector } = platform;
  await collector.until(`the trace ${traceId} of ${path}`, () =>
    collector.ofTrace(traceId).some((span) => span.kind === 1),
  );
  return formatTree(collector.ofTrace(traceId), SHOWN);
}

const ROUTES: readonly (readonly [what: string, ask: Ask, expected: string])[] = [
  ['products', { path: '/api/products' }, ``],
  ['a search', { path: '/api/products?q=tent' }, ``],
  ['one product', { path: '/api/products/ridgeline-tent' }, ``],
  ['an unknown product', { path: '/api/products/nothing' }, ``],
  [
    'a wrong login',
    { method: 'POST', path: '/api/auth/login', body: { email: 'nobody@example.com', password: 'x' } },
    ``,
  ],
  ['a cart', { path: '/api/cart/e2e' }, ``],
  [
    'adding to a cart',
    { method: 'POST', path: '/api/cart/e2e/add', body: { productId: 'ridgeline-tent', quantity: 1 } },
    ``,
  ],
  [
    'a question',
    { method: 'POST', path: '/api/chat', body: { message: 'Which tent would you take into the rain?' } },
    ``,
  ],
  ['an order', { method: 'POST', path: '/api/orders', body: { cartId: 'e2e' } }, ``],
  ['malformed input', { method: 'POST', path: '/api/orders', body: { cartId: 7 } }, ``],
  ['health', { path: '/api/health' }, ``],
  ['a failure', { path: '/api/fail' }, ``],
  ['a redirect', { path: '/api/go' }, ``],
];

describe.each([
  ['without a parent', undefined],
  ['with an incoming traceparent', `00-${PARENT.traceId}-${PARENT.spanId}-01`],
])('%s', (_case, parent) => {
  it.each(ROUTES)('%s', async (_what, ask, expected) => {
    const own = parent === undefined ? undefined : parent.replace(PARENT.traceId, nextTraceId());
    const rooted = own === undefined ? tree(expected) : `^ ${tree(expected)}`;
    expect(await traceOf(ask, own)).toBe(rooted);
  });
});

let traces = 0;
/** A trace id of its own for each request. */
function nextTraceId(): string {
  traces += 1;
  return `${PARENT.traceId.slice(0, 24)}${traces.toString(16).padStart(8, '0')}`;
}
