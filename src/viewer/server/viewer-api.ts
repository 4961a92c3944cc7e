/** The page's own API under `/api/viewer`: what `wire.ts` says, asked of the store. */
import { type Context, Hono } from 'hono';
import { type Retention, type Session, type TraceOrder, traceOrders } from '../wire.ts';
import { noteReads } from './access-guard.ts';
import type { DatabaseStore } from './database-store.ts';
import { streamJson } from './json-stream.ts';
import { retryOf } from './store-errors.ts';
import type { OtlpLogs } from './trace-logs.ts';
import { FilterError, isEmptyFilter, readFilter } from './filter-query.ts';
import type { Live } from './live.ts';

/** What the API needs. */
export interface ViewerApiOptions {
  readonly store: DatabaseStore;
  readonly live: Live;
  readonly session: Session;
}

const TRACE_ID = /^[0-9a-f]{32}$/u;
const SPAN_ID = /^[0-9a-f]{16}$/u;
/** `next` of a list; no number longer than 64 bits has. */
const CURSOR = /^\d{1,19}-\d{1,19}$/u;
const MAX_SPANS_ASKED = 200;
const MAX_LIST = 500;
const MAX_LOGS = 1_000;
const DELETE_LIMIT = 1_000_000;

function refuse(context: Context, status: 400 | 404 | 409 | 500, error: string): Response {
  return context.json({ error }, status);
}

function traceIdOf(context: Context): string {
  const id = (context.req.param('id') ?? '').toLowerCase();
  if (!TRACE_ID.test(id)) throw new FilterError('trace id: expected 32 hex digits');
  return id;
}

function paramsOf(context: Context): URLSearchParams {
  return new URL(context.req.url).searchParams;
}

function limitOf(params: URLSearchParams, usual = 100, most = MAX_LIST): number {
  const limit = Number(params.get('limit') ?? usual);
  if (!Number.isInteger(limit) || limit < 1) throw new FilterError('limit: expected a positive whole number');
  return Math.min(limit, most);
}

function orderOf(params: URLSearchParams): TraceOrder {
  const asked = params.get('order') ?? 'newest';
  const order = traceOrders.find((known) => known === asked);
  if (order === undefined) throw new FilterError(`order: expected one of ${traceOrders.join(', ')}`);
  return order;
}

async function* logParts(store: DatabaseStore, traceId: string, first: OtlpLogs): AsyncGenerator<string> {
  for (let part: OtlpLogs | undefined = first; part !== undefined;) {
    yield JSON.stringify(part.groups).slice(1, -1);
    part = part.next === undefined ? undefined : await store.query('otlpLogs', { traceId, after: part.next });
  }
}

const notFound = 'This trace is not in the store: it was evicted or deleted, or its spans have not arrived yet.';

/**
 * Builds the API.
 *
 * @param options the store, the hub and who asks
 * @returns a Hono application to mount at the root
 * @example
 * const response = await createViewerApi({ store, live, session }).request('/api/viewer/traces');
 */
