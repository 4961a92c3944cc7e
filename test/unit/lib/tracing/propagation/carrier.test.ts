import { ROOT_CONTEXT, type TextMapPropagator, context, propagation, trace } from '@opentelemetry/api';
import { extractTraceContext, injectTraceContext } from '@/lib/tracing/propagation/index.ts';
import { traceAsync } from '@/lib/tracing/span.ts';
import { type TestTracing, bootTracing, resetGlobals } from '../../../../helpers/test-tracing.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const PARENT = `00-${TRACE}-${SPAN}-01`;

let tracing: TestTracing;
beforeEach(() => {
  tracing = bootTracing();
});
afterEach(() => tracing.stop());

type Source = Parameters<typeof extractTraceContext>[0];

const found = (source: unknown): unknown => {
  const from = extractTraceContext(source as Source);
  const span = trace.getSpanContext(from);
  const baggage = propagation.getBaggage(from)?.getAllEntries();
  return span === undefined && baggage === undefined
    ? undefined
    : [
        span &&
          `${span.traceId} ${span.spanId} ${span.traceFlags} ${span.traceState?.serialize() ?? '-'} ${String(span.isRemote)}`,
        baggage?.map(([key, { value }]) => `${key}=${value}`).join(),
      ];
};
const SAMPLED = [`${TRACE} ${SPAN} 1 - true`, undefined];
const throwing = (): never => {
  throw new Error('getter');
};

describe('extractTraceContext', () => {
  const headers = { traceparent: PARENT };
  it.each<[what: string, source: unknown, expected: unknown]>([
    ['a Request', new Request('http://a/', { headers }), SAMPLED],
    ['Headers', new Headers(headers), SAMPLED],
    ['a Map', new Map(Object.entries(headers)), SAMPLED],
    ['a record', headers, SAMPLED],
    ['a record in another case', { TraceParent: PARENT }, SAMPLED],
    ['a request of Node', { headers, url: '/' }, SAMPLED],
    ['a list of one', { traceparent: [PARENT] }, SAMPLED],
    ['an unsampled one', { traceparent: `00-${TRACE}-${SPAN}-00` }, [`${TRACE} ${SPAN} 0 - true`, undefined]],
    ['a later version', { traceparent: `01-${TRACE}-${SPAN}-01-more` }, SAMPLED],
    ['a tracestate', { ...headers, tracestate: 'congo=t61rcWkgMzE, rojo=1' }, [`${TRACE} ${SPAN} 1 congo=t61rcWkgMzE,rojo=1 true`, undefined]], // prettier-ignore
    ['a malformed tracestate', { ...headers, tracestate: '=,;\u0000' }, [`${TRACE} ${SPAN} 1  true`, undefined]],
    ['baggage', { ...headers, baggage: 'a=1,b=x%20y;meta=1' }, [SAMPLED[0], 'a=1,b=x y']],
    ['baggage alone', { baggage: 'a=1' }, [undefined, 'a=1']],
    ['malformed baggage', { ...headers, baggage: '=,a,b=%E0%A4%A,c=3' }, [SAMPLED[0], 'c=3']],
    ['baggage without end', { ...headers, baggage: `a=${'x'.repeat(9000)}` }, SAMPLED],
    ['nothing', {}, undefined],
    ['null', null, undefined],
    ['undefined', undefined, undefined],
    ['a text', PARENT, undefined],
    ['two parents', { traceparent: [PARENT, PARENT] }, undefined],
    ['no hex', { traceparent: `00-${TRACE.replace('4', 'g')}-${SPAN}-01` }, undefined],
    ['no trace id', { traceparent: `00-${'0'.repeat(32)}-${SPAN}-01` }, undefined],
    ['no span id', { traceparent: `00-${TRACE}-${'0'.repeat(16)}-01` }, undefined],
    ['a version that does not exist', { traceparent: `ff-${TRACE}-${SPAN}-01` }, undefined],
    ['too short', { traceparent: `00-${TRACE}-${SPAN}` }, undefined],
    ['too long', { traceparent: 'x'.repeat(100_000) }, undefined],
    ['a number', { traceparent: 5 }, undefined],
    ['a getter that throws', { get: throwing }, undefined],
    ['headers that throw', { get headers() { return throwing(); } }, undefined], // prettier-ignore
  ])('%s', (_what, source, expected) => {
    expect(found(source)).toEqual(expected);
  });

  it('adds nothing of the current request, unless it is asked to', async () => {
    await traceAsync('work', async () => {
      const active = context.active();
      expect(extractTraceContext({})).toBe(ROOT_CONTEXT);
      expect(extractTraceContext({}, active)).toBe(active);
      expect(trace.getSpanContext(extractTraceContext({ traceparent: PARENT }, active))?.traceId).toBe(TRACE);
    });
  });

  it('does not look at the headers as long as nothing is booted', () => {
    resetGlobals();
    const request = {
      get headers(): never {
        return throwing();
      },
    };
    expect(extractTraceContext(request)).toBe(ROOT_CONTEXT);
  });
});

describe('injectTraceContext', () => {
  const under = (flags: number) =>
    trace.setSpanContext(ROOT_CONTEXT, { traceId: TRACE, spanId: SPAN, traceFlags: flags, isRemote: true });

  it('writes the parent, also when it is not sampled', () => {
    expect([injectTraceContext(under(1)), injectTraceContext(under(0))]).toEqual([
      { traceparent: PARENT },
      { traceparent: `00-${TRACE}-${SPAN}-00` },
    ]);
  });

  it('writes the active span by default, and the tracestate that came with its trace', async () => {
    const from = extractTraceContext({ traceparent: PARENT, tracestate: 'congo=1' });
    const headers = await context.with(from, () => traceAsync('work', async () => injectTraceContext()));
    expect(headers).toEqual({ traceparent: `00-${TRACE}-0000000000000001-01`, tracestate: 'congo=1' });
  });

  it('writes nothing where there is no trace', () => {
    expect(injectTraceContext()).toEqual({});
  });

  it('writes nothing when a propagator throws', () => {
    propagation.disable();
    propagation.setGlobalPropagator({
      inject: throwing,
      extract: throwing,
      fields: () => [],
    } satisfies TextMapPropagator);
    expect([injectTraceContext(under(1)), extractTraceContext({ traceparent: PARENT })]).toEqual([{}, ROOT_CONTEXT]);
  });
});
