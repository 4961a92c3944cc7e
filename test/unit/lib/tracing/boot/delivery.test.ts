import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import { Delivery } from '@/lib/tracing/boot/delivery.ts';
import { createRuntime } from '@/lib/tracing/runtime.ts';
import { listenToDiag } from './surroundings.ts';

const SPANS = [{ name: 'a' }, { name: 'b' }] as unknown as ReadableSpan[];
const SUCCESS: ExportResult = { code: ExportResultCode.SUCCESS };
const FAILURE: ExportResult = { code: ExportResultCode.FAILED, error: new Error('refused') };

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** A delivery to an exporter whose answers the test gives. */
function deliver() {
  const runtime = createRuntime();
  const answers: ((result: ExportResult) => void)[] = [];
  const results: ExportResult[] = [];
  let taken = 0;
  const inner: SpanExporter = {
    export: (_spans, done) => void answers.push(done),
    shutdown: async () => {},
  };
  const delivery = new Delivery({
    inner,
    runtime,
    view: (span) => span,
    taken: (spans) => (taken += spans),
    target: 'the collector',
    timeoutMillis: 1000,
  });
  const send = (): void => delivery.export(SPANS, (result) => results.push(result));
  const counted = (): unknown => {
    const { exported, dropped, exportFailures } = runtime.counters;
    return {
      taken,
      exported,
      dropped,
      exportFailures,
      failing: runtime.failing,
      results,
      timers: jest.getTimerCount(),
    };
  };
  return { delivery, answers, send, counted };
}

const OK = [SUCCESS];

it('counts what arrived, and leaves no timer behind', () => {
  const { answers, send, counted } = deliver();
  send();
  expect(jest.getTimerCount()).toBe(1);
  answers[0]?.(SUCCESS);
  expect(counted()).toEqual({
    taken: 2,
    exported: 2,
    dropped: 0,
    exportFailures: 0,
    failing: false,
    results: OK,
    timers: 0,
  });
});

it('counts what did not, and tells the processor nothing of it', () => {
  const said = listenToDiag();
  const { answers, send, counted } = deliver();
  send();
  answers[0]?.(FAILURE);
  expect(counted()).toEqual({
    taken: 2,
    exported: 0,
    dropped: 2,
    exportFailures: 1,
    failing: true,
    results: OK,
    timers: 0,
  });
  expect(said.length).toBe(1);
});

it('gives a batch up after the timeout, and an answer that comes later counts for nothing', () => {
  const said = listenToDiag();
  const { answers, send, counted } = deliver();
  send();
  jest.advanceTimersByTime(999);
  expect(said).toEqual([]);
  jest.advanceTimersByTime(1);
  answers[0]?.(SUCCESS);
  answers[0]?.(FAILURE);
  expect(counted()).toEqual({
    taken: 2,
    exported: 0,
    dropped: 2,
    exportFailures: 1,
    failing: true,
    results: OK,
    timers: 0,
  });
  expect(said).toEqual([
    'throughline: the collector did not take 2 spans (no answer within 1000 ms); the application is not affected, and sending goes on. Counts: tracingHealth()',
  ]);
});

it.each(['forceFlush', 'shutdown'] as const)('%s waits for every batch that is on its way', async (method) => {
  const { delivery, answers, send } = deliver();
  send();
  send();
  let done = false;
  const waiting = delivery[method]().then(() => (done = true));
  answers[1]?.(SUCCESS);
  await jest.advanceTimersByTimeAsync(0);
  const tooEarly = done;
  answers[0]?.(FAILURE);
  await waiting;
  expect([tooEarly, done]).toEqual([false, true]);
});
