/**
 * What travels between the viewer's server and its page, under `/api/viewer`: types alone, so that both sides import it and
 * nothing runs. Times are Unix milliseconds with a fraction (to the microsecond), durations are milliseconds with a
 * fraction, ids are lower-case hex, money is US dollars. A property that may be unknown is absent, never guessed.
 */

/** What an operation does, decided at ingest from kind and attributes; one hue each on every page. */
export const operationTypes = [
  'http',
  'ai',
  'database',
  'queue',
  'cache',
  'kv',
  'r2',
  'd1',
  'vectorize',
  'auth',
  'internal',
] as const;
export type OperationType = (typeof operationTypes)[number];

/**
 * The filter of a search, as query parameters of every endpoint that takes one. Lists are repeated parameters; values in one
 * list are alternatives, different parameters must all hold. Conditions on spans (`type`, `service`, `attr`) hold when any
 * span of the trace meets them.
 */
export interface TraceFilter {
  /** Free text: words that names, ids, routes, services and attribute values of the trace must contain. */
  readonly q?: string;
  readonly type?: readonly OperationType[];
  readonly service?: readonly string[];
  /** As in `GET /api/products/[id]`: method and route of the root, or of what answered it. */
  readonly route?: readonly string[];
  readonly status?: readonly ('ok' | 'error')[];
  readonly minMillis?: number;
  readonly maxMillis?: number;
  /** Start of the trace, both ends included. */
  readonly from?: number;
  readonly to?: number;
  /** `key=value`, or `key` alone for "is there"; on span, resource or event. */
  readonly attr?: readonly string[];
}

/** What a model used. Counts are tokens. */
export interface TokenUsage {
  readonly input: number;
  readonly output: number;
  /** Part of `input` that came from the provider's cache. */
  readonly cachedInput?: number;
  /** Part of `output` spent on reasoning. */
  readonly reasoning?: number;
}

/** One line of the trace list. */
export interface TraceRow {
  readonly traceId: string;
  /** Of the root; a page's request, which is named only by its method, is called by the route that answered it or its path. */
  readonly name: string;
  readonly service: string;
  readonly services: readonly string[];
  /** Of the root, or of the server that answered a root that is a request. */
  readonly route?: string;
  readonly httpStatus?: number;
  readonly startMillis: number;
  readonly durationMillis: number;
  readonly spanCount: number;
  readonly errorCount: number;
  /** Spans per operation type; types without a span are absent. */
  readonly types: Readonly<Partial<Record<OperationType, number>>>;
  /** Summed over AI spans; absent without one. */
  readonly tokens?: TokenUsage;
  /** Absent when no AI span, or when any of them has an unknown price (then `costUnknown`). */
  readonly costUsd?: number;
  readonly costUnknown?: true;
  /** True while the root has not arrived. */
  readonly open: boolean;
}

/** Value and number of traces, over the whole search without that facet's own condition; at most 50 values. */
export type Facet = readonly (readonly [value: string, traces: number])[];

/** In which order a list is: by start, or by duration, the largest first. */
export const traceOrders = ['newest', 'longest'] as const;
export type TraceOrder = (typeof traceOrders)[number];

/** `GET /api/viewer/traces?{filter}&order=newest|longest&limit=100&before={cursor}`; newest first by default. */
export interface TraceList {
  readonly traces: readonly TraceRow[];
  /** Traces that match in all. */
  readonly total: number;
  /** Give as `before` for the next page; absent on the last. */
  readonly next?: string;
  readonly facets: { readonly type: Facet; readonly service: Facet; readonly route: Facet; readonly status: Facet };
}

/** `GET /api/viewer/scatter?{filter}`: columns of the same length, at most 5,000 of the newest matches. */
export interface Scatter {
  readonly traceIds: readonly string[];
  readonly startMillis: readonly number[];
  readonly durationMillis: readonly number[];
  readonly errors: readonly (0 | 1)[];
  readonly types: readonly OperationType[];
}

/**
 * `GET /api/viewer/traces/{id}`: every span as columns, in depth-first order (children by start), so that 100,000 of them
 * are one small message. Sends `ETag`; `?since={version}` answers 304 when nothing came since.
 */
