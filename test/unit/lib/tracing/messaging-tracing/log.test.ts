/** Log lines: one JSON object each, with the ids by which a trace's lines are found. */
import { traceAsync } from '@/lib/tracing/index.ts';
import { type LogFields, extractTraceContext, logWithTrace } from '@/lib/tracing/messaging-tracing/index.ts';
import { bootTracing, resetGlobals } from '../../../../helpers/test-tracing.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const PARENT = '53995c3f42cd8ad8';
const traceContext = extractTraceContext({
  _trace: { trace_id: TRACE, span_id: SPAN, parent_span_id: PARENT },
});
const IDS = { trace_id: TRACE, span_id: SPAN, parent_span_id: PARENT, trace_flags: '01' };
const HEAD = { timestamp: '2026-01-01T00:00:00.000Z', level: 'info' };

let lines: string[];
beforeEach(() => {
  resetGlobals();
  lines = [];
  jest.spyOn(Date, 'now').mockReturnValue(Date.UTC(2026, 0, 1));
  jest.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
});
afterEach(() => jest.restoreAllMocks());

function logged(text: string, fields?: LogFields): unknown {
  logWithTrace(text, fields);
  return lines.map((line) => JSON.parse(line) as unknown);
}

it('a line has the fields of the guide, the ids under the names other loggers use', () => {
  const fields = {
    traceContext,
    zip_code: '78729',
    formats: ['rgb_dark', 'eink'],
    worker: 'job_dispatcher',
    action: 'dispatch_jobs',
  };
  expect(logged('Dispatching 2 jobs for ZIP 78729', fields)).toEqual([
    {
      ...HEAD,
      message: 'Dispatching 2 jobs for ZIP 78729',
      ...IDS,
      zip_code: '78729',
      formats: ['rgb_dark', 'eink'],
      worker: 'job_dispatcher',
      action: 'dispatch_jobs',
    },
  ]);
});

it('an error makes the level', () => {
  expect(logged('ERROR generating image', { traceContext, error: new RangeError('too large') })).toEqual([
    { ...HEAD, level: 'error', message: 'ERROR generating image', ...IDS, error: 'RangeError: too large' },
  ]);
});

it('the active span is nearer than the one that sent the message, where both are of one trace', async () => {
  const tracing = bootTracing();
  await traceAsync('outer', () =>
    traceAsync('inner', async () => {
      logWithTrace('own');
      logWithTrace('another trace', { traceContext });
    }),
  );
  const [inner, outer] = await tracing.spans();
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    {
      ...HEAD,
      message: 'own',
      trace_id: inner?.spanContext().traceId,
      span_id: inner?.spanContext().spanId,
      parent_span_id: outer?.spanContext().spanId,
      trace_flags: '01',
    },
    { ...HEAD, message: 'another trace', ...IDS },
  ]);
  await tracing.stop();
});

it('without any context there is a trace id all the same', () => {
  expect(logged('alone')).toEqual([{ ...HEAD, message: 'alone', trace_id: expect.stringMatching(/^[0-9a-f]{32}$/) }]);
});

it('a field of the caller does not stand in for an id', () => {
  expect(logged('text', { traceContext, trace_id: 'mine', message: 'mine', level: 'warn' })).toEqual([
    { ...HEAD, level: 'warn', message: 'text', ...IDS },
  ]);
});

it('credentials, addresses and card numbers are taken out', () => {
  const secret = 'planted';
  logWithTrace('mail to planted@example.com, password=planted', {
    traceContext,
    password: secret,
    user: { api_key: secret, name: 'planted@example.com' },
    url: 'https://planted:pw@shop.example/?code=planted',
    card: '4111 1111 1111 1111',
    list: ['Bearer planted-token-0123456789'],
  });
  expect([lines.length, lines.join('').match(/planted|4111/g)]).toEqual([1, null]);
});

it('whatever is given, one line of JSON comes out', () => {
  const loop: Record<string, unknown> = {};
  loop['self'] = loop;
  const fields = {
    traceContext,
    loop,
    big: 10n,
    symbol: Symbol('s'),
    nothing: null,
    missing: undefined,
    nan: Number.NaN,
    date: new Date(0),
    run: () => {},
    get broken(): string {
      throw new Error('touched');
    },
    proxy: Proxy.revocable({}, {}).proxy,
    newline: 'a\nb',
  };
  expect(logged('odd', fields)).toEqual([
    {
      ...HEAD,
      message: 'odd',
      ...IDS,
      loop: { self: '[Circular]' },
      big: '10',
      symbol: 'Symbol(s)',
      nothing: null,
      nan: null,
      date: '1970-01-01T00:00:00.000Z',
      broken: '[Throws]',
      proxy: {},
      newline: 'a\nb',
    },
  ]);
  expect(lines[0]).not.toContain('\n');
});

it('a line stays below what runtimes cut, and is still JSON', () => {
  const many = Object.fromEntries(Array.from({ length: 500 }, (_none, index) => [`field${index}`, '€'.repeat(300)]));
  logWithTrace('€'.repeat(50_000), { traceContext, long: '€'.repeat(50_000), list: Array(9000).fill('€€€'), ...many });
  const [line = ''] = lines;
  expect([Buffer.byteLength(line) < 32_768, (JSON.parse(line) as { truncated?: boolean }).truncated]).toEqual([
    true,
    true,
  ]);
});

it('a console that throws is no failure of the program', () => {
  jest.spyOn(console, 'log').mockImplementation(() => {
    throw new Error('EPIPE');
  });
  expect(logWithTrace('text')).toBeUndefined();
});
