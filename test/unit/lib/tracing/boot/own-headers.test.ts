/** Who writes the headers of an outgoing call: its own helper, its own author, or the instrumentation; never two of them. */
import { ROOT_CONTEXT, SpanKind, context, trace } from '@opentelemetry/api';
import { guardHeaders } from '@/lib/tracing/boot/own-headers.ts';
import { createTargetPolicy } from '@/lib/tracing/boot/target-policy.ts';
import { type TestTracing, bootTracing } from '../../../../helpers/test-tracing.ts';

let tracing: TestTracing;
beforeEach(() => void (tracing = bootTracing()));
afterEach(() => tracing.stop());

const carriesTrace = guardHeaders(
  createTargetPolicy({ propagateTo: ['a.example', 'b.example'], baggageTargets: ['a.example'] }),
);
const OURS = `00-${'0'.repeat(31)}1-${'0'.repeat(15)}1-01`;
const FOREIGN = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

it.each<[what: string, kind: SpanKind | undefined, headers: unknown, untouched: boolean, left: unknown]>([
  ['no headers', SpanKind.INTERNAL, undefined, false, undefined],
  ['headers without a trace', SpanKind.INTERNAL, { a: '1' }, false, { a: '1' }],
  ['a list without a trace', SpanKind.INTERNAL, ['a', '1'], false, ['a', '1']],
  ['ours, written by a helper for the call', SpanKind.CLIENT, { traceparent: OURS, a: '1' }, true, { traceparent: OURS, a: '1' }], // prettier-ignore
  ['ours, written by hand', SpanKind.INTERNAL, { Traceparent: OURS, a: '1' }, false, { a: '1' }],
  ['ours, by hand, with the rest', SpanKind.SERVER, ['a', '1', 'traceparent', OURS, 'Baggage', 'x=1', 'tracestate', 'y=2'], false, ['a', '1']], // prettier-ignore
  ['the caller’s, handed on', SpanKind.SERVER, { traceparent: OURS.replace(/-0{15}1-/, `-${'c'.repeat(16)}-`), a: '1' }, false, { a: '1' }], // prettier-ignore
  ['the caller’s, handed on in a call', SpanKind.CLIENT, { traceparent: OURS.replace(/-0{15}1-/, `-${'c'.repeat(16)}-`) }, false, {}], // prettier-ignore
  ['somebody else’s', SpanKind.INTERNAL, ['traceparent', FOREIGN], true, ['traceparent', FOREIGN]],
  ['somebody else’s, outside of every span', undefined, { traceparent: FOREIGN }, true, { traceparent: FOREIGN }],
])('%s', (_what, kind, headers, untouched, left) => {
  const request = { headers };
  const span = kind === undefined ? undefined : trace.getTracer('test').startSpan('span', { kind });
  const active = span === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, span);
  expect([context.with(active, () => carriesTrace(request)), request.headers]).toEqual([untouched, left]);
});

it.each<[origin: unknown, left: string[]]>([
  ['https://a.example', ['accept', 'traceparent', 'tracestate', 'baggage']],
  [new URL('https://a.example/x'), ['accept', 'traceparent', 'tracestate', 'baggage']],
  ['https://b.example:8443', ['accept', 'traceparent', 'tracestate']],
  ['https://stranger.example', ['accept']],
  ['http://127.0.0.1:80', ['accept', 'traceparent', 'tracestate', 'baggage']],
  // `http.request` follows no redirect: the helper has asked for this host.
  [undefined, ['accept', 'traceparent', 'tracestate', 'baggage']],
  ['no origin', ['accept', 'traceparent', 'tracestate', 'baggage']],
])('a helper’s headers, taken along to %s by a redirect', (origin, left) => {
  const headers = ['accept', '*/*', 'traceparent', OURS, 'tracestate', 'y=2', 'baggage', 'x=1'];
  const request = { headers, origin };
  const span = trace.getTracer('test').startSpan('GET', { kind: SpanKind.CLIENT });
  const untouched = context.with(trace.setSpan(ROOT_CONTEXT, span), () => carriesTrace(request));
  expect([untouched, request.headers.filter((_header, index) => index % 2 === 0)]).toEqual([true, left]);
});
