/** The small propagator against the official one: what either reads and writes, the other does too. */
import { ROOT_CONTEXT, type SpanContext, defaultTextMapGetter, defaultTextMapSetter, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { traceContextPropagator } from '@/lib/tracing/workers-tracing/propagator.ts';

const official = new W3CTraceContextPropagator();
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

const extract = (propagator: typeof official, carrier: Record<string, string>): object | undefined => {
  const { traceState, ...rest } =
    trace.getSpanContext(propagator.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter)) ?? {};
  return { ...rest, ...(traceState && { traceState: traceState.serialize() }) };
};

describe('traceparent', () => {
  it.each([
    `00-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-00`,
    `00-${TRACE}-${SPAN}-03`,
    ` 00-${TRACE}-${SPAN}-01 `,
    `01-${TRACE}-${SPAN}-01`,
    `cc-${TRACE}-${SPAN}-01-what-the-future-brings`,
    `00-${TRACE}-${SPAN}-01-more`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-0`,
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}${SPAN}-01`,
    `${TRACE}-${SPAN}-01`,
    'null',
    '',
  ])('%j is read as the official one reads it', (traceparent) => {
    expect(extract(traceContextPropagator as typeof official, { traceparent })).toEqual(
      extract(official, { traceparent }),
    );
  });
});

describe('tracestate', () => {
  const carried = (tracestate: string): unknown => {
    const carrier = { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate };
    const out: Record<string, string> = {};
    const from = traceContextPropagator.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter);
    traceContextPropagator.inject(from, out, defaultTextMapSetter);
    return [out['traceparent'], out['tracestate']];
  };

  it.each([
    ['one', 'vendor=kept', 'vendor=kept'],
    ['two, with blanks', 'a=1 , b=2', 'a=1 , b=2'],
    ['of a tenant', 'fw529a3039@dt=FfffFfff', 'fw529a3039@dt=FfffFfff'],
    ['none', '', undefined],
    ['no member', 'planted', undefined],
    ['upper-case key', 'Vendor=x', undefined],
    ['too long', `a=${'x'.repeat(600)}`, undefined],
    ['too many', Array.from({ length: 33 }, (_none, at) => `k${at}=1`).join(','), undefined],
  ])('%s', (_what, came, goes) => {
    expect(carried(came)).toEqual([`00-${TRACE}-${SPAN}-01`, goes]);
  });

  it('can be changed by who takes part in it, and stays as it was for the others', () => {
    const carrier = { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'a=1,b=2' };
    const from = traceContextPropagator.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter);
    const state = trace.getSpanContext(from)?.traceState;
    expect([
      state?.get('b'),
      state?.get('c'),
      state?.set('b', '3').serialize(),
      state?.set('c', '4').serialize(),
      state?.unset('a').serialize(),
      state?.serialize(),
    ]).toEqual(['2', undefined, 'b=3,a=1', 'c=4,a=1,b=2', 'b=2', 'a=1,b=2']);
  });
});

it('sends nothing where there is no trace, and the flags as they are', () => {
  const sent = (own: SpanContext): unknown => {
    const out: Record<string, string> = {};
    traceContextPropagator.inject(trace.setSpanContext(ROOT_CONTEXT, own), out, defaultTextMapSetter);
    return out;
  };
  expect([
    sent({ traceId: '0'.repeat(32), spanId: SPAN, traceFlags: 1 }),
    sent({ traceId: TRACE, spanId: SPAN, traceFlags: 0 }),
    traceContextPropagator.fields(),
  ]).toEqual([{}, { traceparent: `00-${TRACE}-${SPAN}-00` }, ['traceparent', 'tracestate']]);
});
