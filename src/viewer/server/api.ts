/** Jaeger's v1 query API over the store: services, operations, search and one trace. */
import { type Context, Hono } from 'hono';
import { type JaegerError, toJaegerEnvelope, toJaegerTrace } from './jaeger.ts';
import { normalizeTraceId, parseSearch, SearchError, selectTraces } from './search.ts';
import { kindName, serviceName } from './span.ts';
import type { SpanStore, StoredTrace } from './store.ts';

/** What the API needs. */
export interface ApiOptions {
  readonly store: SpanStore;
  /** The clock, in Unix milliseconds; `Date.now` by default. */
  readonly now?: () => number;
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function listServices(store: SpanStore): readonly string[] {
  return [...new Set(store.list().flatMap((trace) => trace.summary.services))].sort(compare);
}

interface Operation {
  readonly name: string;
  readonly spanKind: string;
}

function listOperations(store: SpanStore, service: string): readonly Operation[] {
  const found = new Map<string, Operation>();
  for (const trace of store.list()) {
    if (!trace.summary.services.includes(service)) continue;
    for (const span of trace.spans) {
      if (serviceName(span) !== service) continue;
      const kind = kindName(span);
      const spanKind = kind === 'unspecified' ? '' : kind;
      found.set(`${spanKind} ${span.name}`, { name: span.name, spanKind });
    }
  }
  return [...found.values()].sort((a, b) => compare(a.name, b.name) || compare(a.spanKind, b.spanKind));
}

function reply(context: Context, body: object, status: 200 | 400 | 404 | 500 = 200): Response {
  const pretty = (context.req.query('prettyPrint') ?? 'false') !== 'false';
  return context.body(JSON.stringify(body, undefined, pretty ? 4 : undefined), status, {
    'content-type': 'application/json',
  });
}

function fail(context: Context, code: 400 | 404 | 500, msg: string): Response {
  return reply(context, toJaegerEnvelope(null, 0, [{ code, msg }]), code);
}

function findByIds(store: SpanStore, ids: readonly string[]): { traces: StoredTrace[]; errors: JaegerError[] } {
  const traces: StoredTrace[] = [];
  const errors: JaegerError[] = [];
  for (const id of new Set(ids)) {
    const trace = store.get(id);
    if (trace === undefined) errors.push({ msg: 'trace not found', traceID: id });
    else traces.push(trace);
  }
  return { traces, errors };
}

/**
 * Builds the query API: `/api/services`, `/api/services/:service/operations`, `/api/operations`, `/api/traces` and
 * `/api/traces/:id`, with Jaeger's parameters, envelopes and status codes.
 *
 * @param options the store to read and the clock
 * @returns a Hono application to mount at the root
 * @example
 * const response = await createApi({ store }).request('/api/services');
 */
export function createApi({ store, now = Date.now }: ApiOptions): Hono {
  const app = new Hono();
  app.get('/api/services', (context) => {
    const services = listServices(store);
    return reply(context, toJaegerEnvelope(services, services.length));
  });
  app.get('/api/services/:service/operations', (context) => {
    const names = new Set(listOperations(store, context.req.param('service')).map((operation) => operation.name));
    return reply(context, toJaegerEnvelope([...names], names.size));
  });
  app.get('/api/operations', (context) => {
    const service = context.req.query('service') ?? '';
    if (service === '') return fail(context, 400, "parameter 'service' is required");
    const spanKind = context.req.query('spanKind') ?? '';
    const operations = listOperations(store, service).filter((each) => spanKind === '' || each.spanKind === spanKind);
    return reply(context, toJaegerEnvelope(operations, operations.length));
  });
  app.get('/api/traces', (context) => {
    const search = parseSearch(new URL(context.req.url).searchParams, now());
    const { traces, errors } =
      search.traceIds.length > 0
        ? findByIds(store, search.traceIds)
        : { traces: selectTraces(store.list(), search), errors: [] };
    const data = traces.map((trace) => toJaegerTrace(trace.traceId, trace.spans));
    return reply(context, toJaegerEnvelope(data, 0, errors.length > 0 ? errors : null));
  });
  app.get('/api/traces/:id', (context) => {
    const id = normalizeTraceId(context.req.param('id'));
    if (id === undefined) return fail(context, 400, 'cannot parse the trace id: expected hex or base64');
    const trace = store.get(id);
    if (trace === undefined) return fail(context, 404, 'trace not found');
    return reply(context, toJaegerEnvelope([toJaegerTrace(trace.traceId, trace.spans)]));
  });
  app.all('/api/*', (context) => fail(context, 404, `no such endpoint: ${context.req.path.slice(0, 200)}`));
  app.onError((error, context) => fail(context, error instanceof SearchError ? 400 : 500, error.message));
  return app;
}