export interface TraceSkeleton {
  readonly row: TraceRow;
  /** Grows with every batch that touched the trace. */
  readonly version: number;
  readonly names: readonly string[];
  readonly services: readonly string[];
  readonly spans: {
    readonly id: readonly string[];
    /** Position of the parent in these columns; -1 for a root, -2 when the parent has not arrived. */
    readonly parent: readonly number[];
    readonly depth: readonly number[];
    /** Positions in `names` and `services`. */
    readonly name: readonly number[];
    readonly service: readonly number[];
    /** Position in `operationTypes`. */
    readonly type: readonly number[];
    /** OTLP's numbers. */
    readonly kind: readonly number[];
    readonly status: readonly number[];
    /** Microseconds after the trace's start. */
    readonly startMicros: readonly number[];
    readonly durationMicros: readonly number[];
  };
  /** Only spans that have some: position -> count. */
  readonly events: Readonly<Record<number, number>>;
  readonly links: Readonly<Record<number, number>>;
  readonly tokens: Readonly<Record<number, TokenUsage>>;
  /** Position -> dollars, or null for an AI span whose price is unknown. */
  readonly costUsd: Readonly<Record<number, number | null>>;
  /** What is wrong with the trace: cycles cut, clocks that disagree, spans evicted; sentences. */
  readonly warnings: readonly string[];
}

/** A JSON picture of an attribute: 64-bit integers beyond 2^53 as strings, bytes as base64. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };
export interface AttributeRow {
  readonly key: string;
  readonly type: 'empty' | 'string' | 'bool' | 'int' | 'double' | 'bytes' | 'array' | 'map';
  /** Texts over 16 KiB are cut here, longer lists and maps become the beginning of their text; `?full=1` on the span's endpoint gives them whole. */
  readonly value: JsonValue;
  readonly cutBytes?: number;
}

export interface EventRow {
  readonly name: string;
  readonly timeMillis: number;
  readonly attributes: readonly AttributeRow[];
}

/** From the least to the worst. */
export const logSeverities = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;
export type LogSeverity = (typeof logSeverities)[number];

export interface LogRow {
  /** Of this record in its trace. */
  readonly id: string;
  /** When it happened, else when it was observed; absent where the sender says neither. */
  readonly timeMillis?: number;
  /** When it was observed, where that is another time. */
  readonly observedMillis?: number;
  /** By OTLP's number, else by its text; '' when neither says. */
  readonly severity: LogSeverity | '';
  /** The sender's own word, where it is another one. */
  readonly severityText?: string;
  readonly eventName?: string;
  /** Cut like the values of attributes. */
  readonly body: JsonValue;
  readonly bodyCutBytes?: number;
  readonly spanId?: string;
  readonly service: string;
  readonly attributes: readonly AttributeRow[];
  /** How many attributes the sender left out. */
  readonly droppedAttributes?: number;
}

/** `GET /api/viewer/traces/{id}/spans/{spanId}`; `GET /api/viewer/traces/{id}/spans?id=..&id=..` gives a list of at most 200. */
export interface SpanDetail {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly service: string;
  readonly kind: 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  readonly type: OperationType;
  readonly status: 'unset' | 'ok' | 'error';
  readonly statusMessage?: string;
  readonly startMillis: number;
  readonly durationMillis: number;
  readonly traceState?: string;
  readonly scope: { readonly name: string; readonly version: string; readonly attributes: readonly AttributeRow[] };
  readonly resource: readonly AttributeRow[];
  readonly attributes: readonly AttributeRow[];
  /** The first 1,000, unless they are asked for with `?full=1`. */
  readonly events: readonly EventRow[];
  /** How many events are left out of `events`; absent when none is. */
  readonly eventsLeftOut?: number;
  readonly links: readonly {
    readonly traceId: string;
    readonly spanId: string;
    /** Whether that trace is in the store. */
    readonly known: boolean;
    readonly attributes: readonly AttributeRow[];
  }[];
  /** Spans of other traces that link to this one; at most 50. */
  readonly linkedFrom: readonly { readonly traceId: string; readonly spanId: string; readonly name: string }[];
  /** By time; the first 1,000, unless they are asked for with `?full=1`. */
  readonly logs: readonly LogRow[];
  readonly logsLeftOut?: number;
  readonly dropped: { readonly attributes: number; readonly events: number; readonly links: number };
  /** How long this operation (service, name) usually takes; absent under 20 spans. */
  readonly usual?: OperationStats;
}

export interface OperationStats {
  readonly count: number;
  readonly errors: number;
  readonly p50Millis: number;
  readonly p95Millis: number;
  readonly p99Millis: number;
}

/**
 * `GET /api/viewer/traces/{id}/usual`: the last traces with the same root (service and name, at most 100, this one left
 * out), per operation: what a run of this route normally looks like.
 */
export interface UsualRun {
  readonly traces: number;
  readonly root: OperationStats;
  readonly operations: readonly (OperationStats & {
    readonly service: string;
    readonly name: string;
    readonly type: OperationType;
    /** Median number of such spans in one trace. */
    readonly perTrace: number;
  })[];
}

