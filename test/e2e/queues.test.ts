/** Real queues on the real PostgreSQL: pg-boss, and BullMQ with its PostgreSQL backend. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createPostgresBackend, withBackend } from 'bullmq';
import { Client } from 'pg';
import { PgBoss } from 'pg-boss';
import { traceAsync } from '@/lib/tracing/index.ts';
import { bullMQTelemetry, jobHandler, sendJob } from '@/lib/tracing/messaging-tracing/index.ts';
import { Collector } from '../helpers/collector.ts';
import { printed } from '../helpers/platform.ts';
import { startedTree } from '../helpers/started-tree.ts';
import { type TestTracing, bootTracing } from '../helpers/test-tracing.ts';
import { formatTree, fromSdk, tree } from '../helpers/trace-tree.ts';

const SCHEMA = `queues_${process.pid}`;
const DATABASE_URL = process.env['DATABASE_URL'] ?? '';
const POLL = { pollingIntervalSeconds: 0.5 };

beforeAll(() => {
  if (DATABASE_URL === '') throw new Error('DATABASE_URL is needed: `npm test -- e2e` brings it');
});

async function query(text: string, values: unknown[] = []): Promise<void> {
  const client = new Client({ connectionString: DATABASE_URL });
  await client.connect();
  await client.query(text, values);
  await client.end();
}
afterAll(() => query(`DROP SCHEMA IF EXISTS ${SCHEMA}, ${SCHEMA}_bull CASCADE`));

/** Resolves when `count` calls have come. */
function counter(count: number): { readonly called: () => void; readonly all: Promise<void> } {
  let called = (): void => {};
  const all = new Promise<void>((resolve) => {
    let left = count;
    called = () => {
      left -= 1;
      if (left === 0) resolve();
    };
  });
  return { called, all };
}

let tracing: TestTracing;
const shown = (...attributes: string[]): Promise<string> => startedTree(tracing, attributes);

