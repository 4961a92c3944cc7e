/** From the end of a span to the collector: queue, batch, clean, send. */
import { type Attributes, type SpanContext, diag } from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  BatchSpanProcessor,
  ConsoleSpanExporter,
  NoopSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import type { ResolvedConfig } from '../config.ts';
import { withoutOurVariables } from '../environment.ts';
import type { Redactor } from '../redaction.ts';
import type { TracingCounters, TracingRuntime } from '../runtime.ts';
import { redactUrl } from '../semconv/http.ts';
import { Delivery } from './delivery.ts';
import { createExportView } from './export-view.ts';
import { RequestSpans } from './server-span.ts';
import { StatementSpans } from './statement-spans.ts';
import { TailStage } from './tail-stage.ts';

/** A bounded queue in front of the batch processor, which drops in silence; this one counts. */
class CountedQueue implements SpanProcessor {
  readonly #counters: TracingCounters;
  readonly #limit: number;
  readonly #batches: BatchSpanProcessor;
  readonly #delivery: Delivery;
  #waiting = 0;
  /** How many spans had arrived when it was said that the queue is full. */
  #exportedWhenFull: number | undefined;
  #closed = false;

  constructor(
    config: ResolvedConfig,
    counters: TracingCounters,
    deliver: (taken: (spans: number) => void) => Delivery,
  ) {
    this.#counters = counters;
    this.#limit = config.batch.maxQueueSize;
    this.#delivery = deliver((spans) => {
      this.#waiting -= spans;
    });
    this.#batches = new BatchSpanProcessor({
      exporter: this.#delivery,
      ...config.batch,
      // The delivery keeps the time, counts and says: the processor would log every batch that is late.
      exportTimeoutMillis: 2 * config.batch.exportTimeoutMillis,
    });
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (this.#closed || (span.spanContext().traceFlags & 1) === 0) return;
    if (this.#waiting >= this.#limit) {
      this.#counters.dropped += 1;
      this.#sayFull();
      return;
    }
    // Said again only after the queue has run empty, and into a collector.
    if (this.#waiting === 0 && this.#counters.exported !== this.#exportedWhenFull) this.#exportedWhenFull = undefined;
    this.#waiting += 1;
    this.#counters.queued += 1;
    this.#batches.onEnd(span);
  }

  #sayFull(): void {
    if (this.#exportedWhenFull !== undefined) return;
    this.#exportedWhenFull = this.#counters.exported;
    diag.warn(`throughline: the queue of ${this.#limit} spans is full; further spans are dropped`);
  }

  /** The processor sends what waits, and does not wait for the batch that is on its way. */
  async forceFlush(): Promise<void> {
    await this.#batches.forceFlush();
    await this.#delivery.forceFlush();
  }

  shutdown(): Promise<void> {
    this.#closed = true;
    return this.#batches.shutdown();
  }
}

/**
 * Makes the exporter that sends to the collector. Counts attempts: it asks for its headers once for each.
 *
 * @param config where to send, and how
 * @param counters are told of further attempts
 * @returns the exporter; `shutdown` ends it
 * @throws what the exporter's constructor throws
 */
export function createOtlpExporter(config: ResolvedConfig, counters: TracingCounters): SpanExporter {
  let attempts = 0;
  let batches = 0;
  const headers = async (): Promise<Record<string, string>> => {
    attempts += 1;
    if (attempts > batches) {
      counters.retried += 1;
      attempts = batches;
    }
    return { ...config.headers };
  };
  const Exporter = config.protocol === 'http/json' ? JsonExporter : ProtobufExporter;
  const exporter = withoutOurVariables(
    () =>
      new Exporter({
        url: config.tracesUrl,
        headers,
        timeoutMillis: config.exportTimeoutMillis,
        compression: config.compression as never,
        // A flush sends everything that waits at once; above its limit (30) the exporter refuses batches, and they are lost.
        concurrencyLimit: 30 + Math.ceil(config.batch.maxQueueSize / config.batch.maxExportBatchSize),
      }),
  );
  return {
    export(spans, done) {
      batches += 1;
      exporter.export(spans, done);
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
}

/** What the pipeline is built from. */
export interface PipelineParts {
  readonly config: ResolvedConfig;
  readonly runtime: TracingRuntime;
  readonly redactors: readonly Redactor[];
  /** Sends in place of OTLP and console. */
  readonly exporter?: SpanExporter | undefined;
}

/**
 * Builds the span processor of the process.
 *
 * @param parts configuration, runtime, and the user's redactors and exporter
 * @returns a processor that follows requests, queues within bounds, batches, cleans and sends; it never throws
 * @throws what an exporter's constructor throws
 */
export function createPipeline(parts: PipelineParts): SpanProcessor {
  const { config, runtime, redactors } = parts;
  const exporter = chooseExporter(parts);
  const keepNext = config.nextSpans === 'all';
  if (exporter === undefined) {
    return new StatementSpans(new RequestSpans(new NoopSpanProcessor(), runtime, keepNext), runtime);
  }
  const target = parts.exporter ? 'the exporter' : config.otlp ? redactUrl(config.tracesUrl) : 'the console';
  const parentOf = (span: ReadableSpan): SpanContext | undefined => requests.parentOf(span);
  const queue = new CountedQueue(config, runtime.counters, (taken) => {
    const addedTo = (span: ReadableSpan): Attributes | undefined => statements.addedTo(tail?.originalOf(span) ?? span);
    const view = createExportView({ config, redactors, parentOf, addedTo });
    const timeoutMillis = config.batch.exportTimeoutMillis;
    return new Delivery({ inner: exporter, view, runtime, taken, target, timeoutMillis });
  });
  const { keep } = config;
  const tail = keep && new TailStage({ next: queue, keep, counters: runtime.counters, parentOf });
  const requests: RequestSpans = new RequestSpans(tail ?? queue, runtime, keepNext);
  const statements: StatementSpans = new StatementSpans(requests, runtime, (span) => tail?.forget(span));
  return statements;
}

function chooseExporter(parts: PipelineParts): SpanExporter | undefined {
  const { config, runtime } = parts;
  const main = parts.exporter ?? (config.otlp ? createOtlpExporter(config, runtime.counters) : undefined);
  if (!config.console) return main;
  const printed = new ConsoleSpanExporter();
  return main === undefined ? printed : alsoPrinted(main, printed);
}

/** Prints what is sent. Whether it arrived is for the main exporter to say. */
function alsoPrinted(main: SpanExporter, printed: SpanExporter): SpanExporter {
  return {
    export(spans, done) {
      printed.export(spans, () => {});
      main.export(spans, done);
    },
    forceFlush: async () => main.forceFlush?.(),
    shutdown: () => main.shutdown(),
  };
}