/**
 * `GET /api/viewer/traces/{id}/logs?limit=1000&after={next}`: the log records of a trace by time, also while none of its spans is
 * here; at most 1,000 at once, fewer when they are long. `?format=otlp`: all of them, as OTLP JSON.
 */
export interface TraceLogs {
  readonly logs: readonly LogRow[];
  readonly total: number;
  /** How many more came and were not kept: a trace keeps its first 10,000. */
  readonly refused: number;
  /** Give as `after` for the next page; absent on the last. */
  readonly next?: string;
}

export interface ToolCall {
  readonly id?: string;
  readonly name: string;
  readonly arguments?: JsonValue;
  readonly result?: JsonValue;
}

export interface Message {
  readonly role: 'system' | 'user' | 'assistant' | 'tool' | (string & {});
  /** Text parts joined by a blank line; absent when only tools were called or content was not captured. */
  readonly text?: string;
  readonly toolCalls?: readonly ToolCall[];
  /** On role `tool`: which call it answers. */
  readonly toolCallId?: string;
}

/** One call of a model, whichever convention its attributes speak. */
export interface AiCall {
  readonly traceId: string;
  readonly spanId: string;
  readonly name: string;
  /** `chat`, `embeddings`, `execute_tool`, `invoke_agent`, `retrieval` ... */
  readonly operation: string;
  readonly provider?: string;
  readonly model?: string;
  readonly startMillis: number;
  readonly durationMillis: number;
  readonly timeToFirstTokenMillis?: number;
  readonly error?: string;
  readonly finishReasons?: readonly string[];
  readonly tokens?: TokenUsage;
  readonly costUsd?: number;
  readonly costUnknown?: true;
  readonly user?: string;
  readonly thread?: string;
  /** Which names it was read from. */
  readonly dialect: 'gen_ai' | 'ai_sdk' | 'openinference' | 'llm';
  /** New to this call: what an earlier call of the thread already showed is left out. */
  readonly messages: readonly Message[];
  /** False: the application did not record content, only numbers. */
  readonly contentCaptured: boolean;
  readonly documents?: readonly { readonly id?: string; readonly text?: string; readonly score?: number }[];
}

/** `GET /api/viewer/traces/{id}/conversation`, `GET /api/viewer/threads/{thread}`: calls in their order. */
export interface Conversation {
  readonly calls: readonly AiCall[];
  readonly tokens: TokenUsage;
  readonly costUsd: number;
  /** How many calls have no known price and are not in `costUsd`. */
  readonly unpriced: number;
}

/** `GET /api/viewer/ai?{filter}&by=model|route|user|thread|trace`. */
export interface AiReport {
  readonly by: 'model' | 'route' | 'user' | 'thread' | 'trace';
  readonly rows: readonly {
    /** Of `by`; '' for calls that do not say. */
    readonly key: string;
    readonly calls: number;
    readonly errors: number;
    readonly tokens: TokenUsage;
    readonly costUsd: number;
    readonly unpriced: number;
    readonly p50Millis: number;
    readonly p95Millis: number;
    readonly p50FirstTokenMillis?: number;
    readonly lastTraceId: string;
  }[];
  /** Newest first, at most 100. */
  readonly recent: readonly Omit<AiCall, 'messages' | 'documents'>[];
  /** Day of the price list, `2026-11-21`. */
  readonly pricesOf: string;
}

/** `GET /api/viewer/performance?{filter}&by=operation|route&against=previous|yesterday|{from}-{to}` */
export interface PerformanceReport {
  readonly by: 'operation' | 'route';
  readonly from: number;
  readonly to: number;
  readonly rows: readonly PerformanceRow[];
  /** The window that `before` speaks of; absent when none was asked for. */
  readonly against?: { readonly from: number; readonly to: number };
}
export interface PerformanceRow extends OperationStats {
  readonly service: string;
  readonly name: string;
  readonly type: OperationType;
  readonly ratePerMinute: number;
  /** Sum of all durations: where the time goes. */
  readonly totalMillis: number;
  readonly before?: OperationStats;
}

/** `GET /api/viewer/performance/detail?{filter}&service=&name=&rowType=&by=` of one row; of every type without `rowType`. */
export interface PerformanceDetail {
  /** Buckets of equal ratio; `fromMillis` included, `toMillis` not. */
  readonly histogram: readonly {
    readonly fromMillis: number;
    readonly toMillis: number;
    readonly count: number;
    readonly errors: number;
  }[];
  /** Per slice of time, at most 60. */
  readonly series: readonly {
    readonly startMillis: number;
    readonly count: number;
    readonly errors: number;
    readonly p50Millis: number;
    readonly p95Millis: number;
  }[];
  /** The slowest ten. */
  readonly slowest: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly startMillis: number;
    readonly durationMillis: number;
    readonly error: boolean;
  }[];
}