export function createViewerApi({ store, live, session }: ViewerApiOptions): Hono {
  const app = new Hono().basePath('/api/viewer');
  app.get('/session', (context) => context.json(session));
  app.get('/traces', async (context) => {
    const params = paramsOf(context);
    const before = params.get('before');
    if (before !== null && !CURSOR.test(before)) throw new FilterError('before: expected `next` of another list');
    const args = { filter: readFilter(params), limit: limitOf(params), order: orderOf(params) };
    return context.json(await store.query('traces', { ...args, ...(before !== null && { before }) }));
  });
  app.get('/scatter', async (context) => context.json(await store.query('scatter', readFilter(paramsOf(context)))));
  app.get('/traces/:id', async (context) => {
    const skeleton = await store.query('skeleton', traceIdOf(context));
    if (skeleton === undefined) return refuse(context, 404, notFound);
    const etag = `"${skeleton.row.traceId}-${skeleton.version}"`;
    context.header('etag', etag);
    const isSame =
      paramsOf(context).get('since') === String(skeleton.version) || context.req.header('if-none-match') === etag;
    return isSame ? context.body(null, 304) : context.json(skeleton);
  });
  app.get('/traces/:id/spans', async (context) => {
    const spanIds = paramsOf(context).getAll('id');
    if (spanIds.length > MAX_SPANS_ASKED) throw new FilterError(`id: at most ${MAX_SPANS_ASKED} at once`);
    if (!spanIds.every((id) => SPAN_ID.test(id))) throw new FilterError('id: expected 16 hex digits');
    return context.json(await store.query('details', { traceId: traceIdOf(context), spanIds }));
  });
  app.get('/traces/:id/spans/:span', async (context) => {
    const spanIds = [context.req.param('span').toLowerCase()];
    const full = paramsOf(context).get('full') === '1';
    const [detail] = await store.query('details', { traceId: traceIdOf(context), spanIds, full });
    return detail === undefined ? refuse(context, 404, 'This span is not in the store.') : context.json(detail);
  });
  app.get('/traces/:id/usual', async (context) => {
    const usual = await store.query('usual', traceIdOf(context));
    return usual === undefined ? refuse(context, 404, notFound) : context.json(usual);
  });
  app.get('/traces/:id/logs', async (context) => {
    const [traceId, params] = [traceIdOf(context), paramsOf(context)];
    const format = params.get('format');
    if (format !== null && format !== 'otlp') throw new FilterError('format: expected otlp, or none');
    if (format === 'otlp') {
      const first = await store.query('otlpLogs', { traceId });
      if (first === undefined) return refuse(context, 404, 'No log record of this trace is in the store.');
      context.header('content-type', 'application/json');
      context.header('content-disposition', `attachment; filename="${traceId}.logs.otlp.json"`);
      return context.body(streamJson('{"resourceLogs":[', logParts(store, traceId, first), ']}'));
    }
    const after = params.get('after');
    if (after !== null && !CURSOR.test(after)) throw new FilterError('after: expected `next` of another page');
    const limit = limitOf(params, MAX_LOGS, MAX_LOGS);
    const logs = await store.query('logs', { traceId, limit, ...(after !== null && { after }) });
    return logs === undefined ? refuse(context, 404, notFound) : context.json(logs);
  });
  app.delete('/traces/:id', async (context) => {
    const id = traceIdOf(context);
    const { traceIds } = await store.remove([id]);
    if (traceIds.length === 0) return refuse(context, 404, notFound);
    live.deleted(traceIds);
    return context.json({ deleted: 1 });
  });
  app.delete('/traces', async (context) => {
    const params = paramsOf(context);
    const filter = readFilter(params);
    const isEverything = isEmptyFilter(filter);
    if (isEverything && params.get('confirm') !== 'all') {
      throw new FilterError('confirm: deleting every trace needs confirm=all');
    }
    const found = await store.query('ids', { filter, limit: DELETE_LIMIT });
    const { traceIds } = await store.remove(found, isEverything);
    live.deleted(traceIds);
    noteReads(context, traceIds);
    return context.json({ deleted: traceIds.length });
  });
  app.put('/settings', async (context) => {
    try {
      const { maxSpans, maxBytes, maxAgeHours } = await context.req.json<Retention>();
      await store.retain({ maxSpans, maxBytes, maxAgeHours });
      return context.json({ maxSpans, maxBytes, maxAgeHours });
    } catch (error) {
      // A bound, or a body, that is none.
      const isTheirs = error instanceof RangeError || error instanceof SyntaxError || error instanceof TypeError;
      if (isTheirs) return refuse(context, 400, error.message);
      throw error;
    }
  });
  app.onError((error, context) => {
    const retry = retryOf(error);
    if (retry !== undefined)
      return context.json({ error: error.message }, retry.status, { 'retry-after': retry.seconds });
    if (error instanceof FilterError) return refuse(context, 400, error.message);
    return refuse(context, 500, `The viewer failed: ${error.message}`);
  });
  return app;
}
