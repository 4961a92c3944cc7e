/** W3C trace context, both ways, within the size that a Worker has for it. */
import {
  type Context,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  type TraceState,
  isSpanContextValid,
  trace,
} from '@opentelemetry/api';

// W3C Trace Context, section 3.2.2: lower case, version ff is none, only version 00 ends after the flags.
const TRACEPARENT = /^(?!ff)([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;
// Section 3.3: at most 32 members of `key=value` in printable characters; 512 characters have to be carried on.
const TRACESTATE =
  /^(?=.{3,512}$)[ \t]*[a-z\d][a-z\d_\-*/@]{0,255}=[^,=]{1,256}(?:,[ \t]*(?:[a-z\d][a-z\d_\-*/@]{0,255}=[^,=]{1,256})?){0,31}$/;

/** Carried as it came: who does not take part in it must not change it. */
class CarriedState implements TraceState {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  #members(key: string, its: boolean): string[] {
    return this.#text.split(',').filter((one) => one.trim().startsWith(`${key}=`) === its);
  }

  get(key: string): string | undefined {
    return this.#members(key, true)[0]
      ?.trim()
      .slice(key.length + 1);
  }

  /** What is set goes first (section 3.3.1.5). */
  set(key: string, value: string): TraceState {
    return new CarriedState([`${key}=${value}`, ...this.#members(key, false)].join(','));
  }

  unset(key: string): TraceState {
    return new CarriedState(this.#members(key, false).join(','));
  }

  serialize(): string {
    return this.#text;
  }
}

/** The propagator of a Worker. */
export const traceContextPropagator: TextMapPropagator = {
  inject(from: Context, carrier: unknown, setter: TextMapSetter): void {
    const own = trace.getSpanContext(from);
    if (own === undefined || !isSpanContextValid(own)) return;
    const flags = (own.traceFlags & 0xff).toString(16).padStart(2, '0');
    setter.set(carrier, 'traceparent', `00-${own.traceId}-${own.spanId}-${flags}`);
    if (own.traceState) setter.set(carrier, 'tracestate', own.traceState.serialize());
  },

  extract(from: Context, carrier: unknown, getter: TextMapGetter): Context {
    const [, version, traceId = '', spanId = '', flags = '', more] =
      TRACEPARENT.exec(String(getter.get(carrier, 'traceparent')).trim()) ?? [];
    const state = String(getter.get(carrier, 'tracestate'));
    const remote = {
      traceId,
      spanId,
      traceFlags: Number.parseInt(flags, 16),
      isRemote: true,
      ...(TRACESTATE.test(state) && { traceState: new CarriedState(state) }),
    };
    if ((version === '00' && more !== undefined) || !isSpanContextValid(remote)) return from;
    return trace.setSpanContext(from, remote);
  },

  fields: () => ['traceparent', 'tracestate'],
};
