/** Traces as files: `GET /api/viewer/export` and `POST /api/viewer/import`, in OTLP's and in Jaeger's JSON. */
import { type Context, Hono } from 'hono';
import type { Imported } from '../wire.ts';
import { noteReads } from './access-guard.ts';
import { BodyError, readBody } from './body.ts';
import type { DatabaseStore, Stored } from './database-store.ts';
import { retryOf } from './store-errors.ts';
import { FilterError, readFilter } from './filter-query.ts';
import { readInThread } from './import-thread.ts';
import { toJaegerTrace } from './jaeger.ts';
import { streamJson } from './json-stream.ts';
import { OtlpError } from './otlp.ts';
import { toOtlpTraces } from './otlp-encode.ts';
import { normalizeTraceId } from './search.ts';
import type { Span } from './span.ts';

/** What the API needs. */
export interface FilesOptions {
  readonly store: DatabaseStore;
  /** Is told of each part of a file that was written. */
  readonly onStored: (stored: Stored) => void;
}

const MAX_IMPORT_BYTES = 256 * 1024 * 1024;
const MAX_EXPORTED = 10_000;

/** How a file of one format begins, goes on and ends; `part` is one trace in it. */
interface Format {
  readonly begin: string;
  readonly part: (traceId: string, spans: readonly Span[]) => string;
  readonly end: string;
}
const FORMATS: Readonly<Record<Imported['format'], Format>> = {
  otlp: {
    begin: '{"resourceSpans":[',
    part: (_traceId, spans) => JSON.stringify(toOtlpTraces(spans).resourceSpans).slice(1, -1),
    end: ']}\n',
  },
  jaeger: {
    begin: '{"data":[',
    part: (traceId, spans) => JSON.stringify(toJaegerTrace(traceId, spans)),
    end: '],"total":0,"limit":0,"offset":0,"errors":null}\n',
  },
};

async function* partsOf(store: DatabaseStore, format: Format, traceIds: readonly string[]): AsyncGenerator<string> {
  for (const traceId of traceIds) {
    const spans = await store.query('spans', traceId);
    // Without spans it has been evicted since.
    if (spans.length > 0) yield format.part(traceId, spans);
  }
}

async function exportFile(context: Context, store: DatabaseStore): Promise<Response> {
  const params = new URL(context.req.url).searchParams;
  const name = params.get('format') ?? 'otlp';
  if (name !== 'otlp' && name !== 'jaeger') throw new FilterError('format: expected otlp or jaeger');
  const asked = params.getAll('traceId').map((text) => {
    const id = normalizeTraceId(text);
    if (id === undefined) throw new FilterError('traceId: expected 32 hex digits');
    return id;
  });
  const traceIds =
    asked.length > 0 ? asked : await store.query('ids', { filter: readFilter(params), limit: MAX_EXPORTED });
  const known = asked.length === 0 || (await store.query('rows', asked)).length > 0;
  if (!known || traceIds.length === 0) return context.json({ error: 'No such trace is in the store.' }, 404);
  noteReads(context, traceIds);
  const format = FORMATS[name];
  return new Response(streamJson(format.begin, partsOf(store, format, traceIds), format.end), {
    headers: {
      'content-type': 'application/json',
      'content-disposition': `attachment; filename="${traceIds.length === 1 ? traceIds[0] : 'traces'}.${name}.json"`,
    },
  });
}

async function importFile(context: Context, { store, onStored }: FilesOptions): Promise<Response> {
  const { format, parts, rejected, reason } = await readInThread(await readBody(context.req.raw, MAX_IMPORT_BYTES));
  const traceIds = new Set<string>();
  let spans = 0;
  for (const part of parts) {
    const stored = await store.write('protobuf', part);
    onStored(stored);
    spans += stored.spans;
    for (const id of Object.keys(stored.traces)) traceIds.add(id);
  }
  noteReads(context, [...traceIds]);
  return context.json({
    format,
    spans,
    traceIds: [...traceIds],
    rejected,
    ...(reason !== '' && { reason }),
  } satisfies Imported);
}

/**
 * Builds the API.
 *
 * @param options the store, and who is told of what was written
 * @returns a Hono application to mount at the root
 * @example
 * const response = await createFilesApi({ store, onStored: () => undefined }).request('/api/viewer/export?format=otlp');
 */
export function createFilesApi(options: FilesOptions): Hono {
  const app = new Hono();
  app.get('/api/viewer/export', (context) => exportFile(context, options.store));
  app.post('/api/viewer/import', (context) => importFile(context, options));
  app.onError((error, context) => {
    if (error instanceof BodyError) return context.json({ error: error.message }, error.status);
    const retry = retryOf(error);
    if (retry !== undefined)
      return context.json({ error: error.message }, retry.status, { 'retry-after': retry.seconds });
    const isTheirs = error instanceof OtlpError || error instanceof FilterError;
    return context.json({ error: error.message }, isTheirs ? 400 : 500);
  });
  return app;
}
