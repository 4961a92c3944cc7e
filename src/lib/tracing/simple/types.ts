/** What the simple tracer takes and gives. Types alone: nothing of this file is left at run time. */

/** Names and values of a span, as JSON can write them. */
export type SimpleAttributes = Readonly<Record<string, unknown>>;

/** What a span hangs on: a span, or the `traceparent` of one that was handed over from another function. */
export type SpanParent = SimpleSpan | string | undefined;

/** A span that is open. */
export interface SimpleSpan {
  readonly operation: string;
  /** The ids of trace and span, as W3C Trace Context writes them: to hand over as an argument, or to send as the header of that name. */
  readonly traceparent: string;
  setAttributes(attributes: SimpleAttributes): void;
  addEvent(name: string): void;
}

/** As much of `AsyncLocalStorage` as is used here. */
export interface SpanStorage {
  run<R>(span: SimpleSpan, fn: (span: SimpleSpan) => R, argument: SimpleSpan): R;
  getStore(): SimpleSpan | undefined;
}

/** How a tracer is made; all of it may be left out. */
export interface SimpleTracerOptions {
  /** Written on every line. `service.name` and `service.version` are taken from `OTEL_SERVICE_NAME` and `OTEL_SERVICE_VERSION` where they are not here. */
  readonly attributes?: SimpleAttributes;
  /** Takes each line. Default: `console.log`. */
  readonly write?: (line: string) => void;
  /** Finds the parent of a span. Default: an `AsyncLocalStorage`, where that is a global, as in Convex. */
  readonly storage?: SpanStorage;
}

/** What a span hangs on, where it cannot be known otherwise. */
export interface SpanDetails {
  /** Default: the span whose work this is, where there is an `AsyncLocalStorage`. */
  readonly parent?: SpanParent;
}

/** What is known of a call of a language model. */
export interface LLMCallDetails extends SpanDetails {
  readonly model?: string | undefined;
  readonly provider?: string | undefined;
  readonly temperature?: number | undefined;
  /** Not written. */
  readonly prompt?: unknown;
  readonly userId?: string | undefined;
  readonly threadId?: string | undefined;
}

/** What is known of a turn of a conversation. */
export interface ChatTurnDetails extends SpanDetails {
  readonly userId?: string | undefined;
  readonly threadId?: string | undefined;
  readonly turnId?: string | undefined;
}

/** Writes spans as lines. */
export interface SimpleTracer {
  /** The spans that are open, for debugging; the latest 99. */
  readonly activeSpans: readonly SimpleSpan[];
  /** Traces a piece of work. Returns and throws what `fn` does. */
  readonly withSpan: <R>(
    operation: string,
    attributes: SimpleAttributes,
    fn: (span: SimpleSpan) => R,
    details?: SpanDetails,
  ) => R;
  /** Traces a call of a language model. Returns and throws what `fn` does. */
  readonly traceLLMCall: <R>(operation: string, details: LLMCallDetails, fn: (span: SimpleSpan) => R) => R;
  /** Traces a turn of a conversation as `chat.{name}`. Returns and throws what `fn` does. */
  readonly traceChatTurn: <R>(name: string, details: ChatTurnDetails, fn: (span: SimpleSpan) => R) => R;
}

/** As much of an error as is read: a client's often says the status that it was answered with. */
export type Failed = { readonly status?: unknown; readonly name?: unknown };
/** What is handed to a thenable. */
export type Callback = (...values: unknown[]) => unknown;
/** As much of a console as is used. */
export type Console = { readonly log: (line: string) => void };

/** A span as the tracer sees it: with the lines that everything below the top of a trace shares. */
export interface OwnSpan extends SimpleSpan {
  readonly lines: [ofSuccesses: number, ofFailures: number];
}

/** What a runtime may have, and need not. */
export interface Surroundings {
  readonly AsyncLocalStorage?: new () => SpanStorage;
  readonly console?: Console;
  readonly performance?: { now(): number };
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
}
