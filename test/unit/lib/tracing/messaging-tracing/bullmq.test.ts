/**
 * Our implementation of BullMQ's telemetry, driven by BullMQ's own `trace`, the one function through which all of its
 * classes call it. test/e2e/queues.test.ts runs its real queues and workers.
 */
import { SpanKind, type Telemetry, trace as bullTrace, withDetachedContext } from 'bullmq';
import { context } from '@opentelemetry/api';
import { traceAsync } from '@/lib/tracing/index.ts';
import { bullMQTelemetry, extractTraceContext } from '@/lib/tracing/messaging-tracing/index.ts';
import { startedTree } from '../../../../helpers/started-tree.ts';
import { type TestTracing, bootTracing, resetGlobals } from '../../../../helpers/test-tracing.ts';
import { tree } from '../../../../helpers/trace-tree.ts';

// Compiles only as long as ours is one of theirs.
const telemetry: Telemetry = bullMQTelemetry();

let tracing: TestTracing;
beforeEach(() => void (tracing = bootTracing()));
afterEach(() => tracing.stop());
const shown = (...attributes: string[]): Promise<string> => startedTree(tracing, attributes);

/** As `Queue.add` does. */
function add(queue: string, job: string): Promise<string> {
  return bullTrace(telemetry, SpanKind.PRODUCER, queue, 'add', `${queue}.${job}`, async (span, metadata) => {
    span?.setAttributes({ 'bullmq.job.name': job, 'bullmq.job.id': '7' });
    return metadata ?? '';
  });
}

/** As `Worker.processJob` does: what the work throws is written down and goes no further. */
function process(queue: string, metadata: string, work: () => unknown): Promise<string | undefined> {
  return bullTrace(
    telemetry,
    SpanKind.CONSUMER,
    queue,
    'process',
    queue,
    async (span) => {
      span?.setAttributes({ 'bullmq.worker.id': 'w', 'bullmq.job.id': '7' });
      try {
        const result = await work();
        span?.addEvent('job completed', { 'bullmq.job.result': JSON.stringify(result) });
        return undefined;
      } catch (error) {
        const again = await retry(queue);
        span?.addEvent('job failed', { 'bullmq.job.failed.reason': (error as Error).message });
        return again;
      }
    },
    metadata,
  );
}

/** As `Job.moveToFailed` does: the metadata it is given goes with the next attempt. */
function retry(queue: string): Promise<string> {
  return bullTrace(telemetry, SpanKind.INTERNAL, queue, 'retry', queue, async (_span, metadata) => metadata ?? '');
}

it('a job is sent and handled in one trace, under the sender and linked to it', async () => {
  const metadata = await traceAsync('page', () => add('fetch.jobs', 'zip.one'));
  await process('fetch.jobs', metadata, () => add('weather-ready', 'zip'));
  expect(await shown('messaging.destination.name', 'messaging.message.id')).toBe(
    tree(`
      page INTERNAL
        send fetch.jobs PRODUCER messaging.destination.name="fetch.jobs" messaging.message.id="7"
          process fetch.jobs CONSUMER messaging.destination.name="fetch.jobs" messaging.message.id="7"
            send weather-ready PRODUCER messaging.destination.name="weather-ready" messaging.message.id="7"
    `),
  );
  const handled = (await tracing.spans()).find(({ name }) => name === 'process fetch.jobs');
  const sender = extractTraceContext({ opts: { telemetry: { metadata } } })?.span_id;
  expect([handled?.parentSpanContext?.spanId, handled?.links.map((link) => link.context.spanId)]).toEqual([
    sender,
    [sender],
  ]);
});

it('a job that fails has the status of a failure, and its next attempt the same parent', async () => {
  const metadata = await add('fetch-jobs', 'zip');
  const fail = (): never => {
    throw new Error('no weather for ada@example.com');
  };
  const second = await process('fetch-jobs', metadata, fail);
  const third = await process('fetch-jobs', second ?? '', fail);
  await process('fetch-jobs', third ?? '', () => 'planted result');
  expect(await shown('error.type', 'throughline.messaging.attempt')).toBe(
    tree(`
      send fetch-jobs PRODUCER
        process fetch-jobs CONSUMER ERROR error.type="Error" throughline.messaging.attempt=1
        process fetch-jobs CONSUMER ERROR error.type="Error" throughline.messaging.attempt=2
        process fetch-jobs CONSUMER throughline.messaging.attempt=3
    `),
  );
  expect(await tracing.bytes()).not.toMatch(/planted|ada@/);
});