describe('pg-boss', () => {
  let boss: PgBoss;
  beforeAll(async () => {
    boss = new PgBoss({ connectionString: DATABASE_URL, schema: SCHEMA, openTelemetry: { enabled: false } });
    boss.on('error', () => {});
    await boss.start();
  });
  afterAll(() => boss.stop({ graceful: false }));
  beforeEach(() => void (tracing = bootTracing()));
  afterEach(() => tracing.stop());

  it('one trace goes through three queues', async () => {
    const done = counter(2);
    for (const queue of ['fetch-jobs', 'weather-ready', 'landscape-jobs']) await boss.createQueue(queue);
    await boss.work(
      'fetch-jobs',
      POLL,
      jobHandler('fetch-jobs', (job: { data: { zip: string } }) => sendJob(boss, 'weather-ready', job.data)),
    );
    await boss.work(
      'weather-ready',
      POLL,
      jobHandler('weather-ready', async (job: { data: { zip: string } }) => {
        for (const format of ['rgb', 'eink']) await sendJob(boss, 'landscape-jobs', { ...job.data, format });
      }),
    );
    const seen: unknown[] = [];
    await boss.work(
      'landscape-jobs',
      POLL,
      jobHandler('landscape-jobs', async (job: { data: object }) => {
        seen.push(job.data);
        done.called();
      }),
    );
    const id = await traceAsync('page', () => sendJob(boss, 'fetch-jobs', { zip: '78729' }));
    await done.all;
    for (const queue of ['fetch-jobs', 'weather-ready', 'landscape-jobs']) await boss.offWork(queue, { wait: true });
    const sent = (await tracing.spans()).find(({ name }) => name === 'send fetch-jobs');
    expect([seen, sent?.attributes['messaging.message.id'], await shown()]).toEqual([
      [
        { zip: '78729', format: 'rgb' },
        { zip: '78729', format: 'eink' },
      ],
      id,
      tree(`
        page INTERNAL
          send fetch-jobs PRODUCER
            process fetch-jobs CONSUMER
              send weather-ready PRODUCER
                process weather-ready CONSUMER
                  send landscape-jobs PRODUCER
                    process landscape-jobs CONSUMER
                  send landscape-jobs PRODUCER
                    process landscape-jobs CONSUMER
      `),
    ]);
  });

  it('a job that fails is tried again under the same parent, and becomes a dead letter that knows its past', async () => {
    const done = counter(1);
    await boss.createQueue('dead');
    await boss.createQueue('frail', { retryLimit: 1, retryDelay: 0, deadLetter: 'dead' });
    await boss.work(
      'frail',
      POLL,
      jobHandler('frail', () => Promise.reject(new RangeError('planted@example.com'))),
    );
    await boss.work(
      'dead',
      { ...POLL, includeMetadata: true },
      jobHandler('dead', async () => done.called()),
    );
    await sendJob(boss, 'frail', { zip: '78729' });
    await done.all;
    for (const queue of ['frail', 'dead']) await boss.offWork(queue, { wait: true });
    expect(await shown('throughline.messaging.attempt', 'throughline.messaging.origin_queue')).toBe(
      tree(`
        send frail PRODUCER
          process frail CONSUMER ERROR throughline.messaging.attempt=1
          process frail CONSUMER ERROR throughline.messaging.attempt=2
          process dead CONSUMER throughline.messaging.attempt=3 throughline.messaging.origin_queue="frail"
      `),
    );
    expect(await tracing.bytes()).not.toContain('planted');
  });

  it('a thousand jobs at once, in batches: no trace is crossed', async () => {
    const done = counter(1000);
    await boss.createQueue('many');
    const jobs = Array.from({ length: 1000 }, (_none, job) => job);
    await Promise.all(
      jobs.map((job) => traceAsync(`page ${job}`, () => sendJob(boss, 'many', { job }, { retryLimit: 0 }))),
    );
    const handler = jobHandler('many', async (one: { data: { job: number } }) => {
      await traceAsync(`work ${one.data.job}`, () => new Promise(setImmediate));
      done.called();
    });
    await boss.work('many', { ...POLL, batchSize: 100, localConcurrency: 4 }, handler);
    await done.all;
    await boss.offWork('many', { wait: true });
    const traces = new Map<string, string[]>();
    const spans = (await tracing.spans()).filter(({ name }) => name !== 'receive many');
    for (const { name, spanContext } of spans.map((span) => ({ name: span.name, spanContext: span.spanContext() }))) {
      traces.set(spanContext.traceId, [...(traces.get(spanContext.traceId) ?? []), name]);
    }
    const whole = [...traces.values()].filter((names) => {
      const job = names.find((name) => name.startsWith('page '))?.slice(5);
      return names.toSorted().join() === `page ${job},process many,send many,work ${job}`;
    });
    expect([spans.length, traces.size, whole.length]).toEqual([4000, 1000, 1000]);
  }, 60_000);

  it('a worker is killed in the middle of a job: the job is done by the next one, as attempt 2 under the same parent', async () => {
    const collector = await new Collector().start();
    const queue = 'interrupted';
    await boss.createQueue(queue, { retryLimit: 2, expireInSeconds: 600 });
    const start = (): ChildProcess =>
      spawn(process.execPath, ['--no-warnings', join(process.cwd(), 'test/helpers/queue-worker.ts'), SCHEMA, queue], {
        env: { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    const first = start();
    const id = await sendJob(boss, queue, { hang: true });
    await printed(first, '"begun"');
    first.kill('SIGKILL');
    await once(first, 'exit');
    // Time passes.
    await query(`UPDATE ${SCHEMA}.job SET started_on = now() - interval '1 hour' WHERE id = $1`, [id]);
    await boss.supervise(queue);
    const second = start();
    await collector.until('the second attempt', () =>
      collector.spans.some(({ name }) => name === 'process interrupted'),
    );
    second.kill('SIGTERM');
    await once(second, 'exit');
    const sent = (await tracing.spans()).map(fromSdk);
    expect(formatTree([...sent, ...collector.spans], ['throughline.messaging.attempt'])).toBe(
      tree(`
        send interrupted PRODUCER
          process interrupted CONSUMER throughline.messaging.attempt=2
            first step INTERNAL
            second step INTERNAL
        ^ first step INTERNAL
      `),
    );
    expect(new Set(collector.spans.map(({ traceId }) => traceId)).size).toBe(1);
    await collector.close();
  }, 60_000);
});

describe('BullMQ', () => {
  const connection = { connectionString: DATABASE_URL, schema: `${SCHEMA}_bull`, migrate: true };
  const { Queue, Worker } = withBackend(createPostgresBackend);
  const telemetry = bullMQTelemetry();

  beforeEach(() => void (tracing = bootTracing()));
  afterEach(() => tracing.stop());

  it('jobs are sent and handled in one trace, tried again under the same parent, and their results stay here', async () => {
    const queue = new Queue<{ zip: string }>('fetch-jobs', { connection, telemetry });
    const next = new Queue<object>('weather-ready', { connection, telemetry });
    const done = counter(1);
    let following: string | undefined;
    const worker = new Worker<{ zip: string }>(
      'fetch-jobs',
      async (job) => {
        if (job.attemptsMade === 0) throw new RangeError('planted@example.com');
        await traceAsync('look up', async () => {});
        following = (await next.add('ready', { lat: 30 })).id;
        return { planted: true };
      },
      { connection, telemetry },
    );
    worker.on('completed', done.called);
    const failed = new Promise<void>((_done, reject) => void worker.on('error', reject));
    const job = await traceAsync('page', () => queue.add('zip', { zip: '78729' }, { attempts: 2 }));
    await Promise.race([done.all, failed]);
    await worker.close();
    for (const one of [queue, next]) await one.close();
    expect(await shown('messaging.system', 'messaging.message.id', 'throughline.messaging.attempt')).toBe(
      tree(`
        page INTERNAL
          send fetch-jobs PRODUCER messaging.system="bullmq" messaging.message.id="${job.id}"
            process fetch-jobs CONSUMER ERROR messaging.system="bullmq" messaging.message.id="${job.id}" throughline.messaging.attempt=1
            process fetch-jobs CONSUMER messaging.system="bullmq" messaging.message.id="${job.id}" throughline.messaging.attempt=2
              look up INTERNAL
              send weather-ready PRODUCER messaging.system="bullmq" messaging.message.id="${following}"
      `),
    );
    expect(await tracing.bytes()).not.toContain('planted');
  });
});
