/**
 * The end-to-end guide for a pipeline of workers: its four programs, word for word where TypeScript allows, joined by
 * queues that hold JSON. The guide is not in the repository, so its programs stand here.
 */
import { traceAsync } from '@/lib/tracing/index.ts';
import {
  addTraceContext,
  extractTraceContext,
  generateTraceId,
  getTraceId,
  logWithTrace,
} from '@/lib/tracing/messaging-tracing/index.ts';
import { bootTracing, resetGlobals } from '../../../../helpers/test-tracing.ts';

type Body = Readonly<Record<string, unknown>>;

class Queue {
  readonly #wire: string[] = [];
  async send(body: object): Promise<void> {
    this.#wire.push(JSON.stringify(body));
  }
  *take(): Generator<Message> {
    for (let text = this.#wire.shift(); text !== undefined; text = this.#wire.shift()) {
      yield { body: JSON.parse(text) as Body, ack: () => {}, retry: () => {} };
    }
  }
}

interface Message {
  readonly body: Body;
  ack(): void;
  retry(): void;
}

const env = { FETCH_JOBS: new Queue(), WEATHER_READY: new Queue(), LANDSCAPE_JOBS: new Queue() };
const FORMATS = ['rgb_dark', 'eink'];

async function handleGenerate(zipCode: string): Promise<Response> {
  if (!/^\d{5}$/.test(zipCode)) {
    return Response.json({ error: 'Invalid ZIP code. Must be 5 digits.' }, { status: 400 });
  }
  const traceId = generateTraceId();
  const job = addTraceContext({ zip_code: zipCode, scheduled_at: new Date().toISOString() }, { traceId });
  logWithTrace(`Enqueuing generation for ZIP ${zipCode}`, {
    traceContext: job._trace,
    zip_code: zipCode,
    worker: 'web',
    action: 'enqueue_fetch_job',
  });
  await env.FETCH_JOBS.send(job);
  return Response.json({
    success: true,
    zip: zipCode,
    trace_id: traceId,
    message: `Generation queued for ZIP ${zipCode}`,
  });
}

async function weatherFetcher(): Promise<void> {
  for (const message of env.FETCH_JOBS.take()) {
    const traceContext = extractTraceContext(message);
    const traceId = getTraceId(traceContext);
    const { zip_code } = message.body;
    logWithTrace('Fetching weather', { traceContext, zip_code, worker: 'weather_fetcher', action: 'fetch_weather' });
    const eventMsg = addTraceContext(
      { zip_code, lat: 30.4, lon: -97.7 },
      { traceId, parentSpanId: traceContext ? traceContext.span_id : null },
    );
    const fields = { traceContext: eventMsg._trace, zip_code, worker: 'weather_fetcher', action: 'weather_ready' };
    logWithTrace('Weather ready', fields);
    await env.WEATHER_READY.send(eventMsg);
    message.ack();
  }
}

async function jobDispatcher(): Promise<void> {
  for (const message of env.WEATHER_READY.take()) {
    const traceContext = extractTraceContext(message);
    const traceId = getTraceId(traceContext);
    logWithTrace('Dispatching', { traceContext, formats: FORMATS, worker: 'job_dispatcher', action: 'dispatch_jobs' });
    const { zip_code, lat, lon } = message.body;
    for (const format_name of FORMATS) {
      const job = addTraceContext(
        { zip_code, format_name, lat, lon },
        { traceId, parentSpanId: traceContext ? traceContext.span_id : null },
      );
      await env.LANDSCAPE_JOBS.send(job);
    }
    message.ack();
  }
}

async function landscapeGenerator(): Promise<void> {
  for (const message of env.LANDSCAPE_JOBS.take()) {
    const traceContext = extractTraceContext(message);
    try {
      if (message.body['format_name'] === 'eink') throw new Error('no ink');
      logWithTrace('Generated', { traceContext, worker: 'landscape_generator', action: 'generation_complete' });
      message.ack();
    } catch (error) {
      logWithTrace(`ERROR generating image: ${String(error)}`, {
        traceContext,
        error: String(error),
        worker: 'landscape_generator',
        action: 'error',
      });
      message.retry();
    }
  }
}

async function generate(zip: string): Promise<{ status: number; answer: Record<string, unknown> }> {
  const response = await handleGenerate(zip);
  const answer = (await response.json()) as Record<string, unknown>;
  for (const worker of [weatherFetcher, jobDispatcher, landscapeGenerator]) await worker();
  return { status: response.status, answer };
}

interface Line {
  readonly level: string;
  readonly trace_id: string;
  readonly span_id: string;
  readonly parent_span_id?: string;
  readonly worker: string;
  readonly action: string;
}

let lines: Line[];
beforeEach(() => {
  resetGlobals();
  lines = [];
  jest.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(JSON.parse(line) as Line));
});
afterEach(() => jest.restoreAllMocks());

const STEPS = [
  'web enqueue_fetch_job info',
  'weather_fetcher fetch_weather info',
  'weather_fetcher weather_ready info',
  'job_dispatcher dispatch_jobs info',
  'landscape_generator generation_complete info',
  'landscape_generator error error',
];
const stepsOf = (traceId: unknown): string[] =>
  lines
    .filter(({ trace_id }) => trace_id === traceId)
    .map(({ worker, action, level }) => `${worker} ${action} ${level}`);

it('with no SDK: a search for the trace id in the answer finds every step, and each knows the one before it', async () => {
  await generate('10001');
  const { status, answer } = await generate('78729');
  expect([status, answer, stepsOf(answer['trace_id'])]).toEqual([
    200,
    {
      success: true,
      zip: '78729',
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      message: 'Generation queued for ZIP 78729',
    },
    STEPS,
  ]);
  const [web, fetching, ready, dispatching, generated] = lines.slice(6);
  expect([fetching?.span_id, ready?.parent_span_id, dispatching?.span_id, generated?.parent_span_id]).toEqual([
    web?.span_id,
    web?.span_id,
    ready?.span_id,
    ready?.span_id,
  ]);
});

it('inside a request that is traced the id is the request’s', async () => {
  const tracing = bootTracing();
  const { answer } = await traceAsync('POST /admin/generate', () => generate('78729'));
  const [request] = await tracing.spans();
  expect([answer['trace_id'], stepsOf(answer['trace_id'])]).toEqual([request?.spanContext().traceId, STEPS]);
  await tracing.stop();
});

it('a ZIP code that is none is refused', async () => {
  const { status, answer } = await generate('7872');
  expect([status, answer, lines]).toEqual([400, { error: 'Invalid ZIP code. Must be 5 digits.' }, []]);
});
