import {
  type Attribute,
  type DatabaseStore,
  type DatabaseStoreOptions,
  openStore,
  type Resource,
  type Scope,
  type Span,
  toOtlpTraces,
} from '../../../src/viewer/server/index.ts';

/** A string attribute. */
export function text(key: string, value: string): Attribute {
  return { key, value: { type: 'string', value } };
}

export function resourceOf(service: string): Resource {
  return { attributes: [text('service.name', service)], droppedAttributesCount: 0, entityRefs: [], schemaUrl: '' };
}

const WEB = resourceOf('web');
const SCOPE: Scope = { name: '', version: '', attributes: [], droppedAttributesCount: 0, schemaUrl: '' };

/** 2026-01-01T00:00:00Z, in nanoseconds. */
export const EPOCH = 1_767_225_600_000_000_000n;
export const MILLI = 1_000_000n;
export const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

/** Short names for ids: `id('a')` is the span id that ends in `a`. */
export function id(short: string): string {
  return short.padStart(16, '0');
}

/** A span of 10 ms by `web`, with whatever is given instead. */
export function sampleSpan(changes: Partial<Span> = {}): Span {
  const startTimeUnixNano = changes.startTimeUnixNano ?? EPOCH;
  return {
    traceId: TRACE_ID,
    spanId: id('1'),
    parentSpanId: '',
    traceState: '',
    flags: 1,
    name: 'GET /',
    kind: 1,
    startTimeUnixNano,
    endTimeUnixNano: startTimeUnixNano + 10n * MILLI,
    attributes: [],
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    status: { code: 0, message: '' },
    resource: WEB,
    scope: SCOPE,
    ...changes,
  };
}

/** Writes spans as one request. */
export function write(store: DatabaseStore, spans: readonly Span[]) {
  return store.write('json', Buffer.from(JSON.stringify(toOtlpTraces(spans))));
}

/** Runs a test against a store of its own that holds these spans. */
export async function withStore(
  spans: readonly Span[],
  run: (store: DatabaseStore) => Promise<void>,
  options: DatabaseStoreOptions = {},
): Promise<void> {
  const store = await openStore(options);
  try {
    if (spans.length > 0) await write(store, spans);
    await run(store);
  } finally {
    await store.close();
  }
}
