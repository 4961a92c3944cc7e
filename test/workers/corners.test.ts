/** The corners of workerd in which tracing could be caught, each as it is met in the real runtime. */
import { request as httpRequest } from 'node:http';
import { Collector, type CollectedSpan } from '../helpers/collector.ts';
import { formatTree, tree } from '../helpers/trace-tree.ts';
import { type RunningWorkers, standIn, startWorkers, worker } from '../helpers/workerd.ts';

let collector: Collector;
const running: RunningWorkers[] = [];
let workers: RunningWorkers;
let url: string;

async function start(variables: Record<string, string> = {}): Promise<RunningWorkers> {
  const bindings = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...variables };
  const queue = { maxBatchSize: 1, maxBatchTimeout: 0, retryDelay: 0 };
  const started = await startWorkers([
    await worker('test/fixtures/workers/corners.ts', {
      name: 'corners',
      compatibilityFlags: ['nodejs_als', 'enable_request_signal'],
      bindings: { OTEL_SERVICE_NAME: 'corners', ...bindings },
      kvNamespaces: { SESSIONS: 'sessions' },
      r2Buckets: { LETTERS: 'letters' },
      serviceBindings: { STOCK: 'echo', AUTH: { name: 'rpc', entrypoint: 'AuthService' } },
      queueProducers: { LETTER_JOBS: 'letter-jobs' },
      wrappedBindings: { AI: 'ai' },
    }),
    await worker('test/fixtures/workers/echo.ts', { name: 'echo' }),
    await worker('test/fixtures/workers/rpc.ts', { name: 'rpc', bindings }),
    await worker('test/fixtures/workers/letters.ts', {
      name: 'letters',
      bindings: { OTEL_SERVICE_NAME: 'letters', ...bindings },
      r2Buckets: { LETTERS: 'letters' },
      queueConsumers: {
        'letter-jobs': { ...queue, maxRetries: 1, deadLetterQueue: 'dead-letters' },
        'dead-letters': queue,
      },
    }),
    await standIn('ai', 'test/fixtures/workers/ai-stand-in.ts'),
  ]);
  running.push(started);
  return started;
}

beforeAll(async () => {
  collector = await new Collector().start();
  workers = await start();
  url = workers.url;
}, 60_000);

afterEach(() => {
  collector.reply = undefined;
});

afterAll(async () => {
  await Promise.all(running.map((one) => one.stop()));
  await collector.close();
});

/** Asks in a trace of its own. */
async function ask(
  path: string,
  { base = url, headers = {} }: { base?: string; headers?: Record<string, string> } = {},
): Promise<{ status: number; text: string; headers: Headers; traceId: string }> {
  const traceId = crypto.randomUUID().replaceAll('-', '');
  const response = await fetch(base + path, {
    headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, ...headers },
  });
  return { status: response.status, text: await response.text(), headers: response.headers, traceId };
}

async function spansOf(traceId: string, count: number): Promise<CollectedSpan[]> {
  await collector.until(`${count} spans`, () => collector.ofTrace(traceId).length >= count);
  return collector.ofTrace(traceId);
}

it('starts at global scope, where work runs without a span', async () => {
  const { text, traceId } = await ask('/global-scope');
  expect([text, formatTree(await spansOf(traceId, 1))]).toEqual(['42', '^ GET /global-scope SERVER']);
  expect(collector.spans.filter(({ name }) => name === 'auth warm up')).toEqual([]);
});

it.each([
  ['/plain', 200, '^ GET /plain SERVER http.response.status_code=200'],
  ['/fails', 503, '^ GET /fails SERVER ERROR error.type="503" http.response.status_code=503'],
  ['/throws', 500, '^ GET /throws SERVER ERROR error.type="Error"'],
  ['/null', 500, '^ GET /null SERVER ERROR error.type="_OTHER"'],
  ['/nowhere', 404, '^ GET /nowhere SERVER http.response.status_code=404'],
])('a request without any I/O is told: %s', async (path, status, told) => {
  const answer = await ask(path);
  const spans = await spansOf(answer.traceId, 1);
  expect([answer.status, formatTree(spans, ['error.type', 'http.response.status_code'])]).toEqual([status, told]);
});

it('what ends after the answer, in waitUntil, is told too', async () => {
  const { traceId } = await ask('/later');
  expect(formatTree(await spansOf(traceId, 2))).toBe(
    tree(`
      ^ GET /later SERVER
        auth later INTERNAL
    `),
  );
});

it('a streamed body has a span of its own, which outlives the request', async () => {
  const { text, traceId } = await ask('/stream');
  const spans = await spansOf(traceId, 5);
  expect([text, formatTree(spans)]).toEqual([
    'chunk 0\nchunk 1\nchunk 2\n',
    tree(`
      ^ GET /stream SERVER
        auth chunk INTERNAL
        response body INTERNAL
        auth chunk INTERNAL
        auth chunk INTERNAL
    `),
  ]);
  const end = (name: string): bigint => {
    const span = spans.find((one) => one.name === name);
    return (span?.startTimeNanos ?? 0n) + (span?.durationNanos ?? 0n);
  };
  expect(end('response body') > end('GET /stream')).toBe(true);
});

