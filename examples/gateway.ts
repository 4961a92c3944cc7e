/**
 * A gateway in front of a Durable Object, and two services that the object calls, each in a process of its own. One request
 * goes through all of them. Run: node examples/gateway.ts
 * The trace goes to the local viewer, or where OTEL_EXPORTER_OTLP_ENDPOINT says.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { type RequestListener, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { context } from '@opentelemetry/api';
import { startTracing } from '../src/lib/tracing/boot/index.ts';
import { extractTraceContext, withTracing } from '../src/lib/tracing/index.ts';
import { callService, fetchDO } from '../src/lib/tracing/service-tracing/index.ts';

type Handler = (request: Request) => Promise<Response>;

/** Serves a handler of web requests with Node's HTTP server, on a free port. */
async function serve(handler: Handler): Promise<string> {
  const listener: RequestListener = (incoming, outgoing) => {
    const headers = new Headers();
    for (const [name, value] of Object.entries(incoming.headers))
      if (value !== undefined) headers.set(name, String(value));
    const request = new Request(`http://${incoming.headers.host}${incoming.url}`, {
      method: incoming.method ?? 'GET',
      headers,
    });
    void handler(request).then(async (response) => {
      outgoing.writeHead(response.status, Object.fromEntries(response.headers));
      outgoing.end(Buffer.from(await response.arrayBuffer()));
    });
  };
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const SERVICES = {
  'products-service': withTracing((_request: Request) => Response.json({ id: 'p-1', price: 7 }), {
    route: '/products/:id',
  }),
  'fulfillment-service': withTracing((_request: Request) => Response.json(['letter', 'parcel']), {
    route: '/shipping-options',
  }),
} as const;

/** One of the services: says its address to the gateway, and ends with it. */
async function runService(name: keyof typeof SERVICES): Promise<void> {
  const tracing = startTracing({ serviceName: name, autoInstrumentations: false });
  process.send?.(await serve(async (request) => SERVICES[name](request)));
  await once(process, 'disconnect');
  await tracing.shutdown();
  process.exit();
}

/** Starts a service in a process of its own. */
async function startService(name: keyof typeof SERVICES): Promise<{ url: string; stop: () => Promise<unknown> }> {
  const child = fork(import.meta.filename, [name]);
  const [url] = (await once(child, 'message')) as [string];
  return {
    url,
    stop: () => {
      const ended = once(child, 'exit');
      child.disconnect();
      return ended;
    },
  };
}

/** What a Durable Object of Cloudflare's is: an object with `fetch`, which is reached by its stub. */
function createCart(
  products: string,
  fulfillment: string,
): { id: string; fetch: (url: string, init?: RequestInit) => Promise<Response> } {
  return {
    id: 'a1b2c3',
    fetch: (url, init) =>
      context.with(extractTraceContext(new Request(url, init)), async () => {
        const product = await callService({ name: 'PRODUCTS_SERVICE', url: products }, '/products/p-1');
        const shipping = await callService({ name: 'FULFILLMENT_SERVICE', url: fulfillment }, '/shipping-options');
        return Response.json({ product: await product.json(), shipping: await shipping.json() });
      }),
  };
}

async function runGateway(): Promise<void> {
  const tracing = startTracing({ serviceName: 'gateway', autoInstrumentations: false });
  const [products, fulfillment] = await Promise.all([
    startService('products-service'),
    startService('fulfillment-service'),
  ]);
  const cart = createCart(products.url, fulfillment.url);
  const add = withTracing((_request: Request) => fetchDO(cart, 'CartDurableObject', '/cart/add', { method: 'POST' }), {
    route: '/api/cart/:cartId/add',
  });
  const gateway = await serve(async (request) => add(request));
  const response = await fetch(`${gateway}/api/cart/cart-7/add`, { method: 'POST' });
  process.stdout.write(`${response.status} ${await response.text()}\n`);
  await Promise.all([products.stop(), fulfillment.stop()]);
  await tracing.shutdown();
  process.stdout.write(`http://localhost:16686/trace/${response.headers.get('x-trace-id')}\n`);
  process.exit();
}

const role = process.argv[2];
await (role === 'products-service' || role === 'fulfillment-service' ? runService(role) : runGateway());
