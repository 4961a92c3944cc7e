/**
 * A worker of pg-boss as a process of its own: handles jobs of one queue until it is stopped. A job that says `hang` is
 * begun and never finished, so that whoever started this can kill it in the middle. Arguments: schema, queue.
 */
import { PgBoss } from 'pg-boss';
import { startTracing } from '../../src/lib/tracing/boot/index.ts';
import { traceAsync } from '../../src/lib/tracing/index.ts';
import { extractTraceContext, jobHandler, logWithTrace } from '../../src/lib/tracing/messaging-tracing/index.ts';

const [schema = '', queue = ''] = process.argv.slice(2);
const handle = startTracing({ serviceName: 'queue-worker', autoInstrumentations: false });
const boss = new PgBoss({
  connectionString: process.env['DATABASE_URL'] ?? '',
  schema,
  openTelemetry: { enabled: false },
});
boss.on('error', (error) => process.stderr.write(`${String(error)}\n`));
await boss.start();

const work = jobHandler(queue, async (job: { id: string; data: { hang?: boolean }; retryCount: number }) => {
  await traceAsync('first step', async () => {});
  await handle.forceFlush();
  logWithTrace('begun', { attempt: job.retryCount + 1, clean: extractTraceContext(job) === undefined });
  if (job.data.hang === true && job.retryCount === 0) await new Promise(() => {});
  await traceAsync('second step', async () => {});
});
await boss.work(queue, { pollingIntervalSeconds: 0.5 }, async (jobs: Parameters<typeof work>[0]) => {
  await work(jobs);
  await handle.forceFlush();
});
process.stdout.write('ready\n');
