/** The document on Workers: its examples run in workerd as they are written there, and give what it promises. */
import { Collector } from '../helpers/collector.ts';
import { formatTree, tree } from '../helpers/trace-tree.ts';
import { type RunningWorkers, standIn, startWorkers, worker } from '../helpers/workerd.ts';

let collector: Collector;
let workers: RunningWorkers | undefined;
afterEach(async () => {
  await workers?.stop();
  await collector.close();
});

it('works as written', async () => {
  collector = await new Collector().start();
  workers = await startWorkers([
    await worker('test/fixtures/workers/document/index.js', {
      name: 'sellersco-worker',
      bindings: {
        OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/v1/traces`,
        OTEL_SERVICE_NAME: 'sellersco-worker',
        NODE_ENV: 'development',
      },
      kvNamespaces: ['QUANTUM_KV'],
      r2Buckets: ['IMAGES'],
      d1Databases: ['DB'],
      wrappedBindings: { AI: 'ai', VECTORIZE_INDEX: 'vectorize' },
    }),
    await standIn('ai', 'test/fixtures/workers/ai-stand-in.ts'),
    await standIn('vectorize', 'test/fixtures/workers/vectorize-stand-in.ts'),
  ]);
  const response = await fetch(`${workers.url}/home`);
  expect(await response.json()).toMatchObject({ path: '/home', d1: [], vectorize: 2, kv: null });
  await collector.until('the whole trace', () => collector.spans.length >= 13);
  await workers.said('"auth authorize"'); // NODE_ENV=development prints each span
  expect(formatTree(collector.spans, ['http.response.status_code', 'throughline.auth.outcome'])).toBe(
    tree(`
      GET SERVER http.response.status_code=200
        text_completion @cf/meta/llama-2-7b-chat-int8 CLIENT
        r2_get CLIENT
        r2_put CLIENT
        SELECT users CLIENT
        INSERT sessions CLIENT
        vectorize_query CLIENT
        vectorize_upsert CLIENT
        kv_get CLIENT
        kv_put CLIENT
        auth register INTERNAL throughline.auth.outcome="success"
        auth login INTERNAL throughline.auth.outcome="success"
        auth authorize INTERNAL throughline.auth.outcome="success"
    `),
  );
  expect([
    new Set(collector.spans.map(({ resource }) => resource['service.name'])),
    collector.text.includes('planted'),
  ]).toEqual([new Set(['sellersco-worker']), false]);
}, 60_000);
