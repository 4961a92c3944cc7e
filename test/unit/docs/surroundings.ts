/**
 * What the code in the documentation takes for granted: a database, a cache, a model, a request. One set for each run, so
 * that no block sees what another has done.
 */
import {
  DiagConsoleLogger,
  DiagLogLevel,
  SpanKind,
  SpanStatusCode,
  context,
  diag,
  metrics,
  propagation,
  trace,
} from '@opentelemetry/api';
import { Hono, Context as HonoContext } from 'hono';
import { NextRequest, NextResponse } from 'next/server';
import { createLive } from '@/viewer/server/live.ts';
import { type DatabaseStore, type Span, buildRows, toOtlpTraces } from '@/viewer/server/index.ts';
import { readRequestJson } from '@/viewer/server/otlp.ts';
import { openDatabase } from '@/viewer/server/schema.ts';
import { parseSearch } from '@/viewer/server/search.ts';
import { ExportTraceServiceRequestSchema } from '@/viewer/server/proto/generated/opentelemetry/proto/collector/trace/v1/trace_service_pb.js';

interface Row {
  readonly id: number;
}

/** A model's answer, in the form of openai's client. */
const ANSWER = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model: 'gpt-4-0613',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 },
} as const;

async function* streamAnswer(): AsyncGenerator<object> {
  yield { id: 'chatcmpl-1', model: 'gpt-4-0613', choices: [{ index: 0, delta: { content: 'Hel' } }] };
  yield { choices: [{ index: 0, delta: { content: 'lo' }, finish_reason: 'stop' }] };
  yield { choices: [], usage: { prompt_tokens: 12, completion_tokens: 3 } };
}

/** As much of openai's client as the documentation calls. */
function create(request: { readonly stream: true; readonly [name: string]: unknown }): Promise<AsyncIterable<object>>;
function create(request: { readonly [name: string]: unknown }): Promise<typeof ANSWER>;
async function create(request: { readonly [name: string]: unknown }): Promise<unknown> {
  return request['stream'] === true ? streamAnswer() : ANSWER;
}

type QueryExtension = (call: { model?: string; operation: string; args: unknown; query: unknown }) => unknown;

interface PrismaExtension {
  readonly query?: { readonly $allOperations?: QueryExtension };
  readonly client?: { readonly $transaction?: unknown };
}

/** As much of a Prisma client as the documentation calls; operations run when their promise is awaited. */
class PrismaClient {
  readonly #around: QueryExtension | undefined;
  readonly $transaction: <R>(work: (tx: PrismaClient) => Promise<R>) => Promise<R>;

  constructor(options?: {
    readonly adapter?: object;
    readonly around?: QueryExtension;
    readonly $transaction?: unknown;
  }) {
    this.#around = options?.around;
    this.$transaction = (options?.$transaction as PrismaClient['$transaction']) ?? ((work) => work(this));
  }

  readonly user = { findMany: (args?: object): Promise<Row[]> => this.#run('User', 'findMany', args, [{ id: 1 }]) };
  readonly order = { create: (args?: object): Promise<Row> => this.#run('Order', 'create', args, { id: 7 }) };

  $extends(extension: PrismaExtension): PrismaClient {
    const around = extension.query?.$allOperations ?? this.#around;
    const $transaction = extension.client?.$transaction;
    return new PrismaClient({ ...(around && { around }), ...($transaction === undefined ? {} : { $transaction }) });
  }

  #run<R>(model: string, operation: string, args: unknown, result: R): Promise<R> {
    const around = this.#around;
    const query = async (): Promise<R> => result;
    return Promise.resolve(around ? (around({ model, operation, args, query }) as Promise<R>) : query());
  }
}

const ignore = (..._said: readonly unknown[]): void => {};

interface FetchJob {
  readonly zip_code: string;
}

/** A message as Cloudflare Queues deliver it. */
class QueueMessage {
  readonly id = 'message-1';
  readonly timestamp = new Date();
  readonly attempts = 1;
  readonly body: FetchJob;

  constructor(zip_code: string) {
    const withIds = {
      zip_code,
      _trace: { trace_id: '4bf92f3577b34da6a3ce929d0e0e4736', span_id: '00f067aa0ba902b7' },
    };
    this.body = withIds;
  }

