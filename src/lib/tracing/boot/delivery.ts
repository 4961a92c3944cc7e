/**
 * Between the batch processor and the exporter: cleans what leaves, counts what arrives, and says once that the collector
 * does not answer, and once that it does again.
 */
import { diag } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import type { TracingRuntime } from '../runtime.ts';
import type { ExportView } from './export-view.ts';

/** An exporter that never fails as its caller sees it, and counts instead. */
export class Delivery implements SpanExporter {
  readonly #inner: SpanExporter;
  readonly #view: ExportView;
  readonly #runtime: TracingRuntime;
  readonly #taken: (spans: number) => void;
  readonly #target: string;
  readonly #timeoutMillis: number;
  readonly #underWay = new Set<Promise<void>>();

  constructor(parts: {
    inner: SpanExporter;
    view: ExportView;
    runtime: TracingRuntime;
    /** Told how many spans have left the queue. */
    taken: (spans: number) => void;
    /** Named in the one message about failures. */
    target: string;
    /** Milliseconds after which a batch without an answer counts as lost. */
    timeoutMillis: number;
  }) {
    this.#inner = parts.inner;
    this.#view = parts.view;
    this.#runtime = parts.runtime;
    this.#taken = parts.taken;
    this.#target = parts.target;
    this.#timeoutMillis = parts.timeoutMillis;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#taken(spans.length);
    let arrived = (): void => {};
    const underWay = new Promise<void>((resolve) => (arrived = resolve));
    this.#underWay.add(underWay);
    let told = false;
    const settle = (result: ExportResult): void => {
      if (told) return;
      told = true;
      clearTimeout(timer);
      this.#underWay.delete(underWay);
      arrived();
      this.#count(result, spans.length);
      // The processor would log every failed batch: it has been counted and said here.
      done({ code: ExportResultCode.SUCCESS });
    };
    const timer = setTimeout(() => {
      settle({ code: ExportResultCode.FAILED, error: new Error(`no answer within ${this.#timeoutMillis} ms`) });
    }, this.#timeoutMillis);
    try {
      this.#inner.export(
        spans.map((span) => this.#view(span)),
        settle,
      );
    } catch (error) {
      settle({ code: ExportResultCode.FAILED, error: error instanceof Error ? error : new Error('export threw') });
    }
  }

  #count(result: ExportResult, spans: number): void {
    const { counters, failing } = this.#runtime;
    this.#runtime.failing = result.code !== ExportResultCode.SUCCESS;
    if (result.code === ExportResultCode.SUCCESS) {
      counters.exported += spans;
      if (failing) diag.warn(`throughline: ${this.#target} takes spans again`);
      return;
    }
    counters.exportFailures += 1;
    counters.dropped += spans;
    if (!failing) {
      const reason = result.error?.message ?? 'no reason given';
      diag.warn(
        `throughline: ${this.#target} did not take ${spans} spans (${reason}); the application is not affected, and ` +
          'sending goes on. Counts: tracingHealth()',
      );
    }
  }

  /** Resolves when every batch that is on its way has been answered, or given up. */
  async forceFlush(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async shutdown(): Promise<void> {
    await this.forceFlush();
    await this.#inner.shutdown();
  }
}
