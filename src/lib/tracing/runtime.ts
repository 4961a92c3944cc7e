/**
 * What boot leaves for everybody else. Next evaluates one module several times in one process, so the state that must
 * exist once hangs on `globalThis` under one symbol; boot owns and fills it, this file only reads it.
 */
import { type Span, type SpanContext, propagation } from '@opentelemetry/api';
import type { IncomingRequest, ServerAction } from './request.ts';

/** The one place on `globalThis` where the state of the library lives. */
export const RUNTIME_KEY = Symbol.for('throughline.runtime');

/** How often each thing happened since the process started. Every field is a count of spans, but for `exportFailures` (batches). */
export interface TracingCounters {
  /** Spans started by the SDK that record something. */
  spansCreated: number;
  /** Sampler answers "record and sample". */
  sampled: number;
  /** Sampler answers "do not record". */
  unsampled: number;
  /** Spans accepted into the export queue. */
  queued: number;
  /** Spans the collector has acknowledged. */
  exported: number;
  /** Spans lost: the queue was full, or their batch could not be delivered. */
  dropped: number;
  /** Batches that could not be delivered, after every retry. */
  exportFailures: number;
  /** Further attempts to deliver a batch after a first one that failed. */
  retried: number;
  /** Spans that were not sampled, and kept for how their trace ended. */
  tailKept: number;
  /** Spans that were not sampled, and let go when their trace ended. */
  tailDropped: number;
  /** Spans that were not sampled, and let go before their trace ended: a bound was reached. */
  tailEvicted: number;
}

/** The part of the resolved configuration that the helpers need while the application runs. */
export interface RuntimeSettings {
  /** `false` when tracing is switched off: helpers then only run the work. */
  readonly enabled: boolean;
  /** Longest attribute value kept, in UTF-16 code units. */
  readonly attributeValueLengthLimit: number;
  /** Most attributes kept on one span or event. */
  readonly attributeCountLimit: number;
  /** Lower-case names of the request headers that may be recorded. */
  readonly capturedRequestHeaders: readonly string[];
  /** Lower-case names of the response headers that may be recorded. */
  readonly capturedResponseHeaders: readonly string[];
  /** Name of the response header that carries the trace id, or `false` for none. */
  readonly traceIdHeader: string | false;
  /** Whether responses carry a `Server-Timing` header with the trace context. */
  readonly serverTiming: boolean;
  /** Whose trace context is continued; that of others becomes a link. */
  readonly trustIncoming: 'all' | 'none' | ((request: IncomingRequest) => boolean);
  /** Query parameters whose values may be recorded. */
  readonly capturedQueryParameters: readonly string[];
  /** Whether prompts may be recorded. */
  readonly captureMessageContent: boolean;
  /** `latest` switches the GenAI names to the newer set. */
  readonly genAiConvention: 'v1.41' | 'latest';
  /** What keys of R2 and KV begin with that may be recorded whole. Default: none. */
  readonly capturedKeys?: readonly string[];
}

/** The state that boot puts on `globalThis`. */
export interface TracingRuntime {
  readonly settings: RuntimeSettings;
  readonly counters: TracingCounters;
  /** Each recording span of a request, to the SERVER span of that request. */
  readonly serverSpans: WeakMap<Span, Span>;
  /** Each span that is folded away, to what its children hang on: `undefined` at the top of a trace. */
  readonly folds: WeakMap<object, { readonly parent: SpanContext | undefined }>;
  /** Errors already written as an event, to the trace they were written in. */
  readonly recordedErrors: WeakMap<object, string>;
  /** Messages that were said once and must not be said again. */
  readonly said: Set<string>;
  /** Whether boot is up, and since when (milliseconds since the epoch). */
  readonly startedAtUnixMillis: number | undefined;
  /** Whether the last batch could not be delivered. Delivery writes it. */
  failing: boolean;
  /** Finds a Server Action by its identifier. Boot sets it in a server process of Next. */
  actionOf?: (id: string) => ServerAction | undefined;
  /** The handle that `startTracing` gave out; only boot looks inside. */
  boot?: object;
}

/** What the helpers use as long as nothing was booted: the safest values. */
export const DEFAULT_SETTINGS: RuntimeSettings = Object.freeze({
  enabled: true,
  attributeValueLengthLimit: 4096,
  attributeCountLimit: 128,
  capturedRequestHeaders: [],
  capturedResponseHeaders: [],
  traceIdHeader: 'x-trace-id',
  serverTiming: true,
  trustIncoming: 'all',
  capturedQueryParameters: [],
  captureMessageContent: false,
  genAiConvention: 'v1.41',
});

/**
 * Makes an empty runtime.
 *
 * @param settings what the helpers may do; the safest values when left out
 * @param startedAtUnixMillis when boot finished, in milliseconds since the epoch; left out when nothing was booted
 * @returns a runtime with every counter at zero
 */
export function createRuntime(
  settings: RuntimeSettings = DEFAULT_SETTINGS,
  startedAtUnixMillis?: number,
): TracingRuntime {
  return {
    settings,
    counters: {
      spansCreated: 0,
      sampled: 0,
      unsampled: 0,
      queued: 0,
      exported: 0,
      dropped: 0,
      exportFailures: 0,
      retried: 0,
      tailKept: 0,
      tailDropped: 0,
      tailEvicted: 0,
    },
    serverSpans: new WeakMap(),
    folds: new WeakMap(),
    recordedErrors: new WeakMap(),
    said: new Set(),
    startedAtUnixMillis,
    failing: false,
  };
}

type RuntimeHolder = { [RUNTIME_KEY]?: TracingRuntime };

/**
 * The runtime of this process: boot's, or safe defaults where nothing was booted (a build worker, a test, another SDK).
 *
 * @returns the runtime; never throws
 * @example
 * getRuntime().settings.captureMessageContent; // false
 */
export function getRuntime(): TracingRuntime {
  const holder = globalThis as RuntimeHolder;
  return (holder[RUNTIME_KEY] ??= createRuntime());
}

/**
 * Replaces the runtime of this process. Only boot and tests call this.
 *
 * @param runtime the new one, or `undefined` to go back to safe defaults
 */
export function setRuntime(runtime: TracingRuntime | undefined): void {
  const holder = globalThis as RuntimeHolder;
  if (runtime === undefined) delete holder[RUNTIME_KEY];
  else holder[RUNTIME_KEY] = runtime;
}

/**
 * Whether anybody records or passes on traces in this process: our boot, or another SDK. Where nobody does (a build
 * worker, tracing that is switched off) nothing needs to be looked at.
 *
 * @returns `false` when every helper may simply run its work
 */
export function isTracing(): boolean {
  return getRuntime().settings.enabled && propagation.fields().length > 0;
}