it('a job without context begins a trace, and its next attempt stays in it', async () => {
  const second = await traceAsync('worker starts', () =>
    process('q', '', () => {
      throw new Error('first');
    }),
  );
  await process('q', second ?? '', () => {});
  expect(await shown('throughline.messaging.attempt')).toBe(
    tree(`
      worker starts INTERNAL
      process q CONSUMER ERROR throughline.messaging.attempt=1
        process q CONSUMER throughline.messaging.attempt=2
    `),
  );
});

it('polls, locks and moves of whole queues have no span', async () => {
  for (const [kind, operation] of [
    [SpanKind.INTERNAL, 'getNextJob'],
    [SpanKind.INTERNAL, 'extendLocks'],
    [SpanKind.INTERNAL, 'moveStalledJobsToWait'],
    [SpanKind.PRODUCER, 'retryJobs'],
  ] as const) {
    expect(await bullTrace(telemetry, kind, 'q', operation, 'q', async () => operation)).toBe(operation);
  }
  expect(await shown()).toBe('');
});

it('a flow has one span for each job, not one around them', async () => {
  await bullTrace(telemetry, SpanKind.PRODUCER, 'q', 'addFlow', 'q', () =>
    bullTrace(telemetry, SpanKind.PRODUCER, 'q', 'addNode', 'q', async (_span, _metadata) => {}),
  );
  await bullTrace(telemetry, SpanKind.PRODUCER, 'q', 'addBulk', 'q', async (span) =>
    span?.setAttributes({ 'bullmq.job.bulk.count': 3, 'bullmq.job.bulk.names': ['a'] }),
  );
  expect(await shown('messaging.batch.message_count')).toBe(
    tree(`
      send q PRODUCER
      send q PRODUCER messaging.batch.message_count=3
    `),
  );
});

it('a loop that runs on is detached from whoever started it', async () => {
  await traceAsync('start', async () => {
    await withDetachedContext(telemetry, () => traceAsync('tick', async () => {}));
    await telemetry.contextManager.with(telemetry.contextManager.active(), async () => {});
  });
  expect(await shown()).toBe(
    tree(`
      start INTERNAL
      tick INTERNAL
    `),
  );
});

it.each<[string, unknown]>([
  ['an Error', new RangeError('boom')],
  ['null', null],
  ['undefined', undefined],
  ['a text', 'boom'],
])('%s that a call throws comes out as it is', async (_what, thrown) => {
  const failing = (): Promise<never> => Promise.reject(thrown); // oxlint-disable-line typescript/prefer-promise-reject-errors
  const caught: unknown[] = [];
  for (const kind of [SpanKind.PRODUCER, SpanKind.CONSUMER, SpanKind.INTERNAL]) {
    await bullTrace(telemetry, kind, 'q', 'add', 'q', failing).catch((error: unknown) => caught.push(error));
  }
  expect([caught, await shown()]).toEqual([
    [thrown, thrown, thrown],
    tree(`
      send q PRODUCER ERROR
      process q CONSUMER ERROR
    `),
  ]);
});

it.each<[string, () => void]>([
  ['with tracing off', () => (tracing = bootTracing({ enabled: false }))],
  ['with no SDK', resetGlobals],
])('%s jobs are sent and handled, and carry nothing', async (_state, enter) => {
  await tracing.stop();
  enter();
  const metadata = await add('q', 'job');
  let handled = 0;
  await process('q', metadata, () => (handled += 1));
  await process('q', '{ no JSON', () => (handled += 1));
  expect([metadata, handled, context.active() === telemetry.contextManager.active()]).toEqual(['', 2, true]);
});
