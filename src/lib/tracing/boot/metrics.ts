/** The counters of the tracing itself, as OpenTelemetry metrics. They are read when a reader collects: no cost per span. */
import { type Attributes, metrics } from '@opentelemetry/api';
import type { TracingCounters } from '../runtime.ts';
import { SCOPE } from '../span.ts';

interface Observed {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly read: (counters: TracingCounters) => readonly (readonly [value: number, attributes?: Attributes])[];
}

const OBSERVED: readonly Observed[] = [
  {
    name: 'otel.exporter.failures',
    unit: '{batch}',
    description: 'Batches that could not be delivered',
    read: (counters) => [[counters.exportFailures]],
  },
  {
    name: 'otel.spans.created',
    unit: '{span}',
    description: 'Spans started',
    read: (counters) => [[counters.spansCreated]],
  },
  {
    name: 'otel.sampling.decisions',
    unit: '{decision}',
    description: 'Sampling decisions, by their result',
    read: (counters) => [
      [counters.sampled, { decision: 'sampled' }],
      [counters.unsampled, { decision: 'unsampled' }],
    ],
  },
  {
    name: 'otel.spans.queued',
    unit: '{span}',
    description: 'Spans taken into the export queue',
    read: (counters) => [[counters.queued]],
  },
  {
    name: 'otel.spans.exported',
    unit: '{span}',
    description: 'Spans that the collector has acknowledged',
    read: (counters) => [[counters.exported]],
  },
  {
    name: 'otel.spans.dropped',
    unit: '{span}',
    description: 'Spans lost to a full queue or a failed delivery',
    read: (counters) => [[counters.dropped]],
  },
  {
    name: 'otel.exporter.retries',
    unit: '{attempt}',
    description: 'Further attempts to deliver a batch',
    read: (counters) => [[counters.retried]],
  },
  {
    name: 'otel.spans.tail',
    unit: '{span}',
    description: 'Spans that were not sampled, by what became of them when their trace ended',
    read: (counters) => [
      [counters.tailKept, { decision: 'kept' }],
      [counters.tailDropped, { decision: 'dropped' }],
      [counters.tailEvicted, { decision: 'evicted' }],
    ],
  },
];

/**
 * Registers the counters with the global meter provider. Without one this does nothing.
 *
 * @param counters what is read at each collection
 */
export function observeCounters(counters: TracingCounters): void {
  const meter = metrics.getMeter(SCOPE.name, SCOPE.version);
  for (const { name, unit, description, read } of OBSERVED) {
    meter.createObservableCounter(name, { unit, description }).addCallback((result) => {
      for (const [value, attributes] of read(counters)) result.observe(value, attributes);
    });
  }
}
