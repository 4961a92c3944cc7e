/** A host that freezes the process when its response is out is asked to wait until the spans are sent. */
import { once } from 'node:events';
import { type RequestListener, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { forceFlush, traceSync } from '@/lib/tracing/index.ts';
import { type TestTracing, bootTracing, resetGlobals } from '../../../../helpers/test-tracing.ts';

const HOSTS = [Symbol.for('@next/request-context'), Symbol.for('@vercel/request-context')];
const SLOW = { batch: { scheduledDelayMillis: 600_000 } };

let tracing: TestTracing | undefined;
const runtime = process.env['NEXT_RUNTIME'];
beforeEach(() => void (process.env['NEXT_RUNTIME'] = 'nodejs'));
afterEach(async () => {
  await tracing?.stop();
  tracing = undefined;
  for (const symbol of HOSTS) Reflect.deleteProperty(globalThis, symbol);
  if (runtime === undefined) delete process.env['NEXT_RUNTIME'];
  else process.env['NEXT_RUNTIME'] = runtime;
});

async function serve(listener: RequestListener): Promise<void> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/nowhere`)).text();
  server.close();
  await once(server, 'close');
}

it.each(HOSTS)('%p waits for the span of the request', async (symbol) => {
  const waited: Promise<unknown>[] = [];
  const host = { get: () => ({ waitUntil: (work: Promise<unknown>) => void waited.push(work) }) };
  Reflect.set(globalThis, symbol, host);
  const exporter = new InMemorySpanExporter();
  tracing = bootTracing({ ...SLOW, exporter });
  const before = exporter.getFinishedSpans().length;
  await serve((_request, response) => void response.end());
  await Promise.all(waited);
  expect([waited.length, before, exporter.getFinishedSpans().map(({ name }) => name)]).toEqual([1, 0, ['GET']]);
});

it.each<[what: string, host: unknown]>([
  ['is not there', undefined],
  ['has nothing for this request', { get: () => undefined }],
  ['has no waitUntil', { get: () => ({}) }],
  ['throws', { get: () => JSON.parse('{') as never }],
  ['throws when it is asked to wait', { get: () => ({ waitUntil: () => JSON.parse('{') as never }) }],
])('a host that %s changes nothing', async (_what, host) => {
  Reflect.set(globalThis, HOSTS[0] as symbol, host);
  tracing = bootTracing();
  await serve((_request, response) => void response.end());
  expect((await tracing.spans()).map(({ name }) => name)).toEqual(['GET']);
});

describe('forceFlush', () => {
  it('sends what has ended', async () => {
    const exporter = new InMemorySpanExporter();
    tracing = bootTracing({ ...SLOW, exporter });
    traceSync('work', () => 1);
    await forceFlush();
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['work']);
  });

  it('has nothing to do where nothing is booted', async () => {
    resetGlobals();
    expect(await forceFlush()).toBeUndefined();
  });

  it('does not reject when an exporter does', async () => {
    const failing = { export: () => JSON.parse('{') as never, shutdown: async () => {}, forceFlush: () => Promise.reject(new Error('no')) }; // prettier-ignore
    tracing = bootTracing({ exporter: failing });
    traceSync('work', () => 1);
    expect(await forceFlush()).toBeUndefined();
  });
});