  ack(): void {}
  retry(): void {}
}

const BACKLOG = { metadata: { metrics: { backlogCount: 3, backlogBytes: 120 } } };

/** A queue as Cloudflare hands it to a worker. */
const BINDING = {
  send: async (_body: unknown, _options?: object): Promise<typeof BACKLOG> => BACKLOG,
  sendBatch: async (_messages: Iterable<object>): Promise<typeof BACKLOG> => BACKLOG,
};

/** As much of a pg-boss as the documentation calls: a job that is sent is there for who works on its queue. */
class Boss {
  readonly #sent: object[] = [];

  async send(_queue: string, data: object, _options?: object): Promise<string | null> {
    return `job-${this.#sent.push(data)}`;
  }

  async work(
    _queue: string,
    handle: (jobs: { id: string; data: FetchJob; retryCount: number; expireInSeconds: number }[]) => Promise<unknown>,
  ): Promise<string> {
    for (const [index, data] of this.#sent.entries()) {
      await handle([{ id: `job-${index + 1}`, data: data as FetchJob, retryCount: 0, expireInSeconds: 900 }]);
    }
    return 'worker-1';
  }
}

/** The bindings of a Worker, as much of them as the documentation calls. */
const BINDINGS = {
  FETCH_JOBS: BINDING,
  AI: {
    run: async (_model: string, _input: object): Promise<object> => ({
      response: 'Hello',
      usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 },
    }),
  },
  IMAGES: {
    get: async (_key: string): Promise<{ size: number } | null> => ({ size: 1024 }),
    put: async (_key: string, _data: unknown): Promise<{ size: number }> => ({ size: 2 }),
  },
  DB: {
    prepare: (_sql: string) => {
      const meta = { rows_read: 1, rows_written: 0, duration: 0.25 };
      const run = async (): Promise<{ results: Row[]; meta: typeof meta }> => ({ results: [{ id: 7 }], meta });
      return { bind: (..._values: unknown[]) => ({ all: run, run }) };
    },
  },
  VECTORIZE_INDEX: {
    query: async (_vector: readonly number[], _options: { topK: number }): Promise<{ matches: object[] }> => ({
      matches: [{ id: '1', score: 0.9 }],
    }),
    upsert: async (_vectors: readonly object[]): Promise<{ mutationId: string }> => ({ mutationId: 'm-1' }),
  },
  QUANTUM_KV: {
    get: async (_key: string): Promise<string | null> => null,
    put: async (_key: string, _value: string): Promise<void> => {},
  },
};

/** What the code may use without a word about it. */
// oxlint-disable-next-line typescript/explicit-module-boundary-types -- the type is the list itself
export function surroundings() {
  const fetched: Request[] = [];
  const stored = new Map<string, unknown>();
  return {
    // OpenTelemetry's API and Next's server page
    DiagConsoleLogger,
    DiagLogLevel,
    NextRequest,
    NextResponse,
    SpanKind,
    SpanStatusCode,
    context,
    diag,
    meter: metrics.getMeter('surroundings'),
    propagation,
    trace,
    /** A span that is open. */
    span: trace.getTracer('surroundings').startSpan('surroundings'),

    // databases
    db: {
      query: async (_sql: string, _params?: readonly unknown[]): Promise<{ rows: Row[] }> => ({ rows: [{ id: 1 }] }),
    },
    prisma: new PrismaClient(),
    PrismaClient,
    adapter: {},
    id: 1,
    query: 'SELECT * FROM users WHERE organization_id = $1',
    sql: 'SELECT * FROM users WHERE id = $1',
    params: ['org-456'],
    organizationId: 'org-456',
    orgId: 'org-456',
    transactionId: 'tx-1',

    // models and caches
    openai: { chat: { completions: { create } } },
    messages: [{ role: 'user', content: 'Say hello' }],
    answer: ANSWER,
    cache: {
      get: async (key: string): Promise<unknown> => stored.get(key),
      set: async (key: string, value: unknown, _ttl?: number): Promise<void> => void stored.set(key, value),
    },
    cacheKey: 'question-1',
    value: 'an answer',
    ttl: 60,
    trainModel: async (_data: object): Promise<object> => ({ weights: [] }),

    // requests, out and in
    fetched,
    fetch: async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
      fetched.push(new Request(input, init));
      return Response.json({ ok: true });
    },
    request: new NextRequest('http://localhost:3000/api/products/p-1?page=2', {
      headers: { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' },
    }),
    response: new Response('no', { status: 503 }),
    url: 'https://api.example.com/resource',
    client: { get: async (path: string, _options?: object): Promise<{ path: string }> => ({ path }) },
    customHttpClient: { get: async (path: string): Promise<{ path: string }> => ({ path }) },
    weatherAPI: { getForecast: async (_location: string): Promise<{ celsius: number }> => ({ celsius: 7 }) },
    location: 'Lisbon',
    lat: 38.7,
    lon: -9.1,
    email: 'ada@example.com',

    // a gateway
    stub: {
      id: { toString: () => 'a1b2c3' },
      fetch: async (_url: string, _init?: RequestInit): Promise<Response> => Response.json({ ok: true }),
    },
    authService: { verify: async (_carrier: object, _token: string): Promise<{ id: number }> => ({ id: 7 }) },
    storage: {
      get: async <T>(key: string): Promise<T | undefined> => stored.get(key) as T | undefined,
      put: async (key: string, kept: unknown): Promise<void> => void stored.set(key, kept),
      setAlarm: async (_at: number): Promise<void> => {},
    },
    // queues
    batch: { queue: 'fetch-jobs', messages: [new QueueMessage('78729'), new QueueMessage('10001')], ...BACKLOG },
    boss: new Boss(),
    binding: BINDING,
    message: new QueueMessage('78729'),
    fetchWeather: async (_zip: string): Promise<{ celsius: number }> => ({ celsius: 7 }),

    // a Worker
    env: BINDINGS,
    ctx: { waitUntil: (_work: Promise<unknown>): void => {} },
    prompt: 'Say hello',
    embedding: [0.1, 0.2],
    user: { role: 'admin' },
    userId: 'user-7',
    token: 'token-1',

    // the rest of a program
    console: { log: ignore, warn: ignore, error: ignore },
    data: { rows: 3 },
    items: [1, 2, 3],
    image: { width: 640 },
    complexOperation: async (): Promise<number> => 42,
    fetchData: async (): Promise<object> => ({ items: 3 }),
    processItem: async (_item: unknown): Promise<void> => {},
    resize: (_image: object): boolean => true,
    transform: async (input: string): Promise<string> => input.toUpperCase(),
  };
}

