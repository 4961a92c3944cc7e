/** `traceAIChatCompletion` around the real `openai` client, against a server that speaks its protocol. */
import { SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import OpenAI, { RateLimitError } from 'openai';
import { traceAIChatCompletion, traceSync } from '@/lib/tracing/index.ts';
import { type ModelServer, startModelServer } from '../../../../helpers/model-server.ts';
import { startedTree } from '../../../../helpers/started-tree.ts';
import { tree } from '../../../../helpers/trace-tree.ts';
import { type TestTracing, bootTracing } from '../../../../helpers/test-tracing.ts';

const PROMPT = 'planted prompt of ada@example.com';
const messages = [{ role: 'user', content: PROMPT }] as const;

let tracing: TestTracing;
let server: ModelServer;
let openai: OpenAI;
beforeEach(async () => {
  tracing = bootTracing();
  server = await startModelServer();
  openai = new OpenAI({ baseURL: server.baseURL, apiKey: 'planted-key', maxRetries: 2 });
});
afterEach(async () => {
  await server.close();
  await tracing.stop();
});

const stream = (model = 'gpt-4', includeUsage = false) =>
  openai.chat.completions.create({
    model,
    messages: [...messages],
    stream: true,
    ...(includeUsage ? { stream_options: { include_usage: true } } : {}),
  });
const whole = (model = 'gpt-4') => openai.chat.completions.create({ model, messages: [...messages] });

async function theSpan(): Promise<ReadableSpan> {
  const [span, ...others] = await tracing.spans();
  if (span === undefined || others.length > 0) throw new Error(`expected one span, got ${others.length}`);
  return span;
}

/** What was said of the answer: everything but the request, and the time that passed. */
async function answered(): Promise<Record<string, unknown>> {
  const { attributes, status } = await theSpan();
  const said = Object.entries(attributes).filter(([name]) => !/request|operation|provider|time_to_first/.test(name));
  return { ...Object.fromEntries(said), ...(status.code === SpanStatusCode.ERROR ? { failed: true } : {}) };
}

const SAID = {
  'gen_ai.response.id': 'chatcmpl-1',
  'gen_ai.response.model': 'gpt-4-0613',
  'gen_ai.response.finish_reasons': ['stop'],
};
const USAGE = {
  'gen_ai.usage.input_tokens': 12,
  'gen_ai.usage.output_tokens': 3,
  'gen_ai.usage.cache_read.input_tokens': 4,
  'gen_ai.usage.reasoning.output_tokens': 1,
};
const STREAMED = {
  ...SAID,
  'throughline.gen_ai.stream.chunks': 3,
  'throughline.gen_ai.stream.outcome': 'completed',
};

describe('a whole answer', () => {
  it('says what was asked and what came back', async () => {
    const answer = await traceAIChatCompletion('openai', 'gpt-4', async () => whole(), {
      messages: messages.length,
      maxTokens: 1000,
      temperature: 0.7,
      userId: 'user-123',
      organizationId: 'org-456',
    });
    const span = await theSpan();
    expect([answer.choices[0]?.message.content, span.name, span.kind, span.attributes]).toEqual([
      'planted answer',
      'chat gpt-4',
      2,
      {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-4',
        'gen_ai.request.max_tokens': 1000,
        'gen_ai.request.temperature': 0.7,
        'throughline.gen_ai.message_count': 1,
        'user.id': 'user-123',
        'throughline.organization.id': 'org-456',
        ...SAID,
        'openai.response.service_tier': 'default',
        'openai.response.system_fingerprint': 'fp_1',
        ...USAGE,
      },
    ]);
  });

  const WHOLE = {
    ...SAID,
    ...USAGE,
    'openai.response.service_tier': 'default',
    'openai.response.system_fingerprint': 'fp_1',
  };
  type Chat = OpenAI.Chat.Completions.ChatCompletion;
  type Pending = ReturnType<typeof whole>;
  it.each<readonly [how: string, take: (pending: Pending) => Promise<unknown>, got: unknown]>([
    ['then', (pending) => pending.then(({ id }: Chat) => id), 'chatcmpl-1'],
    ['catch', async (pending) => (await pending.catch(() => undefined))?.id, 'chatcmpl-1'],
    ['finally', async (pending) => (await pending.finally(() => {})).id, 'chatcmpl-1'],
    [
      'await, twice',
      async (pending) => [(await pending).id, (await pending) === (await pending)],
      ['chatcmpl-1', true],
    ],
    [
      'withResponse',
      async (pending) => {
        const { data, response, request_id: id } = await pending.withResponse();
        return [data.id, response.status, id];
      },
      ['chatcmpl-1', 200, 'req_1'],
    ],
  ])("openai's own promise, not awaited inside, taken by %s", async (_how, take, got) => {
    const pending = traceAIChatCompletion('openai', 'gpt-4', () => whole());
    expect([typeof pending.withResponse, await take(pending), await answered(), server.asked]).toEqual([
      'function',
      got,
      WHOLE,
      ['gpt-4'],
    ]);
  });

  it('taken as a raw Response ends at its headers, and its body is whole', async () => {
    const response = await traceAIChatCompletion('openai', 'gpt-4', () => whole()).asResponse();
    expect([response.status, ((await response.json()) as { id: string }).id, await answered()]).toEqual([
      200,
      'chatcmpl-1',
      {},
    ]);
  });

  it('is one span over its retries, and is told of the last', async () => {
    await traceAIChatCompletion('openai', 'busy once', () => whole('busy once'));
    expect([server.asked, (await answered())['gen_ai.usage.input_tokens']]).toEqual([['busy once', 'busy once'], 12]);
  });

  it('is a failure when every attempt was refused, thrown as openai throws it', async () => {
    const refused = traceAIChatCompletion('openai', 'busy', () => whole('busy'));
    await expect(refused).rejects.toBeInstanceOf(RateLimitError);
    expect([server.asked.length, await startedTree(tracing, ['error.type'])]).toEqual([
      3,
      'chat busy CLIENT ERROR error.type="rate_limit"',
    ]);
  });

  it('runs inside the span, and leaves the caller outside', async () => {
    await traceAIChatCompletion('openai', 'gpt-4', () => whole()).then(() => traceSync('after', () => {}));
    await traceAIChatCompletion('openai', 'gpt-4', async () => {
      traceSync('tokenise', () => {});
      return whole();
    });
    expect([await startedTree(tracing), trace.getActiveSpan()]).toEqual([
      tree(`
        chat gpt-4 CLIENT
        after INTERNAL
        chat gpt-4 CLIENT
          tokenise INTERNAL
      `),
      undefined,
    ]);
  });
});

const read = async (chunks: AsyncIterable<OpenAI.Chat.Completions.ChatCompletionChunk>): Promise<string> => {
  let text = '';
  for await (const { choices } of chunks) text += choices[0]?.delta.content ?? '';
  return text;
};

describe('a streamed answer', () => {
  it('keeps its span open to its end', async () => {
    const chunks = await traceAIChatCompletion('openai', 'gpt-4', async () => stream());
    expect((await tracing.spans()).length).toBe(0);
    expect([await read(chunks), await answered()]).toEqual(['planted answer', STREAMED]);
    const { attributes } = await theSpan();
    expect([attributes['gen_ai.request.stream'], typeof attributes['gen_ai.response.time_to_first_chunk']]).toEqual([
      true,
      'number',
    ]);
  });

  it('tells its usage where the last chunk brings it', async () => {
    await read(await traceAIChatCompletion('openai', 'gpt-4', async () => stream('gpt-4', true)));
    expect(await answered()).toEqual({ ...STREAMED, ...USAGE, 'throughline.gen_ai.stream.chunks': 4 });
  });

  it("is followed through openai's own promise: awaited, and with its response", async () => {
    const first = await traceAIChatCompletion('openai', 'gpt-4', () => stream());
    const { data, response } = await traceAIChatCompletion('openai', 'gpt-4', () => stream()).withResponse();
    expect([await read(first), await read(data), response.status]).toEqual(['planted answer', 'planted answer', 200]);
    const outcomes = (await tracing.spans()).map(({ attributes }) => attributes['throughline.gen_ai.stream.outcome']);
    expect(outcomes).toEqual(['completed', 'completed']);
  });

  it('ends with a break, which ends the request too', async () => {
    for await (const { choices } of await traceAIChatCompletion('openai', 'hang', () => stream('hang'))) {
      if (choices[0]?.delta.content === 'planted ') break;
    }
    await server.left;
    expect(await answered()).toEqual({
      'gen_ai.response.id': 'chatcmpl-1',
      'gen_ai.response.model': 'gpt-4-0613',
      'gen_ai.response.finish_reasons': ['error'],
      'throughline.gen_ai.stream.chunks': 1,
      'throughline.gen_ai.stream.outcome': 'cancelled',
    });
  });

  it('ends with an abort of its controller', async () => {
    const chunks = await traceAIChatCompletion('openai', 'hang', () => stream('hang'));
    for await (const { choices } of chunks) {
      if (choices[0]?.delta.content === 'answer') chunks.controller.abort();
    }
    expect([(await answered())['throughline.gen_ai.stream.outcome'], (await theSpan()).status.code]).toEqual([
      'cancelled',
      SpanStatusCode.UNSET,
    ]);
  });

  it('ends with an error that the server sends in the middle', async () => {
    const chunks = await traceAIChatCompletion('openai', 'fail', () => stream('fail'));
    await expect(read(chunks)).rejects.toThrow('the model broke');
    expect(await answered()).toEqual({
      'gen_ai.response.id': 'chatcmpl-1',
      'gen_ai.response.model': 'gpt-4-0613',
      'gen_ai.response.finish_reasons': ['error'],
      'throughline.gen_ai.stream.chunks': 2,
      'throughline.gen_ai.stream.outcome': 'failed',
      'error.type': 'E_MODEL',
      failed: true,
    });
  });

  it('ends with a connection that is cut', async () => {
    const chunks = await traceAIChatCompletion('openai', 'cut', () => stream('cut'));
    await expect(read(chunks)).rejects.toThrow('terminated');
    expect(await answered()).toMatchObject({ 'throughline.gen_ai.stream.outcome': 'failed', failed: true });
  });

  it('ends once when it is teed, with both halves whole', async () => {
    const [left, right] = (await traceAIChatCompletion('openai', 'gpt-4', () => stream())).tee();
    expect([await read(left), await read(right), await answered()]).toEqual([
      'planted answer',
      'planted answer',
      STREAMED,
    ]);
  });

  it('ends when it is read as a ReadableStream, of lines that can be read again', async () => {
    const chunks = await traceAIChatCompletion('openai', 'gpt-4', () => stream());
    const text = await new Response(chunks.toReadableStream()).text();
    expect([text.trim().split('\n').length, await answered()]).toEqual([3, STREAMED]);
  });

  it('can be read once, as without tracing', async () => {
    const chunks = await traceAIChatCompletion('openai', 'gpt-4', () => stream());
    await read(chunks);
    await expect(read(chunks)).rejects.toThrow('Cannot iterate over a consumed stream');
    expect(await answered()).toEqual(STREAMED);
  });

  it('a refusal of the whole stream is a failure of the call', async () => {
    await expect(traceAIChatCompletion('openai', 'busy', () => stream('busy'))).rejects.toThrow('429');
    expect(await answered()).toEqual({ 'error.type': 'rate_limit', failed: true });
  });

  it("passes openai's helpers that run a stream for you", async () => {
    const answer = await traceAIChatCompletion('openai', 'gpt-4', () =>
      openai.chat.completions.stream({ model: 'gpt-4', messages: [...messages] }).finalChatCompletion(),
    );
    expect([answer.choices[0]?.message.content, await answered()]).toEqual(['planted answer', SAID]);
  });
});

const respond = (model: string) => openai.responses.create({ model, input: PROMPT });

describe('the Responses API', () => {
  const SAID_THERE = { 'gen_ai.response.id': 'resp_1', 'gen_ai.response.model': 'gpt-4.1' };

  it('a whole one says its usage and why it ended', async () => {
    await traceAIChatCompletion('openai', 'gpt-4.1', () => respond('gpt-4.1'));
    expect(await answered()).toEqual({ ...SAID_THERE, ...USAGE, 'gen_ai.response.finish_reasons': ['stop'] });
  });

  it('one that is cut short says so', async () => {
    await traceAIChatCompletion('openai', 'short', () => respond('short'));
    expect((await answered())['gen_ai.response.finish_reasons']).toEqual(['max_output_tokens']);
  });

  it.each<readonly [model: string, reasons: string[]]>([
    ['gpt-4.1', ['stop']],
    ['short', ['max_output_tokens']],
  ])('a streamed one says the same at its end: %s', async (model, reasons) => {
    const events = await traceAIChatCompletion('openai', model, () =>
      openai.responses.create({ model, input: PROMPT, stream: true }),
    );
    const types: string[] = [];
    for await (const { type } of events) types.push(type);
    expect([types.length, await answered()]).toEqual([
      3,
      {
        ...SAID_THERE,
        ...USAGE,
        'gen_ai.response.finish_reasons': reasons,
        'throughline.gen_ai.stream.chunks': 3,
        'throughline.gen_ai.stream.outcome': 'completed',
      },
    ]);
  });
});

const text = (...chunks: string[]): ReadableStream<string> =>
  new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
const outcome = async (): Promise<unknown[]> => {
  const { attributes } = await theSpan();
  return [attributes['throughline.gen_ai.stream.outcome'], attributes['throughline.gen_ai.stream.chunks']];
};

async function* generate(): AsyncGenerator<string> {
  yield 'a';
  traceSync('between', () => {});
  yield 'b';
}

describe('streams of others', () => {
  it('a ReadableStream is handed on chunk by chunk', async () => {
    const got: string[] = [];
    for await (const chunk of traceAIChatCompletion('other', 'm', () => text('a', 'b'))) got.push(chunk);
    expect([got, await outcome()]).toEqual([
      ['a', 'b'],
      ['completed', 2],
    ]);
  });

  it('a ReadableStream that is cancelled, or locked already', async () => {
    await traceAIChatCompletion('other', 'm', () => text('a')).cancel();
    expect(await outcome()).toEqual(['cancelled', 0]);
    const locked = text('a');
    locked.getReader();
    expect(traceAIChatCompletion('other', 'm', () => locked)).toBe(locked);
    expect((await tracing.spans()).length).toBe(2);
  });

  it('an async generator is the same object, and ends when it is read', async () => {
    const made = generate();
    const got: string[] = [];
    const handed = traceAIChatCompletion('other', 'm', () => made);
    for await (const chunk of handed) got.push(chunk);
    expect([handed === made, got, await startedTree(tracing)]).toEqual([
      true,
      ['a', 'b'],
      tree(`
        chat m CLIENT
          between INTERNAL
      `),
    ]);
  });

  it('an iterable whose controller fails at every question is read to its end', async () => {
    const made = {
      get controller(): never {
        throw new Error('no controller');
      },
      async *[Symbol.asyncIterator]() {
        yield 'a';
      },
    };
    const got: string[] = [];
    for await (const chunk of traceAIChatCompletion('other', 'm', () => made)) got.push(chunk);
    expect([got, await outcome()]).toEqual([['a'], ['completed', 1]]);
  });

  it('a frozen iterable is handed on unseen', async () => {
    const made = Object.freeze({
      async *[Symbol.asyncIterator]() {
        yield 'a';
      },
    });
    expect(traceAIChatCompletion('other', 'm', () => made)).toBe(made);
    expect(await startedTree(tracing)).toBe('chat m CLIENT');
  });
});

async function ask(): Promise<void> {
  await traceAIChatCompletion('openai', 'gpt-4', () => whole(), { messages });
  await read(await traceAIChatCompletion('openai', 'gpt-4', () => stream(), { messages }));
  await traceAIChatCompletion('openai', 'fail', () => stream('fail'), { messages }).then(async (chunks) => {
    await expect(chunks.toReadableStream().pipeTo(new WritableStream())).rejects.toThrow('the model broke');
  });
}

describe('prompts and answers', () => {
  it('stay here by default: only how many messages there were leaves', async () => {
    await ask();
    expect(await tracing.bytes()).not.toContain('planted');
    const counts = (await tracing.spans()).map(({ attributes }) => attributes['throughline.gen_ai.message_count']);
    expect(counts).toEqual([1, 1, 1]);
  });

  it('leave when capturing is switched on, without what is personal in them', async () => {
    await tracing.stop();
    tracing = bootTracing({ capture: { messageContent: true } });
    await ask();
    const prompts = (await tracing.spans()).map(({ attributes }) => attributes['gen_ai.input.messages']);
    expect(prompts).toEqual(
      Array.from({ length: 3 }, () => '[{"role":"user","content":"planted prompt of [REDACTED]"}]'),
    );
    expect(await tracing.bytes()).not.toContain('planted-key');
  });
});
