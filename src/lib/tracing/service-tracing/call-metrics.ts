/** Counters and durations of calls, through the metrics API: whoever registers a meter provider has them. */
import { type Attributes, type Counter, type Histogram, type MeterProvider, metrics } from '@opentelemetry/api';
import { SCOPE } from '../span.ts';

/** What is called: it begins the names of events and metrics. */
export type CallKind = 'service' | 'durable_object';

interface Instruments {
  readonly calls: Counter;
  readonly duration: Histogram;
}

// The boundaries that the HTTP conventions give for http.client.request.duration, in seconds.
const BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** Made once for each provider: one that is registered later has instruments of its own. */
const made = new WeakMap<MeterProvider, Readonly<Record<CallKind, Instruments>>>();

function instrumentsOf(provider: MeterProvider): Readonly<Record<CallKind, Instruments>> {
  const known = made.get(provider);
  if (known !== undefined) return known;
  const meter = provider.getMeter(SCOPE.name, SCOPE.version);
  const create = (kind: CallKind, callee: string): Instruments => ({
    calls: meter.createCounter(`throughline.${kind}.calls`, { unit: '{call}', description: `Calls of ${callee}` }),
    duration: meter.createHistogram(`throughline.${kind}.call.duration`, {
      unit: 's',
      description: `How long calls of ${callee} took, until the headers of their answer`,
      advice: { explicitBucketBoundaries: BOUNDARIES },
    }),
  });
  const instruments = {
    service: create('service', 'services'),
    durable_object: create('durable_object', 'Durable Objects'),
  };
  made.set(provider, instruments);
  return instruments;
}

/**
 * Counts one call that has ended. Without a meter provider this does nothing.
 *
 * @param kind what was called
 * @param seconds how long it took
 * @param attributes low in cardinality: who was called, how, and how it ended
 */
export function countCall(kind: CallKind, seconds: number, attributes: Attributes): void {
  const { calls, duration } = instrumentsOf(metrics.getMeterProvider())[kind];
  calls.add(1, attributes);
  duration.record(Math.max(0, seconds), attributes);
}