/** What `surroundings` gives. */
export type Surroundings = ReturnType<typeof surroundings>;

const VIEWED: Span = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  parentSpanId: '',
  traceState: '',
  flags: 1,
  name: 'GET /',
  kind: 2,
  startTimeUnixNano: 1_000_000_000n,
  endTimeUnixNano: 1_012_300_000n,
  attributes: [{ key: 'http.route', value: { type: 'string', value: '/' } }],
  droppedAttributesCount: 0,
  events: [],
  droppedEventsCount: 0,
  links: [],
  droppedLinksCount: 0,
  status: { code: 0, message: '' },
  resource: {
    attributes: [{ key: 'service.name', value: { type: 'string', value: 'web' } }],
    droppedAttributesCount: 0,
    entityRefs: [],
    schemaUrl: '',
  },
  scope: { name: '', version: '', attributes: [], droppedAttributesCount: 0, schemaUrl: '' },
};

/**
 * What the viewer's code takes for granted besides: a store and one span that was received.
 *
 * @param store an open one; whoever asks for the types alone needs none
 */
// oxlint-disable-next-line typescript/explicit-module-boundary-types -- the type is the list itself
export function viewerSurroundings(store = {} as DatabaseStore) {
  const spans: Span[] = [VIEWED];
  const [resourceSpans] = readRequestJson(JSON.stringify(toOtlpTraces(spans))).resourceSpans;
  const [scopeSpans] = resourceSpans?.scopeSpans ?? [];
  const [message] = scopeSpans?.spans ?? [];
  if (resourceSpans === undefined || scopeSpans === undefined || message === undefined) throw new Error('no span');
  return {
    ExportTraceServiceRequestSchema,
    app: new Hono(),
    database: openDatabase(':memory:'),
    live: createLive(store, '0.1.0'),
    message,
    resourceSpans,
    scopeSpans,
    search: parseSearch(new URLSearchParams('service=web'), 1_000),
    session: { role: 'admin' as const, version: '0.1.0', otlpUrl: 'http://localhost:4318', canDelete: true },
    context: new HonoContext(new Request('http://localhost:16686/')),
    event: { timeUnixNano: 1_005_000_000n, name: 'exception', attributes: [], droppedAttributesCount: 0 },
    params: new URLSearchParams('service=web'),
    request: new Request('http://localhost:4318/v1/traces', { method: 'POST', body: '{}' }),
    rows: buildRows(spans),
    span: VIEWED,
    spans,
    store,
    trace: { traceId: VIEWED.traceId, spans },
  };
}
