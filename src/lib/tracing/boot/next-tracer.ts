/**
 * Keeps Next's tracer in its place: under the SERVER span of ours there is no second one, the spans that say something are
 * kept, and what hangs on the others hangs on the span around them.
 */
import {
  type Context,
  type Span,
  SpanKind,
  type SpanOptions,
  type Tracer,
  type TracerProvider,
  context,
  trace,
} from '@opentelemetry/api';
import type { ResolvedConfig } from '../config.ts';
import { recordError } from '../record-error.ts';
import { servedRequest } from '../request.ts';
import { ATTR } from '../semconv/names.ts';
import type { ServerSpans } from './http-server.ts';
import { isPrerender, withPrerender } from './page-trace.ts';
import { ServerRequest } from './server-request.ts';
import { NEXT_SCOPE, isUsefulNextSpan } from './server-span.ts';

/** Where a span of Next goes: the span it is handed, and the context in which it is the active one. */
interface Place {
  readonly span: Span;
  readonly context: Context;
}

/** In place of a span that is not kept: its children hang on the span around it. */
function folded(around: Span | undefined): Span {
  return trace.wrapSpanContext(around?.spanContext() ?? { traceId: '', spanId: '', traceFlags: 0 });
}

/**
 * Puts right what Next writes on its spans when something throws: `notFound()` in `generateMetadata` is no failure (Next
 * itself answers 200 and streams the page), and an error that a span below has recorded is not written twice.
 */
function correctErrors(span: Span): Span {
  if (!span.isRecording()) return span;
  const setAttribute = span.setAttribute.bind(span);
  const setStatus = span.setStatus.bind(span);
  let recorded = false;
  span.recordException = (thrown) => {
    recorded = true;
    recordError(
      Object.create(span, { setAttribute: { value: setAttribute }, setStatus: { value: setStatus } }) as Span,
      thrown,
    );
  };
  // `recordSpanError` in Next's tracer: the exception first, then these two, whatever it was.
  span.setAttribute = (name, value) => (recorded && name === ATTR.ERROR_TYPE ? span : setAttribute(name, value));
  span.setStatus = (status) => (recorded ? span : setStatus(status));
  return span;
}

class NextTracer implements Tracer {
  readonly #inner: Tracer;
  readonly #spans: ServerSpans;
  readonly #all: boolean;
  readonly #none: boolean;

  constructor(inner: Tracer, spans: ServerSpans, nextSpans: ResolvedConfig['nextSpans']) {
    this.#inner = inner;
    this.#spans = spans;
    this.#all = nextSpans === 'all';
    this.#none = nextSpans === 'none';
  }

  #place(name: string, options: SpanOptions, from: Context): Place {
    const isRoot = options.kind === SpanKind.SERVER;
    const request = this.#spans.requestOf(from) ?? (isRoot ? this.#spans.earlyRequestOf(options, from) : undefined);
    if (request === undefined) {
      // At boot, for nobody (17 traces of one span each in an app of 14 routes); or Next is on its own.
      const isLitter = !isRoot && trace.getSpan(from) === undefined;
      return isLitter ? { span: folded(undefined), context: from } : this.#start(name, options, from);
    }
    request.seenByNext = true;
    // Next's root (two of them behind `proxy.ts`): the request has its SERVER span. After the proxy Next goes on from the
    // root context and a remote parent, so that ours has to be put back.
    if (isRoot) {
      const lost = servedRequest(from) === undefined;
      return { span: folded(request.span), context: lost ? request.restore(from) : from };
    }
    const type = options.attributes?.['next.span_type'];
    if (!this.#none && (this.#all || isUsefulNextSpan(type))) return this.#start(name, options, from);
    return { span: folded(trace.getSpan(from)), context: from };
  }

  #start(name: string, options: SpanOptions, from: Context): Place {
    const span = correctErrors(this.#inner.startSpan(name, options, from));
    return { span, context: trace.setSpan(from, span) };
  }

  startSpan(name: string, options: SpanOptions = {}, from: Context = context.active()): Span {
    return this.#place(name, options, from).span;
  }

  startActiveSpan<F extends (span: Span) => unknown>(name: string, ...rest: readonly unknown[]): ReturnType<F> {
    const work = rest.at(-1) as F;
    const options = (rest.length > 1 ? rest[0] : undefined) as SpanOptions | undefined;
    const from = (rest.length > 2 ? rest[1] : undefined) as Context | undefined;
    const place = this.#place(name, options ?? {}, from ?? context.active());
    const inside = isPrerender(name) ? withPrerender(place.context) : place.context;
    return context.with(inside, work as (span: Span) => ReturnType<F>, undefined, place.span);
  }
}

/** The name by which Next knows that nobody traces (`isOpenTelemetryEnabled` in `tracer.js`): it looks at nothing else. */
const HIDDEN = Object.freeze({ name: 'NoopTracerProvider' });

/**
 * Puts Next's tracer under the SERVER spans of ours. Next asks the provider's class for its name at every step: it is told
 * that nobody traces while a request is answered whose route needs none of its spans, and only then.
 *
 * @param provider the registered provider; it stays the same object, and only these two of its properties change
 * @param spans the SERVER spans of the process
 * @param nextSpans how much of Next's own view is kept
 */
export function tameNext(provider: TracerProvider, spans: ServerSpans, nextSpans: ResolvedConfig['nextSpans']): void {
  const real = provider.getTracer.bind(provider);
  const Own = provider.constructor;
  const tracers = new Map<string, Tracer>();
  provider.getTracer = (name, version, options) => {
    if (name !== NEXT_SCOPE || !spans.active) return real(name, version, options);
    const key = String(version);
    const tracer = tracers.get(key) ?? new NextTracer(real(name, version, options), spans, nextSpans);
    if (tracers.size < 10) tracers.set(key, tracer);
    return tracer;
  };
  Object.defineProperty(provider, 'constructor', {
    configurable: true,
    get: () => {
      const served = servedRequest(context.active());
      return served instanceof ServerRequest && served.hidesNext ? HIDDEN : Own;
    },
  });
}
