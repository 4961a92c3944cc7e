/** The whole tree of every route, on the production build, with and without an incoming `traceparent`. */
import { SpanKind } from '@opentelemetry/api';
import { demoEmail } from '../../prisma/demo-user.ts';
import { type Platform, startPlatform } from '../helpers/platform.ts';
import { formatTree, tree } from '../helpers/trace-tree.ts';

const SHOWN = ['http.route', 'http.response.status_code', 'error.type', 'throughline.next.control_flow'];

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
}, 60_000);
afterAll(() => platform.stop(), 30_000);

interface Ask {
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
}

/** Sends one request, reads the answer to its end, and gives its trace once the SERVER span has come. */
async function traceOf(
  { method = 'GET', path, body }: Ask,
  parent?: { traceId: string; spanId: string },
): Promise<string> {
  const { collector, url } = platform;
  const before = new Set(collector.spans.map((span) => span.traceId));
  const response = await fetch(url + path, {
    method,
    redirect: 'manual',
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(parent === undefined ? {} : { traceparent: `00-${parent.traceId}-${parent.spanId}-01` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  await response.text();
  // A handler that throws has no response of its own to carry the id: then the newest trace of the path is the one.
  const found = (): string | undefined =>
    response.headers.get('x-trace-id') ??
    parent?.traceId ??
    collector.spans.find((span) => !before.has(span.traceId) && span.attributes['url.path'] === path)?.traceId;
  const spans = () => collector.ofTrace(found() ?? '');
  await collector.until(`the trace of ${path}`, () => spans().some((span) => span.kind === SpanKind.SERVER));
  return formatTree(spans(), SHOWN);
}

/** Every route with what it is asked and the tree that has to come of it. The key keeps carts and questions apart. */
const ROUTES: readonly (readonly [what: string, ask: (key: string) => Ask, expected: string])[] = [
  [
    'products',
    () => ({ path: '/api/products' }),
    `
    GET /api/products SERVER http.route="/api/products" http.response.status_code=200
      ProductService.list INTERNAL
        findMany Product CLIENT
    `,
  ],
  [
    'a search',
    () => ({ path: '/api/products?q=tent' }),
    `
    GET /api/products SERVER http.route="/api/products" http.response.status_code=200
      ProductService.search INTERNAL
        findMany Product CLIENT
    `,
  ],
  [
    'one product',
    () => ({ path: '/api/products/ridgeline-tent' }),
    `
    GET /api/products/[id] SERVER http.route="/api/products/[id]" http.response.status_code=200
      ProductService.find INTERNAL
        findUnique Product CLIENT
    `,
  ],
  [
    'an unknown product',
    () => ({ path: '/api/products/nothing' }),
    `
    GET /api/products/[id] SERVER http.route="/api/products/[id]" http.response.status_code=404
      ProductService.find INTERNAL
        findUnique Product CLIENT
    `,
  ],
  [
    'a wrong login',
    () => ({ method: 'POST', path: '/api/auth/login', body: { email: 'nobody@example.com', password: 'x' } }),
    `
    POST /api/auth/login SERVER http.route="/api/auth/login" http.response.status_code=401
      AuthService.login INTERNAL
        findUnique User CLIENT
        AuthService.verify INTERNAL
    `,
  ],
  [
    'a login',
    () => ({
      method: 'POST',
      path: '/api/auth/login',
      body: { email: demoEmail, password: process.env['DEMO_PASSWORD'] },
    }),
    `
    POST /api/auth/login SERVER http.route="/api/auth/login" http.response.status_code=200
      AuthService.login INTERNAL
        findUnique User CLIENT
        AuthService.verify INTERNAL
        count Order CLIENT
    `,
  ],
  [
    'a cart',
    (key) => ({ path: `/api/cart/empty-${key}` }),
    `
    GET /api/cart/[cartId] SERVER http.route="/api/cart/[cartId]" http.response.status_code=200
      CartService.find INTERNAL
        findMany CartItem CLIENT
          SELECT "public"."cart_items" CLIENT
          SELECT "public"."products" CLIENT
    `,
  ],
  [
    'adding to a cart',
    (key) => ({ method: 'POST', path: `/api/cart/${key}/add`, body: { productId: 'ridgeline-tent', quantity: 1 } }),
    `
    POST /api/cart/[cartId]/add SERVER http.route="/api/cart/[cartId]/add" http.response.status_code=200
      CartService.add INTERNAL
        TRANSACTION CLIENT
          BEGIN CLIENT
          findUnique Product CLIENT
          upsert Cart CLIENT
          upsert CartItem CLIENT
          COMMIT CLIENT
        CartService.find INTERNAL
          findMany CartItem CLIENT
            SELECT "public"."cart_items" CLIENT
            SELECT "public"."products" CLIENT
    `,
  ],
  [
    'a question',
    (key) => ({ method: 'POST', path: '/api/chat', body: { message: `Which tent, ${key}, for rain?` } }),
    `
    POST /api/chat SERVER http.route="/api/chat" http.response.status_code=200
      AssistantService.answer INTERNAL
        semantic_cache lookup CLIENT
        AssistantService.gatherFacts INTERNAL
          ProductService.search INTERNAL
            findMany Product CLIENT
          rank word-overlap INTERNAL
          OrderService.countSold INTERNAL
            SELECT order_items CLIENT
          ShippingService.quote INTERNAL
            GET /shipping/quote CLIENT http.response.status_code=200
        chat stand-in-1 CLIENT
          POST CLIENT http.response.status_code=200
        semantic_cache store CLIENT
    `,
  ],
  [
    'an order',
    (key) => ({ method: 'POST', path: '/api/orders', body: { cartId: key } }),
    `
    POST /api/orders SERVER http.route="/api/orders" http.response.status_code=201
      OrderService.checkout INTERNAL
        CartService.find INTERNAL
          findMany CartItem CLIENT
            SELECT "public"."cart_items" CLIENT
            SELECT "public"."products" CLIENT
        ShippingService.quote INTERNAL
          GET /shipping/quote CLIENT http.response.status_code=200
        OrderService.reserve INTERNAL
          TRANSACTION CLIENT
            BEGIN CLIENT
            findMany CartItem CLIENT
              SELECT "public"."cart_items" CLIENT
              SELECT "public"."products" CLIENT
            deleteMany CartItem CLIENT
            updateMany Product CLIENT
            create Order CLIENT
              INSERT "public"."orders" CLIENT
              INSERT "public"."order_items" CLIENT
              SELECT "public"."orders" CLIENT
            COMMIT CLIENT
        OrderService.book INTERNAL
          TRANSACTION CLIENT
            BEGIN CLIENT
            SELECT orders CLIENT
            UPDATE orders CLIENT
            COMMIT CLIENT
    `,
  ],
  [
    'malformed input',
    () => ({ method: 'POST', path: '/api/orders', body: { cartId: 7 } }),
    `
    POST /api/orders SERVER http.route="/api/orders" http.response.status_code=400
    `,
  ],
  [
    'health',
    () => ({ path: '/api/health' }),
    `
    GET /api/health SERVER http.route="/api/health" http.response.status_code=200
      HealthService.check INTERNAL
        SELECT CLIENT
        tracing health check INTERNAL
    `,
  ],
  [
    'a failure',
    () => ({ path: '/api/fail' }),
    `
    GET /api/fail SERVER ERROR http.route="/api/fail" http.response.status_code=500 error.type="500"
      count_the_stars INTERNAL ERROR error.type="RangeError"
    `,
  ],
  [
    'a redirect, which is no failure',
    () => ({ path: '/api/go' }),
    `
    GET /api/go SERVER http.route="/api/go" http.response.status_code=307 throughline.next.control_flow="redirect"
    `,
  ],
  ...['/', '/chat', '/cart'].map(
    (path) =>
      [
        `the page ${path}`,
        () => ({ path }),
        `
    GET ${path} SERVER http.route="${path}" http.response.status_code=200
      render route (app) ${path} INTERNAL
    `,
      ] as const,
  ),
  [
    'the page of a product',
    () => ({ path: '/products/ridgeline-tent' }),
    `
    GET /products/[id] SERVER http.route="/products/[id]" http.response.status_code=200
      render route (app) /products/[id] INTERNAL
        ProductService.find INTERNAL
          findUnique Product CLIENT
        generateMetadata /products/[id]/page INTERNAL
    `,
  ],
  [
    'the page of products',
    () => ({ path: '/products' }),
    `
    GET /products SERVER http.route="/products" http.response.status_code=200
      render route (app) /products INTERNAL
        ProductService.list INTERNAL
          findMany Product CLIENT
    `,
  ],
];

it.each(ROUTES)(
  '%s, a trace of its own',
  async (_what, ask, expected) => {
    expect(await traceOf(ask('alone'))).toBe(tree(expected));
  },
  30_000,
);

it.each(ROUTES.map(([what, ask, expected], index) => [what, ask, expected, index] as const))(
  '%s, in the trace that came in',
  async (_what, ask, expected, index) => {
    const parent = {
      traceId: `4bf92f3577b34da6a3ce929d${index.toString(16).padStart(8, '0')}`,
      spanId: '00f067aa0ba902b7',
    };
    expect(await traceOf(ask('joined'), parent)).toBe(`^ ${tree(expected)}`);
  },
  30_000,
);
