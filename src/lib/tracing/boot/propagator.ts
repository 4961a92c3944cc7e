/** W3C trace context to every target; W3C baggage to loopback and the hosts on the allow-list alone. */
import {
  type Context,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  propagation,
  trace,
} from '@opentelemetry/api';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { effectiveBaggage } from '../propagation/baggage.ts';
import { targetHostOf } from '../propagation/target.ts';
import { getRuntime } from '../runtime.ts';
import { isForKeptPage } from './page-trace.ts';
import type { HostRule, TargetPolicy } from './target-policy.ts';

/** Baggage that is sent only to those who may have it. */
class GuardedBaggagePropagator implements TextMapPropagator {
  readonly #inner = new W3CBaggagePropagator();
  readonly #mayHave: HostRule;

  constructor(mayHave: HostRule) {
    this.#mayHave = mayHave;
  }

  inject(from: Context, carrier: unknown, setter: TextMapSetter): void {
    const host = targetHostOf(from);
    if (host === undefined || !this.#mayHave(host)) return;
    const baggage = effectiveBaggage(from);
    if (baggage !== undefined) this.#inner.inject(propagation.setBaggage(from, baggage), carrier, setter);
  }

  extract(from: Context, carrier: unknown, getter: TextMapGetter): Context {
    return this.#inner.extract(from, carrier, getter);
  }

  fields(): string[] {
    return this.#inner.fields();
  }
}

/**
 * Trace context, to every target or to those on the list. A span that is folded away must not leave as anybody's parent:
 * the receiver's spans would be orphans.
 */
class VisibleParentPropagator extends W3CTraceContextPropagator {
  readonly #mayHave: HostRule;

  constructor(mayHave: HostRule) {
    super();
    this.#mayHave = mayHave;
  }

  override inject(from: Context, carrier: unknown, setter: TextMapSetter): void {
    // What has no host (a message, headers that are made by hand) is sent by whoever asked for it.
    const host = targetHostOf(from);
    if (host !== undefined && !this.#mayHave(host)) return;
    if (isForKeptPage(from, carrier)) return;
    const span = trace.getSpan(from);
    const parent = span === undefined ? undefined : getRuntime().folds.get(span)?.parent;
    super.inject(parent === undefined ? from : trace.setSpanContext(from, parent), carrier, setter);
  }
}

/**
 * The propagator of the process.
 *
 * @param policy who may have what
 * @returns trace context and guarded baggage
 */
export function createPropagator(policy: TargetPolicy): TextMapPropagator {
  return new CompositePropagator({
    propagators: [new VisibleParentPropagator(policy.traceContext), new GuardedBaggagePropagator(policy.baggage)],
  });
}
