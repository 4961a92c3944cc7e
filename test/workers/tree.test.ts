/** One trace over everything that a Worker has, in the real workerd: one inbound `traceparent`, one tree. */
import { Collector } from '../helpers/collector.ts';
import { formatTree, tree } from '../helpers/trace-tree.ts';
import { type RunningWorkers, standIn, startWorkers, worker } from '../helpers/workerd.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;
const EMAIL = 'ada@example.com';
const PASSWORD = 'hunter2-secret';

/** What of each span is compared besides name, kind and place. */
const SHOWN = [
  'throughline.auth.method',
  'throughline.auth.outcome',
  'throughline.key.hash',
  'cloudflare.kv.response.returned_rows',
  'gen_ai.usage.input_tokens',
  'gen_ai.usage.output_tokens',
  'cloudflare.r2.request.key',
  'cloudflare.r2.response.size',
  'cloudflare.d1.response.rows_read',
  'cloudflare.d1.response.rows_written',
  'throughline.vectorize.top_k',
  'throughline.vectorize.matches',
  'http.response.status_code',
  'url.query',
];

let collector: Collector;
let workers: RunningWorkers;

beforeAll(async () => {
  collector = await new Collector().start();
  const variables = (name: string): Record<string, string> => ({
    OTEL_SERVICE_NAME: name,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  });
  workers = await startWorkers([
    await worker('test/fixtures/workers/shop.ts', {
      name: 'shop',
      bindings: variables('shop'),
      kvNamespaces: { SESSIONS: 'sessions' },
      r2Buckets: { LETTERS: 'letters' },
      d1Databases: { DB: 'db' },
      durableObjects: { CART: 'CartDurableObject' },
      serviceBindings: { STOCK: 'stock' },
      queueProducers: { LETTER_JOBS: 'letter-jobs' },
      wrappedBindings: { AI: 'ai', PRODUCTS: 'vectorize' },
    }),
    await worker('test/fixtures/workers/stock.ts', {
      name: 'stock',
      bindings: variables('stock'),
      kvNamespaces: { SESSIONS: 'sessions' },
    }),
    await worker('test/fixtures/workers/letters.ts', {
      name: 'letters',
      bindings: variables('letters'),
      r2Buckets: { LETTERS: 'letters' },
      queueConsumers: { 'letter-jobs': { maxBatchSize: 1, maxBatchTimeout: 0 } },
    }),
    await standIn('ai', 'test/fixtures/workers/ai-stand-in.ts'),
    await standIn('vectorize', 'test/fixtures/workers/vectorize-stand-in.ts'),
  ]);
}, 60_000);

afterAll(async () => {
  await workers?.stop();
  await collector.close();
});

it('is one tree, over every binding and every Worker', async () => {
  const response = await fetch(`${workers.url}/orders?token=query-secret`, {
    method: 'POST',
    headers: { traceparent: TRACEPARENT, authorization: 'Bearer header-secret-1234' },
    body: JSON.stringify({ email: EMAIL, password: PASSWORD }),
  });
  expect([response.status, response.headers.get('x-trace-id'), await response.json()]).toEqual([
    200,
    TRACE,
    { letter: `You said: A greeting for ${EMAIL}`, stock: { stock: null }, cart: { items: 1 } },
  ]);
  await collector.until('the whole trace', () => collector.spans.length >= 20);
  const spans = collector.spans.map((span) => {
    const attributes: Record<string, unknown> = { ...span.attributes, in: span.resource['service.name'] };
    return { ...span, attributes };
  });
  expect([...new Set(spans.map(({ traceId }) => traceId))]).toEqual([TRACE]);
  expect(formatTree(spans, ['in', ...SHOWN])).toBe(
    tree(`
      ^ POST /orders SERVER in="shop" http.response.status_code=200 url.query="token=[REDACTED]"
        auth login INTERNAL in="shop" throughline.auth.method="password" throughline.auth.outcome="success"
        kv_put CLIENT in="shop" throughline.key.hash="7e8ac3f7"
        kv_get CLIENT in="shop" throughline.key.hash="7e8ac3f7" cloudflare.kv.response.returned_rows=1
        text_completion @cf/meta/llama-2-7b-chat-int8 CLIENT in="shop" gen_ai.usage.input_tokens=12 gen_ai.usage.output_tokens=3
        r2_put CLIENT in="shop" cloudflare.r2.request.key="letters/1.txt" cloudflare.r2.response.size=40
        r2_get CLIENT in="shop" cloudflare.r2.request.key="letters/1.txt" cloudflare.r2.response.size=40
        CREATE orders CLIENT in="shop" cloudflare.d1.response.rows_read=1 cloudflare.d1.response.rows_written=2
        INSERT orders CLIENT in="shop" cloudflare.d1.response.rows_read=0 cloudflare.d1.response.rows_written=1
        SELECT orders CLIENT in="shop" cloudflare.d1.response.rows_read=1 cloudflare.d1.response.rows_written=0
        vectorize_query CLIENT in="shop" throughline.vectorize.top_k=2 throughline.vectorize.matches=2
        STOCK_SERVICE GET /stock/:id CLIENT in="shop" http.response.status_code=200
          GET /stock/:id SERVER in="stock" http.response.status_code=200
            kv_get CLIENT in="stock" throughline.key.hash="9ed626f5" cloudflare.kv.response.returned_rows=0
        CartDurableObject POST /cart/add CLIENT in="shop" http.response.status_code=200
          POST /cart/add SERVER in="shop" http.response.status_code=200
            CartDurableObject alarm SERVER in="shop"
        send letter-jobs PRODUCER in="shop"
          process letter-jobs CONSUMER in="letters"
            r2_head CLIENT in="letters" throughline.key.hash="8df3b90c" cloudflare.r2.response.size=40
    `),
  );
  const statements = spans.map(({ attributes }) => attributes['db.query.text']).filter((text) => text !== undefined);
  expect(statements).toEqual([
    'CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, email TEXT)',
    'INSERT INTO orders (email) VALUES (?)',
    'SELECT * FROM orders WHERE email = ?',
  ]);
  // The time inside the database: not known beforehand, but there for each statement.
  const times = spans.map(({ attributes }) => attributes['cloudflare.d1.response.sql_duration_ms']);
  expect(times.filter((time) => typeof time === 'number')).toHaveLength(3);
  const secrets = [EMAIL, PASSWORD, 'query-secret', 'header-secret', 'greeting', 'You said'];
  expect(secrets.filter((secret) => collector.text.includes(secret))).toEqual([]);
}, 60_000);
