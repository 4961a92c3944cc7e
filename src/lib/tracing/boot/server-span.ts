/**
 * Follows every span: remembers the SERVER span of each request for `withTracing`, and folds Next's framework phases away
 * where its tracer is not ours to guide, so that what they did hangs on the span around them.
 */
import { type Context, type SpanContext, SpanKind, trace } from '@opentelemetry/api';
import type { ReadableSpan, Span as SdkSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { TracingRuntime } from '../runtime.ts';
import { PRISMA_SCOPE } from './database-span.ts';
import { FineClock } from './fine-clock.ts';

/** The scope under which Next's own tracer opens spans (`next/dist/server/lib/trace/tracer.js`). */
export const NEXT_SCOPE = 'next.js';

/** What a reader of a trace wants of Next's own view; every other phase is folded (measured: 17 traces at boot). */
const KEPT_NEXT_SPANS = new Set([
  'BaseServer.handleRequest',
  'AppRender.getBodyResult',
  'AppRender.fetch',
  'ResolveMetadata.generateMetadata',
  'Render.getServerSideProps',
  'Render.getStaticProps',
  'Middleware.execute',
]);

/** Waiting for a connection is no work of the request. Its span has to exist all the same: see `instrumentations.ts`. */
const FOLDED_PG_SPANS = new Set(['pg-pool.connect', 'pg.connect']);

/** What ioredis says to a server when it connects (`redis/event_handler.js` in the `ioredis` package). */
const FOLDED_REDIS_SPANS = new Set(['connect', 'hello', 'auth', 'client', 'info']);

/** Of the steps that Prisma's own instrumentation shows, those that say what nothing else says. */
const KEPT_PRISMA_SPANS = new Set(['prisma:client:operation', 'prisma:client:db_query', 'prisma:client:transaction']);

/**
 * Whether a span of Next tells something that nothing else does.
 *
 * @param type what Next calls `next.span_type`
 * @returns `true` for rendering, metadata, data and the proxy
 */
export function isUsefulNextSpan(type: unknown): boolean {
  return typeof type === 'string' && KEPT_NEXT_SPANS.has(type);
}

function isFolded(span: ReadableSpan, keepNext: boolean): boolean {
  const scope = span.instrumentationScope.name;
  if (scope === '@opentelemetry/instrumentation-pg') return FOLDED_PG_SPANS.has(span.name);
  if (scope === '@opentelemetry/instrumentation-ioredis') return FOLDED_REDIS_SPANS.has(span.name);
  if (scope === PRISMA_SCOPE) return !KEPT_PRISMA_SPANS.has(span.name);
  return scope === NEXT_SCOPE && !keepNext && !isUsefulNextSpan(span.attributes['next.span_type']);
}

/** Where a folded span hung: its children hang there instead. `parent` is undefined at the top of a trace. */
interface Fold {
  readonly parent: SpanContext | undefined;
}

/** Sees every span first, and hands on those that are kept. */
export class RequestSpans implements SpanProcessor {
  readonly #next: SpanProcessor;
  readonly #runtime: TracingRuntime;
  readonly #keepNext: boolean;
  readonly #adopted = new WeakMap<object, Fold>();
  readonly #clock = new FineClock();

  /**
   * @param next gets the spans that are kept
   * @param runtime where the SERVER span of each span is remembered
   * @param keepNext whether the phases of the framework are kept too
   */
  constructor(next: SpanProcessor, runtime: TracingRuntime, keepNext = false) {
    this.#next = next;
    this.#runtime = runtime;
    this.#keepNext = keepNext;
  }

  onStart(span: SdkSpan, parentContext: Context): void {
    this.#clock.refine(span);
    const parent = trace.getSpan(parentContext);
    const fold = parent === undefined ? undefined : this.#runtime.folds.get(parent);
    const server = span.kind === SpanKind.SERVER ? span : parent && this.#runtime.serverSpans.get(parent);
    if (server !== undefined) this.#runtime.serverSpans.set(span, server);
    if (isFolded(span, this.#keepNext)) {
      this.#runtime.folds.set(span, fold ?? { parent: span.parentSpanContext });
      return;
    }
    if (fold !== undefined) this.#adopted.set(span, fold);
    this.#runtime.counters.spansCreated += 1;
    this.#next.onStart(span, parentContext);
  }

  onEnd(span: ReadableSpan): void {
    if (!this.#runtime.folds.has(span)) this.#next.onEnd(span);
  }

  /**
   * The parent that a span is exported with.
   *
   * @param span a span that has ended
   * @returns the context of the nearest span above it that is kept, `undefined` at the top
   */
  parentOf(span: ReadableSpan): SpanContext | undefined {
    const fold = this.#adopted.get(span);
    return fold === undefined ? span.parentSpanContext : fold.parent;
  }

  forceFlush(): Promise<void> {
    return this.#next.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#next.shutdown();
  }
}
