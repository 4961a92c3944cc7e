/** The hierarchy of the gateway's document in workerd, from the source that hierarchy.test.ts runs on Node. */
import { DRAWN } from '../fixtures/gateway/cart.ts';
import { Collector } from '../helpers/collector.ts';
import { formatTree, tree } from '../helpers/trace-tree.ts';
import { type RunningWorkers, startWorkers, worker } from '../helpers/workerd.ts';

let collector: Collector;
let workers: RunningWorkers | undefined;
afterEach(async () => {
  await workers?.stop();
  await collector.close();
});

it('comes out as the document draws it', async () => {
  collector = await new Collector().start();
  workers = await startWorkers([
    await worker('test/fixtures/workers/gateway.ts', {
      name: 'gateway',
      bindings: { OTEL_SERVICE_NAME: 'gateway', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
      durableObjects: { CART: 'CartDurableObject' },
      serviceBindings: { PRODUCTS: 'echo', FULFILLMENT: 'echo' },
    }),
    await worker('test/fixtures/workers/echo.ts', { name: 'echo' }),
  ]);
  const response = await fetch(`${workers.url}/api/cart/cart-7/add`, { method: 'POST' });
  const { product, shipping } = (await response.json()) as Record<string, { readonly traceparent: string }>;
  await collector.until('the whole trace', () => collector.spans.length >= 4);
  expect(formatTree(collector.spans, ['http.response.status_code', 'url.template'])).toBe(tree(DRAWN));
  // Each service was sent the trace, and its own span of it.
  const [traceId] = new Set(collector.spans.map((span) => span.traceId));
  const sent = (name: string): string =>
    `00-${traceId}-${collector.spans.find((span) => span.name.startsWith(name))?.spanId}-01`;
  expect([product?.traceparent, shipping?.traceparent]).toEqual([sent('PRODUCTS'), sent('FULFILLMENT')]);
}, 60_000);
