/**
 * Where ended spans wait, by trace, until their invocation sends them. An isolate serves many invocations at once, and each
 * may only use its own I/O: spans are shared, requests to the collector are not.
 */
import { type Context, ROOT_CONTEXT, context, createContextKey, diag } from '@opentelemetry/api';
import { guarded } from '../guard.ts';
import { redactText } from '../redaction.ts';
import { getRuntime } from '../runtime.ts';
import { waitUntilOf } from './invocation.ts';
import type { ResolvedWorkersConfig } from './options.ts';
import { encodeSpans } from './otlp.ts';
import { printSpans } from './printer.ts';
import type { RecordingSpan } from './recording-span.ts';

const BATCH_LIMIT = 512;
/** Spans that wait at the most, in one isolate: a few megabytes of its 128. */
const QUEUE_LIMIT = 2048;
const TIMEOUT_MILLIS = 5000;
// The key of @opentelemetry/core's suppressTracing: an instrumentation of fetch must not trace the sending.
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/** Keeps spans within a bound and sends them. Nothing of it throws or rejects. */
export class Outbox {
  readonly #config: ResolvedWorkersConfig;
  readonly #traces = new Map<string, RecordingSpan[]>();
  #waiting = 0;

  constructor(config: ResolvedWorkersConfig) {
    this.#config = config;
  }

  /**
   * Whom a span tells that it has ended. What stands at the top of its invocation, or goes on after that has ended (a stream,
   * work in `waitUntil`), has its trace sent; anything below waits for that.
   */
  receiverFor(from: Context): (span: RecordingSpan) => void {
    return (span) => {
      this.#keep(span);
      if (span.parts.parent?.isRecording()) return;
      const waitUntil = waitUntilOf(from) ?? this.#config.waitUntil;
      const sent = this.flush(span.spanContext().traceId);
      guarded('keeping an invocation alive', () => waitUntil?.(sent));
    };
  }

  #keep(span: RecordingSpan): void {
    const { counters } = getRuntime();
    if (this.#waiting >= QUEUE_LIMIT) this.#dropOldest();
    const { traceId } = span.spanContext();
    const spans = this.#traces.get(traceId) ?? [];
    spans.push(span);
    this.#traces.set(traceId, spans);
    this.#waiting += 1;
    counters.queued += 1;
  }

  /** Spans whose invocation was cut off wait for nobody: they go first. */
  #dropOldest(): void {
    const [oldest = ''] = this.#traces.keys();
    getRuntime().counters.dropped += this.#take(oldest).length;
  }

  #take(traceId: string): RecordingSpan[] {
    const spans = this.#traces.get(traceId) ?? [];
    this.#traces.delete(traceId);
    this.#waiting -= spans.length;
    return spans;
  }

  /** Sends what has ended of one trace, or of all. */
  async flush(traceId?: string): Promise<void> {
    // Whatever ends in the same instant goes along.
    await Promise.resolve();
    const ids = traceId === undefined ? [...this.#traces.keys()] : [traceId];
    const spans = ids.flatMap((id) => this.#take(id));
    for (let at = 0; at < spans.length; at += BATCH_LIMIT) await this.#send(spans.slice(at, at + BATCH_LIMIT));
  }

  async #send(spans: readonly RecordingSpan[]): Promise<void> {
    const { console, tracesUrl, headers } = this.#config;
    const body = guarded('encoding spans', () => encodeSpans(spans, this.#config));
    if (body === undefined) return this.#count(spans.length, 'they could not be encoded');
    if (console) guarded('printing spans', () => printSpans(body));
    let failure: string | undefined;
    try {
      const response = await context.with(ROOT_CONTEXT.setValue(SUPPRESS_TRACING, true), () =>
        fetch(tracesUrl, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: JSON.stringify(body),
          signal: AbortSignal.timeout(TIMEOUT_MILLIS),
        }),
      );
      if (!response.ok) failure = `status ${response.status}`;
      // A body that is neither read nor let go holds a connection, and a Worker has six.
      await response.body?.cancel();
    } catch (error) {
      failure = error instanceof Error ? error.message : 'no reason given';
    }
    this.#count(spans.length, failure);
  }

  #count(spans: number, failure?: string): void {
    const runtime = getRuntime();
    const { counters, failing } = runtime;
    runtime.failing = failure !== undefined;
    if (failure === undefined) {
      counters.exported += spans;
      return;
    }
    counters.exportFailures += 1;
    counters.dropped += spans;
    if (failing) return;
    diag.warn(
      `throughline: ${redactText(this.#config.tracesUrl)} did not take ${spans} spans (${failure}); the Worker is not affected`,
    );
  }
}
