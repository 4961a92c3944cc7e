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

const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i;

/** Baggage that is sent only to those who may have it. */
class GuardedBaggagePropagator implements TextMapPropagator {
  readonly #inner = new W3CBaggagePropagator();
  readonly #targets: readonly string[];

  constructor(targets: readonly string[]) {
    this.#targets = targets.map((target) => target.toLowerCase());
  }

  inject(from: Context, carrier: unknown, setter: TextMapSetter): void {
    const host = targetHostOf(from)?.toLowerCase();
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

  /** `example.com` means that host; `.example.com` means everything below it. */
  #mayHave(host: string): boolean {
    if (LOOPBACK.test(host)) return true;
    return this.#targets.some((target) => (target.startsWith('.') ? host.endsWith(target) : host === target));
  }
}

/** A span that is folded away must not leave as anybody's parent: the receiver's spans would be orphans. */
class VisibleParentPropagator extends W3CTraceContextPropagator {
  override inject(from: Context, carrier: unknown, setter: TextMapSetter): void {
    const span = trace.getSpan(from);
    const parent = span === undefined ? undefined : getRuntime().folds.get(span)?.parent;
    super.inject(parent === undefined ? from : trace.setSpanContext(from, parent), carrier, setter);
  }
}

/**
 * The propagator of the process.
 *
 * @param baggageTargets hosts that baggage may be sent to, besides loopback; a leading dot means every host below
 * @returns trace context and guarded baggage
 */
export function createPropagator(baggageTargets: readonly string[]): TextMapPropagator {
  return new CompositePropagator({
    propagators: [new VisibleParentPropagator(), new GuardedBaggagePropagator(baggageTargets)],
  });
}
