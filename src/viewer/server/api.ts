/** Jaeger's v1 query API over the store: services, operations, search, one trace, dependencies and transform. */
import { type Context, Hono } from 'hono';
import { type JaegerError, toJaegerEnvelope, toJaegerTrace } from './jaeger.ts';
import { noteReads } from './access-guard.ts';
import { BodyError, readBody } from './body.ts';
import type { DatabaseStore } from './database-store.ts';
import { decodeTracesJson, OtlpError } from './otlp.ts';
import { normalizeTraceId, parseSearch, SearchError } from './search.ts';
import type { Span } from './span.ts';

/** What the API needs. */
export interface ApiOptions {
  readonly store: DatabaseStore;
  /** The clock, in Unix milliseconds; `Date.now` by default. */
  readonly now?: () => number;
}

type Failure = 400 | 404 | 413 | 415 | 500 | 501;

const DAY_MILLIS = 24 * 3600 * 1000;
/** Of a file that is put in to be looked at. */
const MAX_TRANSFORM_BYTES = 64 * 1024 * 1024;

function reply(context: Context, body: object, status: 200 | Failure = 200): Response {
  const pretty = (context.req.query('prettyPrint') ?? 'false') !== 'false';
  return context.body(JSON.stringify(body, undefined, pretty ? 4 : undefined), status, {
    'content-type': 'application/json',
  });
}

function fail(context: Context, code: Failure, msg: string): Response {
  return reply(context, toJaegerEnvelope(null, 0, [{ code, msg }]), code);
}

interface FoundTrace {
  readonly traceId: string;
  readonly spans: readonly Span[];
}

async function findByIds(
  store: DatabaseStore,
  ids: readonly string[],
): Promise<{ traces: readonly FoundTrace[]; errors: readonly JaegerError[] }> {
  const traces: FoundTrace[] = [];
  const errors: JaegerError[] = [];
  for (const traceId of new Set(ids)) {
    const spans = await store.query('spans', traceId);
    if (spans.length === 0) errors.push({ msg: 'trace not found', traceID: traceId });
    else traces.push({ traceId, spans });
  }
  return { traces, errors };
}

function millisOf(context: Context, name: string, fallback: number): number {
  const text = context.req.query(name) ?? '';
  if (text === '') return fallback;
  if (!/^\d{1,15}$/u.test(text)) {
    throw new SearchError(`unable to parse param '${name}': expected Unix milliseconds, got ${text.slice(0, 100)}`);
  }
  return Number(text);
}

function tracesOf(body: Uint8Array): readonly FoundTrace[] {
  const traces = new Map<string, Span[]>();
  for (const span of decodeTracesJson(new TextDecoder().decode(body)).spans) {
    const spans = traces.get(span.traceId);
    if (spans === undefined) traces.set(span.traceId, [span]);
    else spans.push(span);
  }
  return [...traces].map(([traceId, spans]) => ({ traceId, spans }));
}

/** What a failure is to the one who asked. */
function codeOf(error: Error): Failure {
  if (error instanceof BodyError) return error.status;
  return error instanceof SearchError || error instanceof OtlpError ? 400 : 500;
}

/**
 * Builds the query API: `/api/services`, `/api/services/:service/operations`, `/api/operations`, `/api/traces`,
 * `/api/traces/:id`, `/api/dependencies` and `/api/transform`, with Jaeger's parameters, envelopes and status codes.
 *
 * @param options the store to read and the clock
 * @returns a Hono application to mount at the root
 * @example
 * const response = await createApi({ store }).request('/api/services');
 */
export function createApi({ store, now = Date.now }: ApiOptions): Hono {
  const app = new Hono();
  app.get('/api/services', async (context) => {
    const services = await store.query('jaegerServices', undefined);
    return reply(context, toJaegerEnvelope(services, services.length));
  });
  app.get('/api/services/:service/operations', async (context) => {
    const found = await store.query('jaegerOperations', context.req.param('service'));
    const names = new Set(found.map((operation) => operation.name));
    return reply(context, toJaegerEnvelope([...names], names.size));
  });
  app.get('/api/operations', async (context) => {
    const service = context.req.query('service') ?? '';
    if (service === '') return fail(context, 400, "parameter 'service' is required");
    const spanKind = context.req.query('spanKind') ?? '';
    const operations = (await store.query('jaegerOperations', service)).filter(
      (each) => spanKind === '' || each.spanKind === spanKind,
    );
    return reply(context, toJaegerEnvelope(operations, operations.length));
  });
  app.get('/api/traces', async (context) => {
    const search = parseSearch(new URL(context.req.url).searchParams, now());
    const { traces, errors } =
      search.traceIds.length > 0
        ? await findByIds(store, search.traceIds)
        : { traces: await store.query('jaegerSearch', search), errors: [] };
    noteReads(
      context,
      traces.map(({ traceId }) => traceId),
    );
    const data = traces.map((trace) => toJaegerTrace(trace.traceId, trace.spans));
    return reply(context, toJaegerEnvelope(data, 0, errors.length > 0 ? errors : null));
  });
  app.get('/api/traces/:id', async (context) => {
    const id = normalizeTraceId(context.req.param('id'));
    if (id === undefined) return fail(context, 400, 'cannot parse the trace id: expected hex or base64');
    const spans = await store.query('spans', id);
    if (spans.length === 0) return fail(context, 404, 'trace not found');
    return reply(context, toJaegerEnvelope([toJaegerTrace(id, spans)]));
  });
  app.get('/api/dependencies', async (context) => {
    const toMillis = millisOf(context, 'endTs', now());
    const fromMillis = toMillis - millisOf(context, 'lookback', DAY_MILLIS);
    const service = context.req.query('service') ?? '';
    const edges = await store.query('jaegerDependencies', { fromMillis, toMillis, service });
    return reply(context, toJaegerEnvelope(edges));
  });
  app.post('/api/transform', async (context) => {
    const traces = tracesOf(await readBody(context.req.raw, MAX_TRANSFORM_BYTES));
    return reply(context, toJaegerEnvelope(traces.map(({ traceId, spans }) => toJaegerTrace(traceId, spans))));
  });
  // What Jaeger answers where these are not set up: its page then hides them.
  app.post('/api/archive/:id', (context) => fail(context, 501, 'archive span storage was not configured'));
  app.get('/api/metrics/*', (context) => fail(context, 501, 'metrics querying is currently disabled'));
  app.all('/api/*', (context) => fail(context, 404, `no such endpoint: ${context.req.path.slice(0, 200)}`));
  app.onError((error, context) => fail(context, codeOf(error), error.message));
  return app;
}
