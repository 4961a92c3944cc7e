/** The Worker's own provider behind the API: spans, sampling, limits, delivery. On Node, where a test can count. */
import type { ServerResponse } from 'node:http';
import { DiagLogLevel, type Link, SpanKind, SpanStatusCode, context, diag, trace } from '@opentelemetry/api';
import { SamplingDecision, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace';
import { getRuntime } from '@/lib/tracing/runtime.ts';
import { withActiveSpan } from '@/lib/tracing/span.ts';
import initialize, {
  type WorkersTracing,
  type WorkersTracingOptions,
  initializeTracing,
  traceAuthOperation,
  traceKVOperation,
  traceRequest,
} from '@/lib/tracing/workers-tracing/index.ts';
import { Collector } from '../../../../helpers/collector.ts';
import { bootTracing, resetGlobals } from '../../../../helpers/test-tracing.ts';
import { formatTree, tree } from '../../../../helpers/trace-tree.ts';

let collector: Collector;
let tracing: WorkersTracing;
/** What the invocation was kept alive for. */
let kept: Promise<unknown>[];
/** Milliseconds since the epoch, moved by the test alone. */
let now: number;

beforeEach(async () => {
  resetGlobals();
  collector = await new Collector().start();
  kept = [];
  now = 1_767_225_600_000;
});
afterEach(async () => {
  await sent(); // what is under way would count in the next test
  await tracing?.shutdown();
  resetGlobals();
  await collector.close();
});

function start(options: WorkersTracingOptions = {}): void {
  tracing = initializeTracing({
    endpoint: collector.url,
    serviceName: 'test',
    clock: () => now,
    waitUntil: (work) => void kept.push(work),
    ...options,
  });
  tracing.start();
}

const sent = async (): Promise<void> => void (await Promise.all(kept));
const request = (headers: Record<string, string> = {}): Request => new Request('http://shop.example/cart', { headers });
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

it('is the default export as well as a named one', () => {
  expect(initialize).toBe(initializeTracing);
});

it('sends a trace when what stands at its top has ended, once', async () => {
  start();
  const seen: number[] = [];
  await traceRequest(request(), async () => {
    await traceKVOperation('get', 'a', async () => 'x');
    seen.push(kept.length);
    now += 5;
    return new Response(null, { status: 204 });
  });
  seen.push(kept.length);
  await sent();
  expect([seen, collector.requests.map(({ url }) => url)]).toEqual([[0, 1], ['/v1/traces']]);
  expect(
    collector.spans.map(({ name, durationNanos, resource }) => [name, durationNanos, resource['service.name']]),
  ).toEqual([
    ['kv_get', 1n, 'test'],
    ['GET', 5_000_000n, 'test'],
  ]);
});

it('asks the invocation that it was handed, as its method', async () => {
  start();
  class Invocation {
    readonly #own: Promise<unknown>[] = [];
    waitUntil(work: Promise<unknown>): void {
      this.#own.push(work);
    }
    get own(): readonly Promise<unknown>[] {
      return this.#own;
    }
  }
  const ctx = new Invocation();
  traceRequest(request(), ctx, () => new Response(null));
  await Promise.all(ctx.own);
  expect([ctx.own.length, kept.length, collector.spans.length]).toEqual([1, 0, 1]);
});

it('keeps the order of spans within one millisecond, and says that the clock stood still', async () => {
  start();
  await traceRequest(request(), async () => {
    await traceAuthOperation('first', async () => true);
    await traceAuthOperation('second', async () => true);
    now += 7;
    return new Response(null);
  });
  await sent();
  expect(formatTree(collector.spans, ['throughline.clock.frozen'])).toBe(
    tree(`
      GET SERVER
        auth first INTERNAL throughline.clock.frozen=true
        auth second INTERNAL throughline.clock.frozen=true
    `),
  );
});

it('writes everything that a span can hold, and nothing personal', async () => {
  start();
  const elsewhere: Link = { context: { traceId: TRACE, spanId: '00f067aa0ba902b7', traceFlags: 1 } };
  const secret = 'planted@example.com';
  const tracer = trace.getTracer('own', '1.2.3');
  const span = tracer.startSpan('work', { kind: SpanKind.PRODUCER, links: [elsewhere], startTime: [1_767_225_500, 7] });
  span
    .setAttributes({ text: `to ${secret}`, whole: 7, part: 0.5, yes: true, list: ['a', secret], password: 'planted' })
    .setAttribute(`named by ${secret}`, 1)
    .addEvent('seen', { by: secret })
    .addLink({ ...elsewhere, attributes: { why: secret } })
    .setStatus({ code: SpanStatusCode.ERROR, message: `no such user: ${secret}` })
    .recordException(new RangeError(`not for ${secret}`));
  span.updateName('renamed').end(now + 3);
  span.setAttribute('late', true).addEvent('late').setStatus({ code: SpanStatusCode.OK }).end();
  await sent();
  const [told] = collector.spans;
  expect(told).toMatchObject({
    name: 'renamed',
    kind: SpanKind.PRODUCER,
    scope: 'own',
    status: SpanStatusCode.ERROR,
    startTimeNanos: 1_767_225_500_000_000_007n,
    durationNanos: 100_002_999_993n,
    attributes: {
      text: 'to [REDACTED]',
      whole: 7,
      part: 0.5,
      yes: true,
      list: ['a', '[REDACTED]'],
      password: '[REDACTED]',
      'named by [REDACTED]': 1,
    },
    links: [{ traceId: TRACE }, { traceId: TRACE, attributes: { why: '[REDACTED]' } }],
  });
  expect(told?.events.map(({ name, attributes }) => [name, attributes['exception.type'] ?? attributes])).toEqual([
    ['seen', { by: '[REDACTED]' }],
    ['exception', 'RangeError'],
  ]);
  expect([collector.text.includes('planted'), collector.text.includes('late')]).toEqual([false, false]);
});

it('keeps within its limits', async () => {
  start();
  const span = trace.getTracer('own').startSpan('large');
  for (let at = 0; at < 1000; at++) {
    span.setAttribute(`a${at}`, 'x').addEvent('e').addLink({ context: span.spanContext() });
  }
  span.setAttribute('a0', 'y'.repeat(1_000_000)).end();
  await sent();
  const [told] = collector.spans;
  expect([
    Object.keys(told?.attributes ?? {}).length,
    String(told?.attributes['a0']).length,
    told?.events.length,
    told?.links.length,
  ]).toEqual([128, 4096, 128, 128]);
});

it('forgets the oldest traces of invocations that were cut off', async () => {
  start();
  // Each stays below a span that never ends, as in a request that is cut off.
  for (let at = 0; at < 3000; at++) {
    const top = trace.getTracer('own').startSpan('never ends');
    context.with(trace.setSpan(context.active(), top), () => trace.getTracer('own').startSpan(`s${at}`).end());
  }
  const { counters } = getRuntime();
  await tracing.flush();
  expect([counters.queued, counters.dropped, counters.exported, collector.spans.length]).toEqual([
    3000, 952, 2048, 2048,
  ]);
  expect(collector.spans[0]?.name).toBe('s952');
});

it.each([0, 0.1, 0.5, 0.999, 1])('keeps the same traces as the SDK at a ratio of %d', (ratio) => {
  start({ sampling: { ratio } });
  const official = new TraceIdRatioBasedSampler(ratio);
  const differing = Array.from({ length: 300 }, () => trace.getTracer('own').startSpan('s'))
    .map((span) => ({ own: span.isRecording(), id: span.spanContext().traceId }))
    .filter(
      ({ own, id }) =>
        own !== (official.shouldSample(context.active(), id).decision === SamplingDecision.RECORD_AND_SAMPLED),
    );
  expect(differing).toEqual([]);
});

it("heeds the caller's decision before its own", async () => {
  start({ sampling: { ratio: 0 } });
  traceRequest(request({ traceparent: `00-${TRACE}-00f067aa0ba902b7-01` }), () => new Response(null));
  traceRequest(request({ traceparent: `00-${'1'.repeat(32)}-00f067aa0ba902b7-00` }), () => new Response(null));
  traceRequest(request(), () => new Response(null));
  await sent();
  expect(collector.spans.map(({ traceId, parentSpanId }) => [traceId, parentSpanId])).toEqual([
    [TRACE, '00f067aa0ba902b7'],
  ]);
});

describe('start', () => {
  it('does nothing a second time, and shutdown takes everything away', async () => {
    start();
    initializeTracing({ serviceName: 'second', endpoint: 'http://127.0.0.1:9' }).start();
    traceAuthOperation('login', () => true);
    await sent();
    await tracing.shutdown();
    await tracing.shutdown();
    traceAuthOperation('after', () => true);
    expect(collector.spans.map(({ name, resource }) => [name, resource['service.name']])).toEqual([
      ['auth login', 'test'],
    ]);
  });

  it('leaves another SDK in its place', async () => {
    const other = bootTracing();
    start();
    traceAuthOperation('login', () => true);
    expect([(await other.spans()).map(({ name }) => name), collector.requests]).toEqual([['auth login'], []]);
    await other.stop();
  });

  it('does nothing where tracing is switched off', async () => {
    start({ enabled: false });
    expect(await traceRequest(request(), async () => 'done')).toBe('done');
    await tracing.flush();
    expect([kept, collector.requests]).toEqual([[], []]);
  });

  it('needs neither clock nor randomness', () => {
    const never = (): never => {
      throw new Error('not at global scope');
    };
    const random = jest.spyOn(crypto, 'getRandomValues').mockImplementation(never);
    const timer = jest.spyOn(globalThis, 'setTimeout').mockImplementation(never);
    start({ clock: never });
    expect([random.mock.calls, timer.mock.calls]).toEqual([[], []]);
    jest.restoreAllMocks();
  });
});

it('sends what waits below a request that has not ended when it is asked to', async () => {
  start();
  const top = trace.getTracer('own').startSpan('not ended');
  context.with(trace.setSpan(context.active(), top), () => traceAuthOperation('login', () => true));
  await tracing.flush();
  expect([kept, collector.spans.map(({ name }) => name)]).toEqual([[], ['auth login']]);
});

it('never traces its own requests, nor makes anybody wait for them', async () => {
  start();
  const fetched: unknown[] = [];
  const original = globalThis.fetch;
  globalThis.fetch = async (...given: Parameters<typeof fetch>) => {
    fetched.push(trace.getActiveSpan());
    return original(...given);
  };
  const held: ServerResponse[] = [];
  collector.reply = (_asked, response) => void held.push(response);
  const answer = await traceRequest(request(), async () => new Response(null));
  await collector.until('the spans', () => held.length === 1);
  globalThis.fetch = original;
  expect([answer.status, fetched, kept.length]).toEqual([200, [undefined], 1]);
  held[0]?.end('{}');
  await sent();
});

it('rejects nothing, whatever the collector does', async () => {
  start();
  const warnings: string[] = [];
  const logger = { ...console, warn: (message: string) => void warnings.push(message), verbose: () => {} };
  diag.setLogger(logger, { suppressOverrideMessage: true, logLevel: DiagLogLevel.WARN });
  collector.reply = (asked) => void asked.socket.destroy();
  traceAuthOperation('one', () => true);
  await sent();
  traceAuthOperation('two', () => true);
  await sent();
  const { dropped, exportFailures } = getRuntime().counters;
  expect([dropped, exportFailures, warnings.filter((text) => text.includes('did not take')).length]).toEqual([2, 2, 1]);
});

it('keeps the context of callbacks that are bound', () => {
  start();
  withActiveSpan('outer', {}, (outer) => {
    const bound = context.bind(context.active(), function (this: unknown, given: number) {
      return [this, given, trace.getActiveSpan() === outer];
    });
    const self = {};
    expect(context.with(trace.deleteSpan(context.active()), () => Reflect.apply(bound, self, [7]))).toEqual([
      self,
      7,
      true,
    ]);
    expect(context.bind(context.active(), 'no function')).toBe('no function');
  });
});
