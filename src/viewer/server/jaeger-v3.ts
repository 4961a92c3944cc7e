/**
 * Jaeger's v3 query API, which its own page and Grafana ask since v1's search is being removed.
 * Source: jaeger-idl swagger/api_v3/query_service.openapi.yaml.
 */
import { type Context, Hono } from 'hono';
import { noteReads } from './access-guard.ts';
import type { DatabaseStore } from './database-store.ts';
import { toOtlpTraces } from './otlp-encode.ts';
import { parseFilter, UnsupportedFilterError } from './jaeger-filter.ts';
import { timeText } from './jaeger-units.ts';
import { normalizeTraceId, parseSearch, SearchError, type TraceSearch } from './search.ts';
import type { Span } from './span.ts';

/** What the API needs. */
export interface JaegerV3Options {
  readonly store: DatabaseStore;
}

/** v3's name of each of v1's parameters, in JSON's and in protobuf's spelling. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  service: ['query.serviceName', 'query.service_name'],
  operation: ['query.operationName', 'query.operation_name'],
  minDuration: ['query.durationMin', 'query.duration_min'],
  maxDuration: ['query.durationMax', 'query.duration_max'],
  limit: ['query.searchDepth', 'query.search_depth', 'query.num_traces'],
  tags: ['query.attributes'],
};
function given(params: URLSearchParams, names: readonly string[]): string {
  return names.map((name) => params.get(name) ?? '').find((text) => text !== '') ?? '';
}

function timeOf(params: URLSearchParams, names: readonly string[]): bigint | undefined {
  const text = given(params, names);
  if (text === '') return undefined;
  const time = timeText(text);
  if (time === undefined) throw new SearchError(`malformed parameter ${names[0]}: expected RFC 3339, got ${text}`);
  return time;
}

function requiredTime(params: URLSearchParams, names: readonly string[]): bigint {
  const time = timeOf(params, names);
  if (time === undefined) throw new SearchError(`parameter ${names[0]} is required`);
  return time;
}

function searchOf(params: URLSearchParams): TraceSearch {
  const startUnixNano = requiredTime(params, ['query.startTimeMin', 'query.start_time_min']);
  const endUnixNano = requiredTime(params, ['query.startTimeMax', 'query.start_time_max']);
  if (startUnixNano >= endUnixNano) {
    throw new SearchError('query.startTimeMin must be before query.startTimeMax');
  }
  const filterText = given(params, ['query.filter']);
  const translated = new URLSearchParams();
  for (const [name, names] of Object.entries(NAMES)) {
    const text = given(params, names);
    if (text !== '') translated.set(name, text);
  }
  if (filterText !== '' && [...translated.keys()].some((name) => name !== 'limit')) {
    throw new SearchError('query.filter stands alone: say the other conditions in it');
  }
  const filter = filterText === '' ? {} : { filter: parseFilter(filterText) };
  try {
    return { ...parseSearch(translated, 0, { anyService: true }), startUnixNano, endUnixNano, ...filter };
  } catch (error) {
    if (!(error instanceof SearchError)) throw error;
    // The message names v1's parameter.
    throw new SearchError(error.message.replaceAll(/'(\w+)'/gu, (whole, name: string) => NAMES[name]?.[0] ?? whole));
  }
}

function fail(context: Context, httpCode: 400 | 404 | 500 | 501, message: string): Response {
  return context.json({ error: { httpCode, message } }, httpCode);
}

function send(context: Context, spans: readonly Span[]): Response {
  if (spans.length === 0) return fail(context, 404, 'No traces found');
  return context.json({ result: toOtlpTraces(spans) });
}

/**
 * Builds the API: services, operations, trace summaries, search and one trace.
 *
 * @param options the store to read
 * @returns a Hono application to mount at the root
 * @example
 * const response = await createJaegerV3({ store }).request('/api/v3/services');
 */
export function createJaegerV3({ store }: JaegerV3Options): Hono {
  const app = new Hono().basePath('/api/v3');
  const paramsOf = (context: Context): URLSearchParams => new URL(context.req.url).searchParams;
  app.get('/services', async (context) => context.json({ services: await store.query('jaegerServices', undefined) }));
  app.get('/operations', async (context) => {
    const params = paramsOf(context);
    const service = given(params, ['service']);
    if (service === '') return fail(context, 400, 'parameter service is required');
    const spanKind = given(params, ['spanKind', 'span_kind']);
    const operations = (await store.query('jaegerOperations', service)).map(({ name, spanKind: kind }) => ({
      name,
      spanKind: kind === '' ? 'internal' : kind,
    }));
    return context.json({ operations: operations.filter((each) => spanKind === '' || each.spanKind === spanKind) });
  });
  app.get('/trace-summaries', async (context) => {
    const summaries = await store.query('jaegerSummaries', searchOf(paramsOf(context)));
    return context.json(summaries.length === 0 ? {} : { summaries });
  });
  app.get('/traces', async (context) => {
    const found = await store.query('jaegerSearch', searchOf(paramsOf(context)));
    noteReads(
      context,
      found.map(({ traceId }) => traceId),
    );
    return send(
      context,
      found.flatMap(({ spans }) => spans),
    );
  });
  app.get('/traces/:id', async (context) => {
    const params = paramsOf(context);
    const id = normalizeTraceId(context.req.param('id'));
    if (id === undefined) return fail(context, 400, 'malformed parameter trace_id: expected hex or base64');
    // They spare Jaeger's stores a search; here the id finds the trace, so that they are only checked.
    timeOf(params, ['startTime', 'start_time']);
    timeOf(params, ['endTime', 'end_time']);
    return send(context, await store.query('spans', id));
  });
  app.all('/*', (context) => fail(context, 404, `no such endpoint: ${context.req.path.slice(0, 200)}`));
  app.onError((error, context) => {
    if (error instanceof UnsupportedFilterError) return fail(context, 501, error.message);
    return fail(context, error instanceof SearchError ? 400 : 500, error.message);
  });
  return app;
}
