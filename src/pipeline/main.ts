/**
 * One worker as a process of its own: `node src/pipeline/main.ts weather-fetcher`. Its log is JSON, a line for each event.
 * On SIGTERM the job at hand is finished; then the tracing holds the exit until the last spans are sent.
 */
import { register } from './instrumentation.ts';

// First of all: drivers are traced from the moment they are loaded.
register();
const { jobHandler, logWithTrace } = await import('../lib/tracing/messaging-tracing/index.ts');
const { openQueues } = await import('./queues.ts');
const { WORKERS } = await import('./workers.ts');

const [name = ''] = process.argv.slice(2);
const worker = Object.hasOwn(WORKERS, name) ? WORKERS[name] : undefined;
if (worker === undefined) {
  throw new Error(`there is no worker "${name}": name one of ${Object.keys(WORKERS).join(', ')}`);
}
const { queue, handle } = worker;
const boss = await openQueues(true);
process.once('SIGTERM', () => void boss.stop({ timeout: 5000 }).finally(() => process.exit(0)));

await boss.work(
  queue,
  { pollingIntervalSeconds: 0.5 },
  jobHandler(queue, async (job: { data: object }) => {
    try {
      await handle(boss, job.data as never);
    } catch (error) {
      logWithTrace(`ERROR in ${name}`, { error, worker: name.replace('-', '_'), action: 'error' });
      throw error; // pg-boss tries the job again
    }
  }),
);
process.stdout.write(`${name} works on ${queue}\n`);
