/**
 * The only code that ends spans. Everything else says what to run and, where work goes on after its function has
 * returned (a stream, a response body), calls the one `end` it is handed.
 */
import {
  type Context,
  INVALID_SPAN_CONTEXT,
  type Link,
  type Span,
  type SpanKind,
  type SpanOptions,
  type TimeInput,
  type Tracer,
  context,
  trace,
} from '@opentelemetry/api';
import { type AttributeInput, cleanAttributes, cleanName } from './attributes.ts';
import { observeThenable } from './observe.ts';
import { guarded } from './guard.ts';
import { recordError } from './record-error.ts';
import { getRuntime } from './runtime.ts';

/** The name and version of the instrumentation scope of our spans. */
export const SCOPE = { name: 'throughline', version: '0.1.0' } as const;

/** What a piece of work threw; a wrapper, because `undefined` and `null` can be thrown too. */
export interface Failure {
  readonly thrown: unknown;
}

/** A span that is open, as those see it who have to end it later. */
export interface OpenSpan {
  readonly span: Span;
  /** The context in which the span is the active one. */
  readonly context: Context;
  /** Whether anything is recorded; an unsampled span only travels. */
  readonly recording: boolean;
  /** When it was opened, on the clock of `performance.now()`. */
  readonly startedAtMillis: number;
  /** Ends the span, with the failure if there was one. Only the first call counts. Never throws. */
  end(failure?: Failure): void;
}

/** How to open a span, and what to do with the result of its work. */
export interface ActiveSpanOptions {
  /** Default: INTERNAL. */
  readonly kind?: SpanKind;
  readonly attributes?: AttributeInput | undefined;
  readonly links?: readonly Link[];
  /** Starts a new trace, whatever is active. Default: `false`. */
  readonly root?: boolean;
  /** When the work began. Default: now. */
  readonly startTime?: TimeInput;
  /** The context to start from. Default: the active one. */
  readonly parent?: Context;
  /** Adds to the context in which the work runs. */
  readonly enterContext?: (own: Context) => Context;
  /** Last look at the span before it ends: what is known only then. */
  readonly beforeEnd?: (span: Span) => void;
  /** Whether what the work threw is a failure of the work. Default: it is. */
  readonly isFailure?: (thrown: unknown) => boolean;
  /** Attributes of what the work threw, besides `error.type`. */
  readonly describeFailure?: (thrown: unknown) => AttributeInput;
  /**
   * Sees the result of work that succeeded, before the span ends. With `later` in
   * what it gives back the span stays open until somebody calls `open.end()`.
   */
  readonly settle?: (value: unknown, open: OpenSpan) => Settled;
  /** Told once how the work ended, before the span ends; also where nothing is recorded, so that it can count. */
  readonly onEnd?: (open: OpenSpan, failure: Failure | undefined) => void;
}

/** What `settle` says: the value to hand on, and whether the span is ended by somebody else later. */
export interface Settled {
  readonly value: unknown;
  readonly later: boolean;
}

class OwnedSpan implements OpenSpan {
  readonly span: Span;
  readonly context: Context;
  readonly recording: boolean;
  readonly startedAtMillis = performance.now();
  #ended = false;
  readonly #options: ActiveSpanOptions;

  constructor(span: Span, own: Context, options: ActiveSpanOptions) {
    this.span = span;
    this.context = own;
    this.recording = span.isRecording();
    this.#options = options;
  }

