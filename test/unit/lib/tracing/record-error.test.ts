import { SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { controlFlowOf, errorTypeOf, recordError } from '@/lib/tracing/record-error.ts';
import { traceAsync, tracer } from '@/lib/tracing/index.ts';
import { type TestTracing, bootTracing } from '../../../helpers/test-tracing.ts';

let tracing: TestTracing;
beforeEach(() => {
  tracing = bootTracing();
});
afterEach(() => tracing.stop());

const digest = (text: string): Error => Object.assign(new Error('control flow'), { digest: text });
const withThrowingGetters = {
  get name(): never {
    throw new Error('name');
  },
  get message(): never {
    throw new Error('message');
  },
  get stack(): never {
    throw new Error('stack');
  },
  get code(): never {
    throw new Error('code');
  },
  get digest(): never {
    throw new Error('digest');
  },
  get $$typeof(): never {
    throw new Error('$$typeof');
  },
};
function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
const withoutStack = (error: Error): Error => Object.assign(error, { stack: undefined });

/** What a span shows of a failure: its status, its attributes, and its events. */
function outcome(span: ReadableSpan | undefined): unknown {
  return [
    [span?.status.code, span?.status.message],
    span?.attributes,
    span?.events.map(({ name, attributes }) => [name, attributes]),
  ];
}

const failed = (type: string, message: string): unknown => [
  [SpanStatusCode.ERROR, message],
  { 'error.type': type },
  [['exception', { 'exception.type': type, 'exception.message': message }]],
];
const flow = (name: string): unknown => [
  [SpanStatusCode.UNSET, undefined],
  { 'throughline.next.control_flow': name },
  [],
];

describe('recordError', () => {
  it.each<[what: string, thrown: () => unknown, expected: unknown]>([
    ['an error', () => withoutStack(new RangeError('too far')), failed('RangeError', 'too far')],
    ['a plain error', () => withoutStack(new Error('broken')), failed('Error', 'broken')],
    ['an error without a message', () => withoutStack(new TypeError('')), failed('TypeError', '')],
    ['an error with a code', () => Object.assign(withoutStack(new Error('refused')), { code: 'ECONNREFUSED' }), failed('ECONNREFUSED', 'refused')], // prettier-ignore
    ['an error whose code is a sentence', () => Object.assign(withoutStack(new Error('x')), { code: 'no such row' }), failed('Error', 'x')], // prettier-ignore
    ['an error with a code of digits', () => Object.assign(withoutStack(new Error('dup')), { code: '23505' }), failed('23505', 'dup')], // prettier-ignore
    ['null', () => null, failed('_OTHER', 'null')],
    ['undefined', () => undefined, failed('_OTHER', 'undefined')],
    ['a text', () => 'out of stock', failed('string', 'out of stock')],
    ['a number', () => 7, failed('_OTHER', '7')],
    ['a BigInt', () => 7n, failed('_OTHER', '7')],
    ['a symbol', () => Symbol('s'), failed('_OTHER', 'Symbol(s)')],
    ['a function', () => () => 1, failed('_OTHER', 'a function was thrown')],
    ['an object', () => ({ message: 'mine', name: 'Mine' }), failed('Mine', 'mine')],
    ['an empty object', () => ({}), failed('_OTHER', '')],
    ['a frozen error', () => Object.freeze(withoutStack(new Error('frozen'))), failed('Error', 'frozen')],
    ['getters that throw', () => withThrowingGetters, failed('_OTHER', '')],
    ['a revoked proxy', revoked, failed('_OTHER', '')],
    ['a message that is no text', () => ({ name: 'Odd', message: { a: 1 } }), failed('Odd', '')],
    ['a name with a line break', () => ({ name: 'A\nB', message: 'x' }), failed('A B', 'x')],
    ['a name without end', () => ({ name: 'N'.repeat(1000), message: 'x' }), failed('N'.repeat(100), 'x')],
    ['a message without end', () => ({ name: 'Long', message: 'x '.repeat(5000) }), failed('Long', `${'x '.repeat(511)}x…`)], // prettier-ignore
    ['secrets', () => ({ name: 'Leak', message: 'ada@example.com password=hunter2' }), failed('Leak', '[REDACTED] password=[REDACTED]')], // prettier-ignore
    ['a Response of 404', () => new Response(null, { status: 404 }), [[SpanStatusCode.UNSET, undefined], { 'http.response.status_code': 404 }, []]], // prettier-ignore
    ['a Response of 503', () => new Response(null, { status: 503 }), [[SpanStatusCode.ERROR, undefined], { 'http.response.status_code': 503, 'error.type': '503' }, []]], // prettier-ignore
    ['redirect()', () => digest('NEXT_REDIRECT;replace;/login;307;'), flow('redirect')],
    ['notFound()', () => digest('NEXT_HTTP_ERROR_FALLBACK;404'), flow('not_found')],
    ['forbidden()', () => digest('NEXT_HTTP_ERROR_FALLBACK;403'), flow('forbidden')],
    ['unauthorized()', () => digest('NEXT_HTTP_ERROR_FALLBACK;401'), flow('unauthorized')],
    ['a bailout of prerendering', () => digest('HANGING_PROMISE_REJECTION'), flow('prerender')],
    ['a postponed render', () => ({ $$typeof: Symbol.for('react.postpone') }), flow('prerender')],
    ['an error with a digest of its own', () => withoutStack(digest('1234567890')), failed('Error', 'control flow')],
  ])('writes %s', async (_what, thrown, expected) => {
    const span = tracer.startSpan('work');
    recordError(span, thrown());
    span.end();
    expect(outcome((await tracing.spans())[0])).toEqual(expected);
  });

  it('writes the stack, without secrets and within a bound', async () => {
    const error = new Error('of ada@example.com');
    error.stack = `Error: of ada@example.com\n    at pay (/app/node_modules/.pnpm/next@16.4.5/x.js:1:1)\n${'x '.repeat(50_000)}`;
    const span = tracer.startSpan('work');
    recordError(span, error);
    span.end();
    const stack = String((await tracing.spans())[0]?.events[0]?.attributes?.['exception.stacktrace']);
    expect([stack.split('\n').slice(0, 2), stack.length <= 8192]).toEqual([
      ['Error: of [REDACTED]', '    at pay (/app/node_modules/.pnpm/next@16.4.5/x.js:1:1)'],
      true,
    ]);
  });

  it('leaves the error as it was', () => {
    const error = new Error('x');
    const before = Object.getOwnPropertyDescriptors(error);
    recordError(tracer.startSpan('work'), error);
    expect(Object.getOwnPropertyDescriptors(error)).toEqual(before);
  });

  it('writes the event once in a trace, and again in the next', async () => {
    const boom = withoutStack(new Error('boom'));
    for (const trace of ['first', 'second']) {
      await traceAsync(trace, () => traceAsync('inner', () => Promise.reject(boom))).catch(() => {});
    }
    expect((await tracing.spans()).map((span) => [span.name, span.status.code, span.events.length])).toEqual([
      ['inner', SpanStatusCode.ERROR, 1],
      ['first', SpanStatusCode.ERROR, 0],
      ['inner', SpanStatusCode.ERROR, 1],
      ['second', SpanStatusCode.ERROR, 0],
    ]);
  });

  it('never throws, whatever the span does', () => {
    const broken = new Proxy(tracer.startSpan('work'), {
      get: () => {
        throw new Error('span');
      },
    });
    expect(() => recordError(broken, new Error('x'))).not.toThrow();
    expect(() => recordError(broken, digest('NEXT_REDIRECT;'))).not.toThrow();
  });
});

it('control flow is told by the digest of the error itself, not by that of its cause', () => {
  const redirect = digest('NEXT_REDIRECT;push;/;307;');
  const cause = new Error('outer', { cause: redirect });
  expect([controlFlowOf(redirect), controlFlowOf(cause), controlFlowOf('NEXT_REDIRECT'), controlFlowOf(null)]).toEqual([
    'redirect',
    undefined,
    undefined,
    undefined,
  ]);
});

it('the type of an error is short and low in cardinality', () => {
  class OwnError extends Error {
    override name = 'OwnError';
  }
  expect([new OwnError(), new DOMException('x', 'AbortError'), Object.create(null), 5, 'x'].map(errorTypeOf)).toEqual([
    'OwnError',
    'AbortError',
    '_OTHER',
    '_OTHER',
    'string',
  ]);
});
