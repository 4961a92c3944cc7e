/** The example of docs/workers.md, in the real workerd. */
import { Collector } from '../helpers/collector.ts';
import { startExampleWorker } from '../helpers/example-worker.ts';
import { formatTree, tree } from '../helpers/trace-tree.ts';
import type { RunningWorkers } from '../helpers/workerd.ts';

let collector: Collector;
let workers: RunningWorkers | undefined;
afterEach(async () => {
  await workers?.stop();
  await collector.close();
});

it('is one trace over everything that runs here', async () => {
  collector = await new Collector().start();
  workers = await startExampleWorker(collector.url);
  const response = await fetch(`${workers.url}/cart/7/add`, { method: 'POST' });
  expect([response.status, await response.json()]).toEqual([200, { items: 1 }]);
  await collector.until('the whole trace', () => collector.spans.length >= 13);
  expect([...new Set(collector.spans.map(({ resource }) => resource['service.name']))]).toEqual(['worker-example']);
  expect(formatTree(collector.ofTrace(response.headers.get('x-trace-id') ?? ''))).toBe(
    tree(`
      POST /cart/:id/add SERVER
        auth authorize INTERNAL
        kv_put CLIENT
        CREATE items CLIENT
        INSERT items CLIENT
        SELECT items CLIENT
        r2_put CLIENT
        CartDurableObject POST /cart/add CLIENT
          POST /cart/add SERVER
            CartDurableObject alarm SERVER
        send mails PRODUCER
          process mails CONSUMER
            kv_get CLIENT
    `),
  );
}, 60_000);
