/** Starts spans in a Worker: ids, sampling, and who is told when a span has ended. */
import {
  type Context,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanOptions,
  TraceFlags,
  type Tracer,
  type TracerProvider,
  context,
  isSpanContextValid,
  trace,
} from '@opentelemetry/api';
import { getRuntime } from '../runtime.ts';
import { Clock } from './clock.ts';
import type { ResolvedWorkersConfig } from './options.ts';
import type { Outbox } from './outbox.ts';
import { RecordingSpan, type SpanParts } from './recording-span.ts';

/** Random hexadecimal digits. At global scope a Worker has no randomness: there this throws, and no span is started. */
function randomHex(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );
}

/** The SDK's way to decide by the trace id (`TraceIdRatioBasedSampler`): all services keep the same traces. */
function isWithinRatio(traceId: string, ratio: number): boolean {
  let folded = 0;
  for (let at = 0; at < 32; at += 8) folded = (folded ^ Number.parseInt(traceId.slice(at, at + 8), 16)) >>> 0;
  return folded < (ratio === 1 ? 2 ** 32 : Math.floor(ratio * 0xffffffff));
}

/** The tracers of one isolate. */
export class WorkersTracerProvider implements TracerProvider {
  readonly #config: ResolvedWorkersConfig;
  readonly #outbox: Outbox;
  readonly #clock: Clock;

  constructor(config: ResolvedWorkersConfig, outbox: Outbox) {
    this.#config = config;
    this.#outbox = outbox;
    this.#clock = new Clock(config.clock);
  }

  getTracer(name: string, version?: string): Tracer {
    const scope = { name, version };
    const startSpan: Tracer['startSpan'] = (spanName, options = {}, from = context.active()) =>
      this.#start(scope, spanName, options, from);
    return {
      startSpan,
      startActiveSpan: (spanName: string, ...rest: unknown[]) => {
        const fn = rest.at(-1) as (span: Span) => never;
        const [options, from] = rest.slice(0, -1) as [SpanOptions?, Context?];
        const span = startSpan(spanName, options, from);
        return context.with(trace.setSpan(from ?? context.active(), span), fn, undefined, span);
      },
    };
  }

  #start(scope: SpanParts['scope'], name: string, options: SpanOptions, from: Context): Span {
    const above = options.root === true ? undefined : trace.getSpan(from);
    const given = above?.spanContext();
    const parentSpanContext = given !== undefined && isSpanContextValid(given) ? given : undefined;
    const traceId = parentSpanContext?.traceId ?? randomHex(16);
    const sampled = parentSpanContext
      ? (parentSpanContext.traceFlags & TraceFlags.SAMPLED) !== 0
      : isWithinRatio(traceId, this.#config.ratio);
    const { counters, serverSpans } = getRuntime();
    counters[sampled ? 'sampled' : 'unsampled'] += 1;
    const spanContext: SpanContext = {
      traceId,
      spanId: randomHex(8),
      traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
      ...(parentSpanContext?.traceState && { traceState: parentSpanContext.traceState }),
    };
    if (!sampled) return trace.wrapSpanContext(spanContext);
    counters.spansCreated += 1;
    const kind = options.kind ?? SpanKind.INTERNAL;
    const parent = above instanceof RecordingSpan && parentSpanContext ? above : undefined;
    const span = new RecordingSpan({
      name,
      kind,
      scope,
      spanContext,
      parentSpanContext,
      parent,
      startTime: options.startTime,
      clock: this.#clock,
      ended: this.#outbox.receiverFor(from),
    });
    const server = kind === SpanKind.SERVER ? span : parent && serverSpans.get(parent);
    if (server !== undefined) serverSpans.set(span, server);
    return span.setAttributes(options.attributes ?? {}).addLinks(options.links ?? []);
  }
}
