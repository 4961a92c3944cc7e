import { AsyncLocalStorage } from 'node:async_hooks';
import { type ReplayOptions, replayTraceLines } from '@/lib/tracing/boot/index.ts';
import { createTracer } from '@/lib/tracing/simple/index.ts';
import { startViewer } from '@/viewer/server/index.ts';
import { Collector } from '../../../../helpers/collector.ts';
import { formatTree, tree } from '../../../../helpers/trace-tree.ts';
import { Program } from './program.ts';

let collector: Collector;
let program: Program;
beforeAll(async () => void (program = await Program.start({ OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '3' })));
afterAll(() => program.stop());
beforeEach(async () => void (collector = await new Collector().start()));
afterEach(() => collector.close());

const replay = (lines: readonly string[], options: ReplayOptions): ReturnType<typeof program.call<'replay'>> =>
  program.call('replay', lines, options);

/** The log of a turn of a conversation, written by the tracer itself. */
async function turn(secret = ''): Promise<string[]> {
  const lines: string[] = [];
  const tracer = createTracer({
    attributes: { 'service.name': 'ai-storefront', 'service.version': '1.0.0' },
    write: (line) => lines.push(line),
    storage: new AsyncLocalStorage(),
  });
  const failing = (): never => {
    throw new RangeError('out of stock');
  };
  await tracer.traceChatTurn('continue_thread', { userId: 'u-1', threadId: 't-1', turnId: 't-1-1' }, async () => {
    await tracer.withSpan('search', { note: secret, password: secret }, async () => {}).catch(() => {});
    await tracer.withSpan('reserve', {}, async () => failing()).catch(() => {});
    await tracer.traceLLMCall(
      'openai.chat.completions.create',
      { model: 'gpt-4o-mini', provider: 'openai', temperature: 0.7 },
      async (span) => span.setAttributes({ 'llm.usage.prompt_tokens': 159, 'llm.usage.completion_tokens': 237 }),
    );
  });
  return lines;
}

const NONE = { repeated: 0, bad: 0, other: 0, lost: 0 };

it('sends a log as one trace, under the names of today', async () => {
  const lines = await turn();
  const found = await replay(['a first line', ...lines, '{"level":"INFO"}'], { endpoint: collector.url });
  expect(found).toEqual({
    summary: { ...NONE, target: `${collector.url}/v1/traces`, sent: 4, other: 2 },
    problems: [],
  });
  const ordered = lines.map((line) => (JSON.parse(line) as { trace: { spanId: string } }).trace.spanId);
  const spans = collector.spans.map((span) => ({ ...span, startTimeNanos: BigInt(ordered.indexOf(span.spanId)) }));
  const shown = ['gen_ai.provider.name', 'gen_ai.request.model', 'gen_ai.usage.input_tokens', 'gen_ai.usage.output_tokens', 'error.type']; // prettier-ignore
  expect(formatTree(spans, shown)).toBe(
    tree(`
      chat.continue_thread INTERNAL
        search INTERNAL
        reserve INTERNAL ERROR error.type="RangeError"
        openai.chat.completions.create CLIENT gen_ai.provider.name="openai" gen_ai.request.model="gpt-4o-mini" gen_ai.usage.input_tokens=159 gen_ai.usage.output_tokens=237
    `),
  );
  const top = spans.find(({ name }) => name === 'chat.continue_thread');
  expect([top?.resource['service.name'], top?.resource['service.version'], top?.scope]).toEqual([
    'ai-storefront',
    '1.0.0',
    'throughline/simple',
  ]);
  expect(top?.events.map(({ name }) => name)).toEqual(['chat.turn.start', 'chat.turn.complete']);
});

it('keeps times to the millisecond', async () => {
  const line = JSON.stringify({
    timestamp: '2025-08-16T15:27:07.073Z',
    message: 'TRACE: work',
    trace: {
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
      operation: 'work',
      duration: '4283ms',
      status: 'OK',
    },
  });
  await replay([line], { endpoint: collector.url, protocol: 'http/protobuf', compression: 'gzip' });
  expect(collector.spans.map(({ startTimeNanos, durationNanos, resource }) => [startTimeNanos, durationNanos, resource['service.name']])).toEqual([
    [BigInt(Date.UTC(2025, 7, 16, 15, 27, 2, 790)) * 1_000_000n, 4_283_000_000n, 'unknown_service'],
  ]); // prettier-ignore
});

it('sends the same bytes each time, and the receiver has each span once', async () => {
  const lines = await turn();
  const viewer = await startViewer({ otlpPort: 0, queryPort: 0 });
  const twice = [...lines, ...lines];
  const first = await replay(twice, { endpoint: viewer.otlpUrl });
  const second = await replay(lines, { endpoint: viewer.otlpUrl });
  const { spans } = viewer.stats();
  await viewer.close();
  await replay(twice, { endpoint: collector.url });
  const once = collector.text;
  await replay(lines, { endpoint: collector.url });
  expect([first.summary.sent, first.summary.repeated, second.summary.sent, spans]).toEqual([4, 4, 4, 4]);
  expect([once.length > 500, collector.text === once + once]).toEqual([true, true]);
});

it('says which lines are bad, and sends the others', async () => {
  const lines = await turn();
  lines.splice(1, 1, lines[1]?.slice(0, 100) ?? '');
  const { summary, problems } = await replay(lines, { endpoint: collector.url });
  expect([summary, problems, collector.spans.length]).toEqual([
    { ...NONE, target: `${collector.url}/v1/traces`, sent: 3, bad: 1 },
    ['line 2: it is no whole JSON object; was it cut off?'],
    3,
  ]);
});

it('stops where the collector does, and says why', async () => {
  collector.reply = (_request, response) => response.writeHead(400).end();
  const { summary, problems } = await replay([...(await turn()), ...(await turn())], { endpoint: collector.url });
  expect([summary, problems, collector.requests.length]).toEqual([
    { ...NONE, target: `${collector.url}/v1/traces`, sent: 0, lost: 3 },
    [`${collector.url}/v1/traces did not take 3 spans: Bad Request`],
    1,
  ]);
});

it('lets no secret out that stands in a log', async () => {
  const lines = await turn('mail to PLANTED@example.com, sk-PLANTED1234567890abcdef1234567890abcdef');
  await replay(lines, { endpoint: collector.url, headers: { authorization: 'Bearer fine' } });
  expect([
    lines.join('').includes('PLANTED'),
    collector.spans.length,
    collector.text.includes('PLANTED'),
    collector.requests[0]?.headers.authorization,
  ]).toEqual([true, 4, false, 'Bearer fine']);
});

it('refuses a wrong option', async () => {
  await expect(replayTraceLines([], { endpoint: 'nowhere' })).rejects.toThrow(
    'throughline: option endpoint: an http(s) URL; got "nowhere" (string)',
  );
});
