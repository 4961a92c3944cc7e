/** The tracer of the documents: OpenTelemetry's, but for one thing. An active span ends with its callback. */
import { type Context, INVALID_SPAN_CONTEXT, type Span, type SpanOptions, trace } from '@opentelemetry/api';
import { cleanAttributes, cleanName } from './attributes.ts';
import { guarded } from './guard.ts';
import { getTracer, withActiveSpan } from './span.ts';

type Work<R> = (span: Span) => R;

/** Starts spans. */
export interface ThroughlineTracer {
  /** Starts a span that the caller ends. It is not made active. */
  startSpan(name: string, options?: SpanOptions, context?: Context): Span;
  /** Runs `fn` in a new active span, which ends when `fn` is done, unless `fn` has ended it itself. */
  startActiveSpan<R>(name: string, fn: Work<R>): R;
  startActiveSpan<R>(name: string, options: SpanOptions, fn: Work<R>): R;
  startActiveSpan<R>(name: string, options: SpanOptions, context: Context, fn: Work<R>): R;
}

// The overloads say what goes in and comes out; here the callback is simply the last argument.
const startActiveSpan: ThroughlineTracer['startActiveSpan'] = (name: string, ...rest: readonly unknown[]): never => {
  const fn = rest.at(-1) as Work<never>;
  const options = (rest.length > 1 ? rest[0] : {}) as SpanOptions;
  const parent = rest.length > 2 ? (rest[1] as Context) : undefined;
  const { kind, attributes, links, root, startTime } = options ?? {};
  return withActiveSpan(
    name,
    {
      ...(kind === undefined ? {} : { kind }),
      ...(links === undefined ? {} : { links }),
      ...(root === undefined ? {} : { root }),
      ...(startTime === undefined ? {} : { startTime }),
      ...(parent === undefined ? {} : { parent }),
      attributes,
    },
    fn,
  );
};

/**
 * Starts spans under the names of the OpenTelemetry API. `startActiveSpan` ends its span when the callback's promise
 * settles; `startSpan` leaves that to the caller.
 *
 * @returns `startActiveSpan` returns what its callback returned
 * @throws what the callback throws, unchanged
 * @example
 * const size = await tracer.startActiveSpan('custom_operation', async (span) => {
 *   span.setAttribute('custom.attribute', 'value');
 *   return 3;
 * });
 */
export const tracer: ThroughlineTracer = Object.freeze({
  startSpan: (name: string, options: SpanOptions = {}, context?: Context): Span =>
    guarded('starting a span', () =>
      getTracer().startSpan(
        cleanName(name),
        options.attributes === undefined ? options : { ...options, attributes: cleanAttributes(options.attributes) },
        context,
      ),
    ) ?? trace.wrapSpanContext(INVALID_SPAN_CONTEXT),
  startActiveSpan,
});
