/** Sends the lines of the simple tracer as OTLP, from the logs they went into. */
import { type HrTime, type SpanContext, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import { resolveConfig } from '../config.ts';
import { readEnvironment } from '../environment.ts';
import type { ConfigOptions } from '../options.ts';
import { redactText } from '../redaction.ts';
import { createRuntime } from '../runtime.ts';
import { redactUrl } from '../semconv/http.ts';
import { SCOPE } from '../span.ts';
import { type ExportView, createExportView } from './export-view.ts';
import { createOtlpExporter } from './pipeline.ts';
import { type TraceLine, readTraceLine } from './trace-line.ts';

/** How lines are sent. What is left out comes from the environment, as for `startTracing`. */
export interface ReplayOptions extends Pick<ConfigOptions, 'endpoint' | 'headers' | 'protocol' | 'compression'> {
  /** Told each line that should be a span and is none, and why sending failed. */
  readonly onProblem?: (problem: string) => void;
}

/** What came of the lines. */
export interface ReplaySummary {
  /** Where they went, without credentials. */
  readonly target: string;
  /** Spans that the collector has taken. */
  readonly sent: number;
  /** Lines that repeat a span of this run. */
  readonly repeated: number;
  /** Lines that should be spans and are none. */
  readonly bad: number;
  /** Lines that are somebody else's. */
  readonly other: number;
  /** Spans that the collector has not taken. Nothing is read after them. */
  readonly lost: number;
}

// How far back a repeated span is known. Further back it is sent again, under the same ids: the receiver replaces it.
const REMEMBERED = 100_000;

function toHrTime(millis: number): HrTime {
  const seconds = Math.floor(millis / 1000);
  return [seconds, Math.round((millis - seconds * 1000) * 1e6)];
}

/** Spans of one service share one resource object: the exporter groups by it. */
class Resources {
  readonly #known = new Map<string, Resource>();

  of(name: string, version: string | undefined): Resource {
    const key = JSON.stringify([name, version]);
    let resource = this.#known.get(key);
    if (resource === undefined) {
      resource = resourceFromAttributes({
        'service.name': name,
        ...(version === undefined ? {} : { 'service.version': version }),
        'telemetry.distro.name': SCOPE.name,
        'telemetry.distro.version': SCOPE.version,
      });
      this.#known.set(key, resource);
    }
    return resource;
  }
}

function toSpan(line: TraceLine, resources: Resources): ReadableSpan {
  const { 'service.name': service, 'service.version': version, ...attributes } = line.attributes;
  const contextOf = (spanId: string): SpanContext => ({
    traceId: line.traceId,
    spanId,
    traceFlags: TraceFlags.SAMPLED,
  });
  const isModelCall = 'llm.vendor' in attributes || 'llm.request.model' in attributes;
  return {
    name: line.operation,
    kind: isModelCall ? SpanKind.CLIENT : SpanKind.INTERNAL,
    spanContext: () => contextOf(line.spanId),
    ...(line.parentSpanId === undefined ? {} : { parentSpanContext: contextOf(line.parentSpanId) }),
    startTime: toHrTime(line.endMillis - line.durationMillis),
    endTime: toHrTime(line.endMillis),
    duration: toHrTime(line.durationMillis),
    ended: true,
    status: { code: line.failed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes,
    links: [],
    events: line.events.map(({ name, timeMillis }) => ({ name, time: toHrTime(timeMillis) })),
    resource: resources.of(
      typeof service === 'string' ? redactText(service) : 'unknown_service',
      typeof version === 'string' ? redactText(version) : undefined,
    ),
    instrumentationScope: { name: `${SCOPE.name}/simple`, version: SCOPE.version },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function deliver(exporter: SpanExporter, lines: readonly TraceLine[], view: ExportView): Promise<ExportResult> {
  const resources = new Resources();
  return new Promise((resolve) =>
    exporter.export(
      lines.map((line) => view(toSpan(line, resources))),
      resolve,
    ),
  );
}

/** The ids of the latest spans, as many as are remembered. */
class Seen {
  readonly #ids = new Set<string>();

  /** Says whether a span is new. */
  add({ traceId, spanId }: TraceLine): boolean {
    const id = traceId + spanId;
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    if (this.#ids.size > REMEMBERED) for (const oldest of this.#ids) if (this.#ids.delete(oldest)) break;
    return true;
  }
}

/**
 * Sends the spans that a log holds as lines of the simple tracer (`TRACE: ...`), cleaned and under the names of today like any
 * span that leaves. A span keeps its ids, so the same log may be sent twice. Stops at the first batch that the collector does not
 * take. Boots nothing.
 *
 * @param lines of the log, in any order; what a log puts around a line is looked through, other lines are left out
 * @param options where to send, as for `startTracing`, and who is told of problems
 * @returns how many lines became spans, and what became of the others; never rejects for what is in a line
 * @throws TracingOptionsError for a wrong option; what reading `lines` throws
 * @example
 * const summary = await replayTraceLines(['GET / 200', 'POST /cart 201'], { endpoint: 'http://localhost:4318' });
 * summary; // { target: 'http://localhost:4318/v1/traces', sent: 0, repeated: 0, bad: 0, other: 2, lost: 0 }
 */
export async function replayTraceLines(
  lines: Iterable<string> | AsyncIterable<string>,
  options: ReplayOptions = {},
): Promise<ReplaySummary> {
  const { onProblem = () => {}, ...given } = options;
  const config = resolveConfig(given, readEnvironment(), onProblem);
  const target = redactUrl(config.tracesUrl);
  const exporter = createOtlpExporter(config, createRuntime().counters);
  const view = createExportView({ config, redactors: [], parentOf: (span) => span.parentSpanContext });
  const counts = { sent: 0, repeated: 0, bad: 0, other: 0, lost: 0 };
  const seen = new Seen();
  const batch: TraceLine[] = [];
  const send = async (): Promise<void> => {
    const spans = batch.splice(0);
    if (spans.length === 0) return;
    const { code, error } = await deliver(exporter, spans, view);
    if (code === ExportResultCode.SUCCESS) {
      counts.sent += spans.length;
      return;
    }
    counts.lost += spans.length;
    onProblem(
      `${target} did not take ${spans.length} span${spans.length === 1 ? '' : 's'}: ${redactText(error?.message ?? 'no reason given')}`,
    );
  };
  let number = 0;
  for await (const text of lines) {
    number += 1;
    const read = readTraceLine(text);
    if (read.kind === 'other') counts.other += 1;
    else if (read.kind === 'bad') {
      counts.bad += 1;
      onProblem(`line ${number}: ${read.problem}`);
    } else if (!seen.add(read.span)) counts.repeated += 1;
    else if (batch.push(read.span) >= config.batch.maxExportBatchSize) await send();
    if (counts.lost > 0) break;
  }
  if (counts.lost === 0) await send();
  await exporter.shutdown();
  return { target, ...counts };
}
