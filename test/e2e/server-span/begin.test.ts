/** Where the SERVER span begins and what it does not touch: upgrades, early requests, a provider that cannot be guided. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { SpanKind } from '@opentelemetry/api';
import { createParents } from '../../helpers/asking.ts';
import { buildNextApp, startNextApp } from '../../helpers/next-app.ts';
import { formatTree, tree } from '../../helpers/trace-tree.ts';

const newParent = createParents();

beforeAll(() => buildNextApp(), 300_000);

describe('Where the SERVER span begins', () => {
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
    await Promise.all(asked.map(({ path, traceparent }) => app.client.ask(path, { headers: { traceparent } })));
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
      await app.client.ask('/products/p-1', { headers: { traceparent } });
      await app.stop();
      await app.collector.close();
      expect(formatTree(app.collector.ofTrace(traceId))).toBe(tree(METADATA[nextSpans]));
    },
    60_000,
  );

  it('leaves the server span to Next where its provider cannot be guided, and says so once', async () => {
    const preload = join(__dirname, '../../fixtures/unchangeable-provider.cjs');
    const app = await startNextApp('start', { NODE_OPTIONS: `--require ${JSON.stringify(preload)}` });
    const asked = ['/api/echo/1', '/api/echo/1', '/products/p-1'].map((path) => Object.assign(newParent(), { path }));
    for (const { path, traceparent } of asked) await app.client.ask(path, { headers: { traceparent } });
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
});
