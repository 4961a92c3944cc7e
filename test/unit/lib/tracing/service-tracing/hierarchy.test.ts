/**
 * The hierarchy of the gateway's document: a request, a Durable Object, two services that it calls. The services are real
 * HTTP servers; the Durable Object is reached without any context of the caller's, as in Workers.
 */
import { ROOT_CONTEXT, SpanKind, defaultTextMapGetter } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  AlwaysOnSampler,
  InMemorySpanExporter,
  ParentBasedSampler,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { withTracing } from '@/lib/tracing/index.ts';
import { DRAWN, addToCart, cartFetch } from '../../../../fixtures/gateway/cart.ts';
import { type Answer, type NodeService, startService } from '../../../../helpers/node-service.ts';
import { startedTree } from '../../../../helpers/started-tree.ts';
import { type TestTracing, bootTracing } from '../../../../helpers/test-tracing.ts';
import { formatTree, fromSdk, tree } from '../../../../helpers/trace-tree.ts';

let tracing: TestTracing;
const services: NodeService[] = [];

afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.close()));
  await tracing.stop();
});

async function serve(answer: Answer): Promise<NodeService> {
  const service = await startService(answer);
  services.push(service);
  return service;
}

interface Platform {
  readonly products: NodeService;
  readonly fulfillment: NodeService;
  /** The gateway's route. */
  readonly add: (request: Request) => Promise<Response>;
}

function platform(products: NodeService, fulfillment: NodeService): Platform {
  const cart = {
    id: { toString: () => 'a1b2c3' },
    fetch: (url: string, init?: RequestInit): Promise<Response> =>
      cartFetch(new Request(url, init), {
        products: { name: 'PRODUCTS_SERVICE', url: products.url },
        fulfillment: { name: 'FULFILLMENT_SERVICE', url: fulfillment.url },
      }),
  };
  const add = withTracing((_request: Request) => addToCart(cart), { route: '/api/cart/:cartId/add' });
  return { products, fulfillment, add: async (request) => add(request) };
}

const ask = (headers: Record<string, string> = {}): Request =>
  new Request('http://shop.example/api/cart/cart-7/add', { method: 'POST', headers });

it('comes out as the document draws it', async () => {
  tracing = bootTracing();
  const { add, products, fulfillment } = platform(
    await serve(() => ({ status: 200, body: { price: 7 } })),
    await serve(() => ({ status: 200, body: ['letter'] })),
  );
  const response = await add(ask());
  expect([response.status, await response.json()]).toEqual([200, { product: { price: 7 }, shipping: ['letter'] }]);
  expect(await startedTree(tracing, ['http.response.status_code', 'url.template'])).toBe(tree(DRAWN));
  const trace = '00000000000000000000000000000001';
  expect([...products.received, ...fulfillment.received].map(({ traceparent }) => traceparent)).toEqual([
    `00-${trace}-0000000000000003-01`,
    `00-${trace}-0000000000000004-01`,
  ]);
});

/** A service that is traced by another library: a provider and a propagator of its own, as in an isolate of its own. */
function otherLibrary(): { answer: (name: string, body: unknown) => Answer; spans: () => ReadableSpan[] } {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  const propagator = new W3CTraceContextPropagator();
  return {
    answer: (name, body) => (request) => {
      const parent = propagator.extract(ROOT_CONTEXT, request.headers, defaultTextMapGetter);
      provider.getTracer('another-library').startSpan(name, { kind: SpanKind.SERVER }, parent).end();
      return { status: 200, body };
    },
    spans: () => exporter.getFinishedSpans(),
  };
}

it('goes on in services that another OpenTelemetry library traces', async () => {
  tracing = bootTracing();
  const other = otherLibrary();
  const { add, products } = platform(
    await serve(other.answer('GET /products/:id', {})),
    await serve(other.answer('GET /shipping-options', {})),
  );
  const response = await add(
    ask({
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      tracestate: 'vendor=kept',
    }),
  );
  await response.text(); // the request has ended when its answer has been read
  const own = await tracing.spans();
  const all = [...own, ...other.spans()];
  expect(formatTree(all.map(fromSdk))).toBe(
    tree(`
      ^ POST /api/cart/:cartId/add SERVER
        CartDurableObject POST /cart/add CLIENT
          PRODUCTS_SERVICE GET /products/:id CLIENT
            GET /products/:id SERVER
          FULFILLMENT_SERVICE GET /shipping-options CLIENT
            GET /shipping-options SERVER
    `),
  );
  expect([...new Set(all.map((span) => span.spanContext().traceId))]).toEqual(['4bf92f3577b34da6a3ce929d0e0e4736']);
  expect(products.received.map(({ tracestate }) => tracestate)).toEqual(['vendor=kept']);
});

it('is dropped everywhere where it is dropped at its beginning', async () => {
  tracing = bootTracing({ sampling: { ratio: 0 } });
  const other = otherLibrary();
  const { add, products } = platform(
    await serve(other.answer('GET /products/:id', {})),
    await serve(other.answer('GET /shipping-options', {})),
  );
  await add(ask());
  expect([await tracing.spans(), other.spans()]).toEqual([[], []]);
  expect(products.received.map(({ traceparent }) => String(traceparent).slice(-3))).toEqual(['-00']);
});
