import { trace } from '@opentelemetry/api';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { tracingHealth } from '@/lib/tracing/index.ts';
import { traceAsync } from '@/lib/tracing/span.ts';
import { type TestTracing, bootTracing, resetGlobals } from '../../../helpers/test-tracing.ts';

const NOTHING = {
  spansCreated: 0,
  sampled: 0,
  unsampled: 0,
  queued: 0,
  exported: 0,
  dropped: 0,
  exportFailures: 0,
  retried: 0,
  tailKept: 0,
  tailDropped: 0,
  tailEvicted: 0,
};
const FIRST_TRACE = '0'.repeat(31) + 1;

let tracing: TestTracing | undefined;
beforeEach(() => {
  jest.spyOn(Date, 'now').mockReturnValue(1_763_711_740_000);
  resetGlobals();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await tracing?.stop();
  tracing = undefined;
});

it('is up, and its test span is accepted', async () => {
  tracing = bootTracing();
  expect(tracingHealth()).toEqual({
    status: 'up',
    startedAtUnixMillis: 1_763_711_740_000,
    counters: { ...NOTHING, spansCreated: 1, sampled: 1, queued: 1 },
    testSpan: { traceId: FIRST_TRACE, sampled: true, accepted: true },
  });
  const [span] = await tracing.spans();
  expect([span?.name, span?.attributes]).toEqual(['tracing health check', { 'throughline.health_check': true }]);
});

it('is up, and its test span is not accepted, where the sampler keeps nothing', () => {
  tracing = bootTracing({ sampling: { ratio: 0 } });
  expect(tracingHealth()).toEqual({
    status: 'up',
    startedAtUnixMillis: 1_763_711_740_000,
    counters: { ...NOTHING, unsampled: 1 },
    testSpan: { traceId: FIRST_TRACE, sampled: false, accepted: false },
  });
});

it('is degraded when a delivery has failed', async () => {
  const failing: SpanExporter = { export: (_spans, done) => done({ code: 1 }), shutdown: async () => {} };
  tracing = bootTracing({ exporter: failing });
  await traceAsync('work', async () => 1);
  await tracing.handle.forceFlush();
  const { status, counters } = tracingHealth();
  expect([status, counters]).toEqual([
    'degraded',
    { ...NOTHING, spansCreated: 2, sampled: 2, queued: 2, dropped: 1, exportFailures: 1 },
  ]);
});

it('is up again when a delivery has succeeded, and still says what was lost', async () => {
  let code = 1;
  tracing = bootTracing({ exporter: { export: (_spans, done) => done({ code }), shutdown: async () => {} } });
  const status = async (): Promise<string> => {
    await traceAsync('work', async () => 1);
    await tracing?.handle.forceFlush();
    return tracingHealth().status;
  };
  const first = await status();
  code = 0;
  expect([first, await status(), tracingHealth().counters.dropped]).toEqual(['degraded', 'up', 1]);
});

it.each([
  ['nothing is booted', undefined],
  ['tracing is switched off', { enabled: false }],
])('is off when %s', (_when, options) => {
  if (options) tracing = bootTracing(options);
  expect(tracingHealth()).toEqual({
    status: 'off',
    startedAtUnixMillis: null,
    counters: NOTHING,
    testSpan: { traceId: '0'.repeat(32), sampled: false, accepted: false },
  });
});

it('answers also when no span can be made', () => {
  tracing = bootTracing();
  trace.disable();
  trace.setGlobalTracerProvider({
    getTracer: () => {
      throw new Error('no tracer');
    },
  });
  expect(tracingHealth().testSpan).toEqual({ traceId: '0'.repeat(32), sampled: false, accepted: false });
});

it('gives a copy of the counters', () => {
  tracing = bootTracing();
  const { counters } = tracingHealth();
  tracingHealth();
  expect(counters.spansCreated).toBe(1);
});