  end(failure?: Failure): void {
    if (this.#ended) return;
    this.#ended = true;
    const { span } = this;
    const { onEnd } = this.#options;
    if (onEnd) guarded('telling an outcome', () => onEnd(this, failure));
    guarded('ending a span', () => {
      if (!span.isRecording()) return; // the caller has ended it, or nothing is recorded
      guarded('describing the outcome', () => this.#describe(failure));
      span.end();
    });
  }

  #describe(failure: Failure | undefined): void {
    const { isFailure, describeFailure, beforeEnd } = this.#options;
    if (failure !== undefined && (isFailure?.(failure.thrown) ?? true)) {
      recordError(this.span, failure.thrown);
      if (describeFailure) this.span.setAttributes(cleanAttributes(describeFailure(failure.thrown)));
    }
    beforeEnd?.(this.span);
  }
}

/**
 * The tracer behind every helper. Looked up per call: a provider may be registered after this module was loaded.
 *
 * @returns the tracer of the registered provider, or one that does nothing
 */
export function getTracer(): Tracer {
  return trace.getTracer(SCOPE.name, SCOPE.version);
}

/**
 * Opens a span for work that goes on in steps. Whoever calls this ends it, by the `end` it gets back.
 *
 * @param name span name; control characters become spaces
 * @param options kind, attributes, links and parent
 * @returns the open span, or `undefined` when it could not be started; never throws
 */
export function openSpan(name: string, options: ActiveSpanOptions): OpenSpan | undefined {
  if (!getRuntime().settings.enabled) return undefined;
  return guarded('starting a span', () => {
    const parent = options.parent ?? context.active();
    const start: SpanOptions = { attributes: cleanAttributes(options.attributes) };
    if (options.kind !== undefined) start.kind = options.kind;
    if (options.links !== undefined) start.links = [...options.links];
    if (options.root === true) start.root = true;
    if (options.startTime !== undefined) start.startTime = options.startTime;
    const span = getTracer().startSpan(cleanName(name), start, parent);
    const own = trace.setSpan(parent, span);
    return new OwnedSpan(span, options.enterContext ? options.enterContext(own) : own, options);
  });
}

function settleValue<V>(value: V, open: OpenSpan, settle: ActiveSpanOptions['settle']): V {
  if (settle === undefined) {
    open.end();
    return value;
  }
  const settled = guarded('reading a result', () => settle(value, open)) ?? { value, later: false };
  if (!settled.later) open.end();
  return settled.value as V;
}

/**
 * Runs work in a new active span and ends the span when the work is done: at once, when its promise settles, or when
 * `settle` says so. The work returns and throws exactly what it did without the span.
 *
 * @param name span name, low in cardinality; control characters become spaces
 * @param options kind, attributes, links, parent, and what to do with the result
 * @param fn the work; it is handed the span
 * @returns what `fn` returned; a promise is followed, other thenables are handed back as the same object, still lazy
 * @throws whatever `fn` throws, unchanged
 * @example
 * withActiveSpan('resize', { attributes: { width: 640 } }, () => resize(image));
 */
export function withActiveSpan<R>(name: string, options: ActiveSpanOptions, fn: (span: Span) => R): R {
  const open = openSpan(name, options);
  if (open === undefined) return fn(trace.wrapSpanContext(INVALID_SPAN_CONTEXT));
  // Nothing is recorded: the context still travels, so that the decision reaches everybody downstream.
  if (!open.recording && options.settle === undefined && options.onEnd === undefined)
    return context.with(open.context, fn, undefined, open.span);
  let result: R;
  try {
    result = context.with(open.context, fn, undefined, open.span);
  } catch (error) {
    open.end({ thrown: error });
    throw error;
  }
  return observeThenable(result, open.context, {
    value: (value) => settleValue(value, open, options.settle),
    failed: (thrown) => open.end({ thrown }),
  });
}

/**
 * Runs a piece of work in a span. The work gets no arguments, so that a cached function stays cached.
 *
 * @param name span name, low in cardinality
 * @param fn the work, usually async
 * @param attributes recorded on the span; any value, made fit
 * @returns what `fn` returned
 * @throws whatever `fn` throws or rejects with, unchanged; Next's `redirect()` and `notFound()` are not counted as failures
 * @example
 * await traceAsync('process_data', async () => 42, { operationType: 'batch_processing' }); // 42
 */
export function traceAsync<R>(name: string, fn: () => R, attributes?: AttributeInput): R {
  return withActiveSpan(name, attributes === undefined ? {} : { attributes }, () => fn());
}

/**
 * Runs a synchronous piece of work in a span. A promise it returns after all is followed too.
 *
 * @param name span name, low in cardinality
 * @param fn the work
 * @param attributes recorded on the span; any value, made fit
 * @returns what `fn` returned
 * @throws whatever `fn` throws, unchanged
 * @example
 * traceSync('add_up', () => 1 + 2); // 3
 */
export function traceSync<R>(name: string, fn: () => R, attributes?: AttributeInput): R {
  return traceAsync(name, fn, attributes);
}