/** `GET /api/viewer/map?{filter}` */
export interface ServiceMap {
  readonly services: readonly (OperationStats & {
    readonly name: string;
    /** `service` sent spans; the others are what spans called: a database, a model, a queue, a host. */
    readonly kind: 'service' | 'database' | 'ai' | 'queue' | 'cache' | 'external';
    readonly ratePerMinute: number;
  })[];
  readonly calls: readonly (OperationStats & {
    readonly from: string;
    readonly to: string;
    readonly type: OperationType;
    readonly ratePerMinute: number;
  })[];
}

/** `GET /api/viewer/health` */
export interface Health {
  readonly version: string;
  readonly startedMillis: number;
  readonly otlpUrl: string;
  readonly received: {
    readonly requests: number;
    readonly spans: number;
    readonly logs: number;
    /** Of `logs`: taken, and not kept because they belong to no trace. */
    readonly logsWithoutTrace: number;
    /** Of `logs`: in a request that had come before. */
    readonly repeatedLogs: number;
    readonly replacedSpans: number;
    readonly lastMillis?: number;
  };
  /** The last 50 requests, newest first. */
  readonly arrivals: readonly {
    readonly timeMillis: number;
    readonly path: string;
    readonly encoding: string;
    readonly bytes: number;
    readonly spans: number;
    readonly logs: number;
    readonly status: number;
    /** Why it was refused, wholly or in part. */
    readonly reason?: string;
    readonly services: readonly string[];
  }[];
  readonly refused: readonly { readonly reason: string; readonly count: number; readonly lastMillis: number }[];
  /** What waits to be written, as it was received. */
  readonly queue: { readonly bytes: number; readonly maxBytes: number };
  readonly store: {
    /** Absent with `--memory`. */
    readonly file?: string;
    readonly bytes: number;
    readonly spans: number;
    readonly traces: number;
    readonly logs: number;
    /** Of `logs`: their trace has not come yet. */
    readonly waitingLogs: number;
    readonly oldestMillis?: number;
    readonly newestMillis?: number;
  };
  readonly retention: Retention;
  readonly evicted: {
    readonly spans: number;
    readonly traces: number;
    readonly logs: number;
    readonly lastMillis?: number;
    readonly reason?: string;
  };
  /** What the store found when it opened: a damaged file set aside and where it is now. */
  readonly notices: readonly string[];
  readonly forward?: {
    readonly url: string;
    readonly sent: number;
    readonly failed: number;
    readonly dropped: number;
    readonly lastError?: string;
  };
}

/** What is kept; `PUT /api/viewer/settings` changes it (role `admin`). */
export interface Retention {
  readonly maxSpans: number;
  readonly maxBytes: number;
  readonly maxAgeHours: number;
}

/**
 * `GET /api/viewer/session`. Where a token is demanded the page's own files come without one, every address under `/api`
 * answers 401, and the page's sign-in form opens `/?token=..`: the server puts the token into a cookie and redirects to the
 * same address without it.
 */
export interface Session {
  readonly role: 'viewer' | 'admin';
  readonly version: string;
  readonly otlpUrl: string;
  readonly canDelete: boolean;
}

/**
 * `GET /api/viewer/live` (server-sent events) and `/api/live` (WebSocket): one JSON object per message. At most four
 * `traces` messages a second; a client that is behind gets `resync` instead of a backlog.
 */
export type LiveMessage =
  | { readonly kind: 'hello'; readonly version: string }
  | { readonly kind: 'traces'; readonly rows: readonly TraceRow[]; readonly versions: Readonly<Record<string, number>> }
  /** Traces that got log records. */
  | { readonly kind: 'logs'; readonly traceIds: readonly string[] }
  | { readonly kind: 'deleted'; readonly traceIds: readonly string[] }
  | { readonly kind: 'resync' };

/**
 * Changes and files (role `admin` except exports): `DELETE /api/viewer/traces/{id}`, `DELETE /api/viewer/traces?{filter}` (needs
 * `confirm=all` when no filter is given), `POST /api/viewer/import` (OTLP JSON or Jaeger JSON, body up to 256 MB) ->
 * `Imported`, `GET /api/viewer/export?format=otlp|jaeger&{filter | traceId=..}` as a download.
 */
export interface Imported {
  readonly format: 'otlp' | 'jaeger';
  readonly spans: number;
  readonly traceIds: readonly string[];
  readonly rejected: number;
  readonly reason?: string;
}

/** Every refusal: status 400, 401, 403, 404, 405, 409, 413, 429 or 500, one sentence that says what to do. */
export interface Refusal {
  readonly error: string;
}
