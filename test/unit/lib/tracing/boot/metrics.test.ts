import {
  AggregationTemporality,
  InMemoryMetricExporter,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { TracingOptions } from '@/lib/tracing/boot/index.ts';
import { traceAsync, tracer, tracingHealth } from '@/lib/tracing/index.ts';
import { getRuntime } from '@/lib/tracing/runtime.ts';
import { type TestTracing, bootTracing } from '../../../../helpers/test-tracing.ts';

let tracing: TestTracing;
afterEach(() => tracing.stop());

const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);

async function measured(options: TracingOptions, work: () => Promise<unknown>): Promise<Record<string, unknown>> {
  exporter.reset();
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 600_000 });
  tracing = bootTracing({ metricReaders: [reader], ...options });
  await work();
  await tracing.handle.forceFlush();
  await reader.forceFlush();
  const [last] = exporter.getMetrics().slice(-1);
  return Object.fromEntries(
    (last?.scopeMetrics ?? [])
      .flatMap(({ scope, metrics }) => metrics.map((metric) => ({ scope, metric })))
      .flatMap(({ scope, metric: { descriptor, dataPoints } }) =>
        dataPoints.map(({ value, attributes }) => [
          [scope.name, descriptor.name, descriptor.unit, ...Object.values(attributes)].join(' '),
          value,
        ]),
      ),
  );
}

function measurement(values: Readonly<Record<string, number>>): Record<string, number> {
  return {
    'throughline otel.exporter.failures {batch}': 0,
    'throughline otel.spans.created {span}': 0,
    'throughline otel.sampling.decisions {decision} sampled': 0,
    'throughline otel.sampling.decisions {decision} unsampled': 0,
    'throughline otel.spans.queued {span}': 0,
    'throughline otel.spans.exported {span}': 0,
    'throughline otel.spans.dropped {span}': 0,
    'throughline otel.exporter.retries {attempt}': 0,
    ...values,
  };
}

const three = (): Promise<number> => traceAsync('a', () => traceAsync('b', async () => traceAsync('c', async () => 1)));

it('are zero when nothing has happened', async () => {
  expect(await measured({}, async () => {})).toEqual(measurement({}));
});

it('count what was sent', async () => {
  expect(await measured({}, three)).toEqual(
    measurement({
      'throughline otel.spans.created {span}': 3,
      'throughline otel.sampling.decisions {decision} sampled': 3,
      'throughline otel.spans.queued {span}': 3,
      'throughline otel.spans.exported {span}': 3,
    }),
  );
});

it('count what was not sampled', async () => {
  expect(await measured({ sampling: { ratio: 0 } }, three)).toEqual(
    measurement({ 'throughline otel.sampling.decisions {decision} unsampled': 3 }),
  );
});

it('count what was lost to the exporter, by batches and by spans', async () => {
  const failing: SpanExporter = { export: (_spans, done) => done({ code: 1 }), shutdown: async () => {} };
  const options: TracingOptions = { exporter: failing, batch: { maxExportBatchSize: 2, scheduledDelayMillis: 60_000 } };
  expect(await measured(options, three)).toEqual(
    measurement({
      'throughline otel.spans.created {span}': 3,
      'throughline otel.sampling.decisions {decision} sampled': 3,
      'throughline otel.spans.queued {span}': 3,
      'throughline otel.spans.dropped {span}': 3,
      'throughline otel.exporter.failures {batch}': 2,
    }),
  );
});

it('count what was lost to a full queue, and say so once until there is room again', async () => {
  const options: TracingOptions = { batch: { maxQueueSize: 2, maxExportBatchSize: 2, scheduledDelayMillis: 60_000 } };
  const results = await measured(options, async () => {
    // In one go: the batch that is full leaves at once, and its successors wait for it.
    for (let count = 0; count < 7; count++) tracer.startActiveSpan('work', () => {});
    await tracing.handle.forceFlush();
    for (let count = 0; count < 7; count++) tracer.startActiveSpan('work', () => {});
  });
  const { queued, dropped, exported } = getRuntime().counters;
  expect([queued + dropped, exported === queued, dropped > 0]).toEqual([14, true, true]);
  expect(results).toEqual(
    measurement({
      'throughline otel.spans.created {span}': 14,
      'throughline otel.sampling.decisions {decision} sampled': 14,
      'throughline otel.spans.queued {span}': queued,
      'throughline otel.spans.exported {span}': queued,
      'throughline otel.spans.dropped {span}': dropped,
    }),
  );
  expect(tracing.messages.every((message) => message.startsWith('throughline: the queue of 2 spans is full'))).toBe(
    true,
  );
});

it('are the plain object of tracingHealth too', async () => {
  await measured({}, three);
  expect(tracingHealth().counters).toEqual({
    spansCreated: 4,
    sampled: 4,
    unsampled: 0,
    queued: 4,
    exported: 3,
    dropped: 0,
    exportFailures: 0,
    retried: 0,
  });
});
