/** The page and its reports over a store in memory, in one process: for tests of pages that only read reports. */
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { readFilter } from '../../src/viewer/ui/filter.ts';
import { queries } from '../../src/viewer/server/queries.ts';
import { readRequestJson } from '../../src/viewer/server/otlp.ts';
import { createReportRoutes, type ReportOptions } from '../../src/viewer/server/report-routes.ts';
import { openDatabase } from '../../src/viewer/server/schema.ts';
import { createWriter } from '../../src/viewer/server/writer.ts';
import type { Health } from '../../src/viewer/wire.ts';
import { CSP } from './viewer-fake.ts';

export const NOTHING_RECEIVED: Health = {
  version: '0.1.0',
  startedMillis: Date.UTC(2026, 10, 21, 12),
  otlpUrl: 'http://localhost:4318',
  received: { requests: 0, spans: 0, logs: 0, logsWithoutTrace: 0, repeatedLogs: 0, replacedSpans: 0 },
  arrivals: [],
  refused: [],
  queue: { bytes: 0, maxBytes: 64_000_000 },
  store: { bytes: 0, spans: 0, traces: 0, logs: 0, waitingLogs: 0 },
  retention: { maxSpans: 1_000_000, maxBytes: 2_000_000_000, maxAgeHours: 168 },
  evicted: { spans: 0, traces: 0, logs: 0 },
  notices: [],
};

const kinds: Readonly<Record<string, string>> = { js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' };

/** Starts it on a free port, with what one request held. */
export async function startReportServer(folder: string, request: string, health: () => Health, now: () => number) {
  const database = openDatabase(':memory:');
  const written = createWriter(database).write(readRequestJson(request), now());
  const ask = (async (name: keyof typeof queries, args: never) =>
    queries[name](database, args)) as unknown as ReportOptions['ask'];
  const app = new Hono();
  app.use(async (context, next) => {
    await next();
    context.header('content-security-policy', CSP);
  });
  app.get('/api/viewer/live', (context) =>
    context.body('retry: 100000\ndata: {"kind":"hello","version":"0"}\n\n', 200, {
      'content-type': 'text/event-stream',
    }),
  );
  app.get('/api/viewer/health', (context) => context.json(health()));
  app.get('/api/viewer/session', (context) =>
    context.json({ role: 'admin', version: '0', otlpUrl: 'http://localhost:4318', canDelete: true }),
  );
  const filterOf = (query: URLSearchParams) =>
    readFilter(Object.fromEntries([...query.keys()].map((key) => [key, query.getAll(key)])));
  app.route('/', createReportRoutes({ ask, now, readFilter: filterOf }));
  app.get('*', async (context) => {
    const asset = context.req.path.startsWith('/assets/');
    const body = await readFile(join(folder, asset ? context.req.path : 'index.html'));
    const kind = asset ? kinds[context.req.path.split('.').at(-1) ?? ''] : 'text/html; charset=utf-8';
    return context.body(new Uint8Array(body), 200, { 'content-type': kind ?? 'application/octet-stream' });
  });
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    written,
    close: async (): Promise<void> => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      database.close();
    },
  };
}
