/**
 * W3C Trace Context (Recommendation, level 1), section by section, through `extractTraceContext` and, for what goes out,
 * `injectTraceContext`. Rows of our own.
 */
import { type Context, ROOT_CONTEXT, context, trace } from '@opentelemetry/api';
import { extractTraceContext, injectTraceContext, tracer } from '@/lib/tracing/index.ts';
import { type TestTracing, bootTracing } from '../helpers/test-tracing.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const VALID = `00-${TRACE}-${SPAN}-01`;

let tracing: TestTracing;
beforeEach(() => {
  tracing = bootTracing();
});
afterEach(() => tracing.stop());

/** The parent that came, as `trace-id span-id flags`; `none` where a new trace has to begin. */
function parentOf(from: Context): string {
  const parent = trace.getSpanContext(from);
  return parent === undefined ? 'none' : `${parent.traceId} ${parent.spanId} ${parent.traceFlags & 1}`;
}
const stateOf = (from: Context): string => trace.getSpanContext(from)?.traceState?.serialize() ?? 'none';

const CAME = `${TRACE} ${SPAN} 1`;
const UNSAMPLED = `${TRACE} ${SPAN} 0`;

describe('traceparent', () => {
  it.each<readonly [section: string, header: string, parent: string]>([
    ['3.2.2 sampled', VALID, CAME],
    ['3.2.2 not sampled', `00-${TRACE}-${SPAN}-00`, UNSAMPLED],
    ['3.2.2.1 version ff is forbidden', `ff-${TRACE}-${SPAN}-01`, 'none'],
    ['3.2.2.1 a version of one digit', `0-${TRACE}-${SPAN}-01`, 'none'],
    ['3.2.2.1 a version of three digits', `000-${TRACE}-${SPAN}-01`, 'none'],
    ['3.2.2.1 a version that is no number', `zz-${TRACE}-${SPAN}-01`, 'none'],
    ['3.2.2.1 no version', `${TRACE}-${SPAN}-01`, 'none'],
    ['3.2.2.2 version 00 ends with its flags', `${VALID}-`, 'none'],
    ['3.2.2.2 version 00 has no fifth field', `${VALID}-extra`, 'none'],
    ['3.2.2.2 a field is missing', `00-${TRACE}-${SPAN}`, 'none'],
    ['3.2.2.2 other separators', `00_${TRACE}_${SPAN}_01`, 'none'],
    ['3.2.2.2 no separators', `00${TRACE}${SPAN}01`, 'none'],
    ['3.2.2.2 white space inside', `00-${TRACE} -${SPAN}-01`, 'none'],
    ['3.2.2.2 two values in one header', `${VALID},${VALID}`, 'none'],
    ['3.2.2.2 two values that differ', `${VALID}, 00-${'a'.repeat(32)}-${SPAN}-01`, 'none'],
    ['3.2.2.3 a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`, 'none'],
    ['3.2.2.3 a trace id that is too short', `00-${TRACE.slice(1)}-${SPAN}-01`, 'none'],
    ['3.2.2.3 a trace id that is too long', `00-${TRACE}0-${SPAN}-01`, 'none'],
    ['3.2.2.3 upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`, 'none'],
    ['3.2.2.3 no hexadecimal digits', `00-${'g'.repeat(32)}-${SPAN}-01`, 'none'],
    ['3.2.2.3 the greatest', `00-${'f'.repeat(32)}-${SPAN}-01`, `${'f'.repeat(32)} ${SPAN} 1`],
    ['3.2.2.3 the smallest', `00-${'0'.repeat(31)}1-${SPAN}-01`, `${'0'.repeat(31)}1 ${SPAN} 1`],
    ['3.2.2.4 a parent id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`, 'none'],
    ['3.2.2.4 a parent id that is too short', `00-${TRACE}-${SPAN.slice(1)}-01`, 'none'],
    ['3.2.2.4 a parent id that is too long', `00-${TRACE}-${SPAN}0-01`, 'none'],
    ['3.2.2.4 upper case', `00-${TRACE}-${SPAN.toUpperCase()}-01`, 'none'],
    ['3.2.2.5 flags of one digit', `00-${TRACE}-${SPAN}-1`, 'none'],
    ['3.2.2.5 flags of three digits', `00-${TRACE}-${SPAN}-001`, 'none'],
    ['3.2.2.5 flags that are no number', `00-${TRACE}-${SPAN}-.0`, 'none'],
    ['3.2.2.5 upper case', `00-${TRACE}-${SPAN}-0A`, 'none'],
    ['3.2.2.5 unknown flags beside sampled', `00-${TRACE}-${SPAN}-ff`, CAME],
    ['3.2.2.5 unknown flags alone', `00-${TRACE}-${SPAN}-fe`, UNSAMPLED],
    ['3.2.4 a later version of the same form', `cc-${TRACE}-${SPAN}-01`, CAME],
    ['3.2.4 a later version with more fields', `cc-${TRACE}-${SPAN}-01-what-the-future-brings`, CAME],
    ['3.2.4 a later version whose flags go on', `cc-${TRACE}-${SPAN}-01.what`, 'none'],
    ['3.2.4 a later version that is too short', `cc-${TRACE}-${SPAN}`, 'none'],
    ['no content', '', 'none'],
    ['a word', 'traceparent', 'none'],
    ['a line break', `${VALID}\r\nx-evil: 1`, 'none'],
    ['a NUL character', `${VALID}\u0000`, 'none'],
    ['over-long', `${VALID}${' '.repeat(9000)}`, 'none'],
    ['over-long, of a later version', `cc-${TRACE}-${SPAN}-01-${'x'.repeat(9000)}`, 'none'],
  ])('%s', (_section, header, parent) => {
    expect(parentOf(extractTraceContext({ traceparent: header }))).toBe(parent);
  });

  it.each<readonly [section: string, source: Parameters<typeof extractTraceContext>[0], parent: string]>([
    ['3.2.1 the name in lower case', { traceparent: VALID }, CAME],
    ['3.2.1 the name in any case', { TraceParent: VALID }, CAME],
    ['3.2.1 another name', { 'trace-parent': VALID }, 'none'],
    ['a Headers object', new Headers({ traceparent: VALID }), CAME],
    ['a Request', new Request('http://shop.example/', { headers: { traceparent: VALID } }), CAME],
    ['a Map', new Map([['traceparent', VALID]]), CAME],
    ["Node's own request", { headers: { traceparent: VALID } }, CAME],
    ['a list of one', { traceparent: [VALID] }, CAME],
    ['a list of two', { traceparent: [VALID, VALID] }, 'none'],
    ['no headers', {}, 'none'],
  ])('%s', (_section, source, parent) => {
    expect(parentOf(extractTraceContext(source))).toBe(parent);
  });

  it.each<readonly [what: string, source: unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a number', 7],
    ['text', VALID],
    ['headers that are null', { headers: null }],
    ['a number for a header', { traceparent: 7 }],
    [
      'headers that throw',
      {
        get headers(): never {
          throw new Error('no headers');
        },
      },
    ],
    [
      'a get that throws',
      {
        get(): never {
          throw new Error('no header');
        },
      },
    ],
  ])('is not read from %s, and nothing is thrown', (_what, source) => {
    expect(parentOf(extractTraceContext(source as Headers))).toBe('none');
  });

  it('4.3 what cannot be read begins a new trace, and takes nothing from the context around', () => {
    const around = extractTraceContext({ traceparent: VALID });
    context.with(around, () => {
      expect(parentOf(extractTraceContext({ traceparent: 'nonsense' }))).toBe('none');
    });
  });
});

const members = (count: number): string => Array.from({ length: count }, (_none, index) => `v${index}=1`).join(',');

describe('tracestate', () => {
  it.each<readonly [section: string, header: string | readonly string[], state: string]>([
    ['3.3.1 one member', 'congo=t61rcWkgMzE', 'congo=t61rcWkgMzE'],
    ['3.3.1 several members keep their order', 'rojo=1,congo=2,azul=3', 'rojo=1,congo=2,azul=3'],
    ['3.3.1 white space around members', 'rojo=1 ,\tcongo=2', 'rojo=1,congo=2'],
    ['3.3.1 empty members are allowed', 'rojo=1,,congo=2,', 'rojo=1,congo=2'],
    ['3.3.1 several headers are one list', ['rojo=1', 'congo=2'], 'rojo=1,congo=2'],
    ['3.3.1 no content', '', 'none'],
    ['3.3.1.3.1 a key of a tenant', 'fw529a3039@dt=1', 'fw529a3039@dt=1'],
    ['3.3.1.3.1 every character of a key', 'a_-*/1=x', 'a_-*/1=x'],
    ['3.3.1.3.1 a key in upper case is no key', 'FOO=1', ''],
    ['3.3.1.3.1 a key of 256 characters', `${'z'.repeat(256)}=1`, `${'z'.repeat(256)}=1`],
    ['3.3.1.3.1 a key of 257 characters', `${'z'.repeat(257)}=1`, ''],
    ['3.3.1.3.1 a tenant of 242 characters', `${'t'.repeat(242)}@v=1`, ''],
    ['3.3.1.3.1 a system of 15 characters', `t@${'v'.repeat(15)}=1`, ''],
    ['3.3.1.3.1 two signs of a tenant', 'foo@bar@baz=1', ''],
    ['3.3.1.3.1 a space in a key', 'foo bar=1', ''],
    ['3.3.1.3.2 a space in a value', 'foo=bar baz', 'foo=bar baz'],
    ['3.3.1.3.2 a value of 256 characters', `foo=${'v'.repeat(256)}`, `foo=${'v'.repeat(256)}`],
    ['3.3.1.3.2 a value of 257 characters', `foo=${'v'.repeat(257)}`, ''],
    ['3.3.1.3.2 an equals sign in a value', 'foo=bar=baz', ''],
    ['3.3.1.3.2 no value', 'foo', ''],
    ['3.3.1.1 32 members', members(32), members(32)],
    ['over-long: ignored whole', `a=1,${members(2000)}`, 'none'],
  ])('%s', (_section, header, state) => {
    expect(stateOf(extractTraceContext({ traceparent: VALID, tracestate: header }))).toBe(state);
  });

  it('3.3 without a traceparent there is no tracestate', () => {
    expect(parentOf(extractTraceContext({ tracestate: 'congo=1' }))).toBe('none');
    expect(parentOf(extractTraceContext({ traceparent: 'nonsense', tracestate: 'congo=1' }))).toBe('none');
  });

  it('3.3 a tracestate that cannot be read leaves the traceparent as it is', () => {
    expect(parentOf(extractTraceContext({ traceparent: VALID, tracestate: '=,=,@' }))).toBe(CAME);
  });
});

const sentBelow = (headers: Record<string, string>): Record<string, string> => {
  const span = tracer.startSpan('here', {}, extractTraceContext(headers));
  return injectTraceContext(trace.setSpan(ROOT_CONTEXT, span));
};

describe('4 what goes on to the next', () => {
  it.each<readonly [section: string, headers: Record<string, string>, sent: Record<string, string>]>([
    [
      '4.3 the trace id and the flag stay, the parent is new',
      { traceparent: VALID },
      { traceparent: `00-${TRACE}-0000000000000001-01` },
    ],
    [
      '4.3 an unsampled trace stays unsampled',
      { traceparent: `00-${TRACE}-${SPAN}-00` },
      { traceparent: `00-${TRACE}-0000000000000001-00` },
    ],
    [
      '4.3 the tracestate goes on as it came',
      { traceparent: VALID, tracestate: 'rojo=1,congo=2' },
      { traceparent: `00-${TRACE}-0000000000000001-01`, tracestate: 'rojo=1,congo=2' },
    ],
    [
      '3.2.4 a later version goes on as version 00, without what we do not know',
      { traceparent: `cc-${TRACE}-${SPAN}-ff-more` },
      { traceparent: `00-${TRACE}-0000000000000001-01` },
    ],
    [
      '4.2 a new trace where nothing valid came',
      { traceparent: 'nonsense', tracestate: 'congo=1' },
      { traceparent: `00-${'1'.padStart(32, '0')}-0000000000000001-01` },
    ],
  ])('%s', (_section, headers, sent) => {
    expect(sentBelow(headers)).toEqual(sent);
  });

  it('nothing is sent where there is no trace', () => {
    expect(injectTraceContext(ROOT_CONTEXT)).toEqual({});
  });
});
