import {
  AggregationTemporality,
  InMemoryMetricExporter,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { TracingOptions } from '@/lib/tracing/boot/index.ts';
import { traceAsync, tracer, tracingHealth } from '@/lib/tracing/index.ts';
import { type TestTracing, bootTracing } from '../../../../helpers/test-tracing.ts';

let tracing: TestTracing;
afterEach(() => tracing.stop());

async function measured(options: TracingOptions, work: () => Promise<unknown>): Promise<Record<string, unknown>> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
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
    'throughline otel.spans.tail {span} kept': 0,
    'throughline otel.spans.tail {span} dropped': 0,
    'throughline otel.spans.tail {span} evicted': 0,
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

it('count what was lost to a full queue', async () => {
  const options: TracingOptions = { batch: { maxQueueSize: 2, maxExportBatchSize: 2, scheduledDelayMillis: 60_000 } };
  // In one go: the first two leave as a batch, the next two wait for its end, and three find no room.
  const seven = async (): Promise<void> => {
    for (let count = 0; count < 7; count++) tracer.startActiveSpan('work', () => {});
  };
  expect(await measured(options, seven)).toEqual(
    measurement({
      'throughline otel.spans.created {span}': 7,
      'throughline otel.sampling.decisions {decision} sampled': 7,
      'throughline otel.spans.queued {span}': 4,
      'throughline otel.spans.exported {span}': 4,
      'throughline otel.spans.dropped {span}': 3,
    }),
  );
  await seven();
  const full = 'throughline: the queue of 2 spans is full; further spans are dropped';
  // Said again: there was room in between.
  expect(tracing.messages).toEqual([full, full]);
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
    tailKept: 0,
    tailDropped: 0,
    tailEvicted: 0,
  });
});