it('a client that goes away ends the span of the body', async () => {
  const traceId = crypto.randomUUID().replaceAll('-', '');
  await new Promise<void>((resolve, reject) => {
    const asked = httpRequest(`${url}/endless`, { headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` } });
    asked.on('response', (response) => {
      response.once('data', () => {
        asked.destroy();
        resolve();
      });
    });
    asked.on('error', reject);
    asked.end();
  });
  await collector.until('the body', () => collector.ofTrace(traceId).some(({ name }) => name === 'response body'));
  const body = collector.ofTrace(traceId).find(({ name }) => name === 'response body');
  expect(body?.attributes['throughline.client.aborted']).toBe(true);
});

it('a streamed answer of a model is told with its tokens when it has been read', async () => {
  const { text, traceId } = await ask('/ai');
  const spans = await spansOf(traceId, 3);
  expect([
    text.split('\n\n').length,
    formatTree(spans, ['gen_ai.usage.output_tokens', 'throughline.gen_ai.stream.outcome']),
  ]).toEqual([
    5,
    tree(`
      ^ GET /ai SERVER
        text_completion @cf/meta/llama-2-7b-chat-int8 CLIENT gen_ai.usage.output_tokens=3 throughline.gen_ai.stream.outcome="completed"
        response body INTERNAL
    `),
  ]);
});

it('a body of known length keeps its length, and needs no span', async () => {
  const { text, headers, traceId } = await ask('/image', { headers: { 'accept-encoding': 'identity' } });
  expect([text.length, headers.get('content-length'), formatTree(await spansOf(traceId, 2))]).toEqual([
    2048,
    '2048',
    tree(`
      ^ GET /image SERVER
        r2_get CLIENT
    `),
  ]);
});

it('requests at once do not cross, though they share an isolate', async () => {
  const answers = await Promise.all(Array.from({ length: 30 }, (_none, id) => ask(`/crowd?id=c-${id}`)));
  expect(answers.map(({ text }) => text)).toEqual(Array.from({ length: 30 }, (_none, id) => `c-${id}`));
  const trees = await Promise.all(answers.map(async ({ traceId }) => formatTree(await spansOf(traceId, 3))));
  expect([...new Set(trees)]).toEqual([
    tree(`
      ^ GET /crowd SERVER
        kv_put CLIENT
        kv_get CLIENT
    `),
  ]);
}, 60_000);

it('a trace that the caller has not sampled goes on unsampled', async () => {
  const traceId = crypto.randomUUID().replaceAll('-', '');
  const { text } = await ask('/forward', {
    headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-00`, tracestate: 'vendor=kept' },
  });
  const { traceparent, tracestate } = JSON.parse(text) as { traceparent: string; tracestate: string };
  expect([traceparent.slice(0, 35), traceparent.slice(-3), tracestate]).toEqual([
    `00-${traceId}`,
    '-00',
    'vendor=kept',
  ]);
  // A later one is there, so this one would be too.
  const later = await ask('/plain');
  await spansOf(later.traceId, 1);
  expect(collector.ofTrace(traceId)).toEqual([]);
});

it('a method over RPC goes on with the trace', async () => {
  const { text, traceId } = await ask('/rpc');
  expect([text, formatTree(await spansOf(traceId, 4), ['throughline.auth.outcome'])]).toEqual([
    'false',
    tree(`
      ^ GET /rpc SERVER
        AUTH_SERVICE verify CLIENT
          AuthService.verify SERVER
            auth verify INTERNAL throughline.auth.outcome="failure"
    `),
  ]);
});

it('a message that fails is tried again in its trace, and told of as a dead letter', async () => {
  const { text, traceId } = await ask('/failing-letter');
  // What the binding answers comes back.
  expect(JSON.parse(text)).toMatchObject({ metadata: { metrics: { backlogCount: expect.any(Number) as number } } });
  expect(
    formatTree(await spansOf(traceId, 6), ['throughline.messaging.attempt', 'throughline.messaging.origin_queue']),
  ).toBe(
    tree(`
      ^ GET /failing-letter SERVER
        send letter-jobs PRODUCER
          process letter-jobs CONSUMER ERROR throughline.messaging.attempt=1
          process letter-jobs CONSUMER ERROR throughline.messaging.attempt=2
          process dead-letters CONSUMER throughline.messaging.attempt=1 throughline.messaging.origin_queue="letter-jobs"
            r2_head CLIENT
    `),
  );
}, 60_000);

it('a collector that never answers holds up no request', async () => {
  let held = 0;
  collector.reply = () => void (held += 1);
  const { text } = await ask('/plain');
  await collector.until('a batch', () => held > 0);
  expect(text).toBe('plain');
});

it('a collector that refuses changes nothing, and is heard of once', async () => {
  const refused = collector.requests.length;
  collector.reply = (_request, response) => void response.writeHead(503).end();
  const answers = [await ask('/plain'), await ask('/plain'), await ask('/plain')];
  await collector.until('three refusals', () => collector.requests.length >= refused + 3);
  await ask('/log');
  await workers.said('the last word');
  expect(answers.map(({ text }) => text)).toEqual(['plain', 'plain', 'plain']);
  expect(workers.lines.filter((line) => line.includes('did not take'))).toEqual([
    `throughline: ${collector.url}/v1/traces did not take 1 spans (status 503); the Worker is not affected`,
  ]);
});

it('while a Worker is developed its spans are printed', async () => {
  const developed = await start({ NODE_ENV: 'development' });
  const { traceId } = await ask('/plain', { base: developed.url });
  await developed.said(traceId);
  const printed = developed.lines.find((line) => line.includes(traceId));
  expect(JSON.parse(printed ?? 'null')).toMatchObject({ traceId, name: 'GET /plain', kind: 2 });
}, 60_000);

it('spans whose clock could not move say so', async () => {
  const { url: base } = await start({ FROZEN: '1' });
  const { traceId } = await ask('/crowd?id=1', { base });
  const spans = await spansOf(traceId, 3);
  expect(formatTree(spans, ['throughline.clock.frozen'])).toBe(
    tree(`
      ^ GET /crowd SERVER throughline.clock.frozen=true
        kv_put CLIENT throughline.clock.frozen=true
        kv_get CLIENT throughline.clock.frozen=true
    `),
  );
}, 60_000);
