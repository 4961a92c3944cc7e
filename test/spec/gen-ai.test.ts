/**
 * What answers of models say, by the GenAI conventions v1.41 ("Spans", "Recording token usage") and the shapes that
 * providers document: OpenAI's API reference (chat completions, Responses), Anthropic's (messages), the AI SDK's.
 */
import { StreamedAnswer, readAnswer, readFailure, readFinishReasons, readUsage } from '@/lib/tracing/semconv/genai.ts';

const IN = 'gen_ai.usage.input_tokens';
const OUT = 'gen_ai.usage.output_tokens';
const READ = 'gen_ai.usage.cache_read.input_tokens';
const CREATED = 'gen_ai.usage.cache_creation.input_tokens';
const WRITTEN = 'gen_ai.usage.cache_write.input_tokens';
const REASONING = 'gen_ai.usage.reasoning.output_tokens';
const ID = 'gen_ai.response.id';
const MODEL = 'gen_ai.response.model';
const REASONS = 'gen_ai.response.finish_reasons';
const CHUNKS = 'throughline.gen_ai.stream.chunks';

describe('usage', () => {
  it.each<readonly [source: string, usage: unknown, told: Record<string, number>]>([
    [
      'OpenAI, chat.completion.usage: cached and reasoning are parts, not additions',
      {
        prompt_tokens: 100,
        completion_tokens: 20,
        total_tokens: 120,
        prompt_tokens_details: { cached_tokens: 64, audio_tokens: 0, cache_write_tokens: 8 },
        completion_tokens_details: { reasoning_tokens: 12, accepted_prediction_tokens: 0 },
      },
      { [IN]: 100, [OUT]: 20, [READ]: 64, [CREATED]: 8, [REASONING]: 12 },
    ],
    ['OpenAI, no details', { prompt_tokens: 5, completion_tokens: 0 }, { [IN]: 5, [OUT]: 0 }],
    ['OpenAI, details that are null', { prompt_tokens: 5, prompt_tokens_details: null }, { [IN]: 5 }],
    [
      'OpenAI, response.usage; a detail may be an object (7.50 and later)',
      {
        input_tokens: 100,
        output_tokens: 20,
        input_tokens_details: { cached_tokens: 64, cache_write_tokens: { ttl_12h: 1 } },
        output_tokens_details: { reasoning_tokens: 12 },
      },
      { [IN]: 100, [OUT]: 20, [READ]: 64, [REASONING]: 12 },
    ],
    [
      'Anthropic, message.usage: cached tokens stand beside input_tokens, the conventions want them inside',
      { input_tokens: 10, output_tokens: 20, cache_read_input_tokens: 64, cache_creation_input_tokens: 8 },
      { [IN]: 82, [OUT]: 20, [READ]: 64, [CREATED]: 8 },
    ],
    [
      'Anthropic, no cache',
      { input_tokens: 10, output_tokens: 20, cache_read_input_tokens: null, cache_creation_input_tokens: null },
      { [IN]: 10, [OUT]: 20 },
    ],
    ['Anthropic, message_delta', { output_tokens: 20 }, { [OUT]: 20 }],
    [
      'AI SDK 5, usage',
      { inputTokens: 100, outputTokens: 20, totalTokens: 120, cachedInputTokens: 64, reasoningTokens: 12 },
      { [IN]: 100, [OUT]: 20, [READ]: 64, [REASONING]: 12 },
    ],
    [
      'AI SDK 6, usage with details',
      {
        inputTokens: 100,
        inputTokenDetails: { noCacheTokens: 28, cacheReadTokens: 64, cacheWriteTokens: 8 },
        outputTokens: 20,
        outputTokenDetails: { textTokens: 8, reasoningTokens: 12 },
      },
      { [IN]: 100, [OUT]: 20, [READ]: 64, [CREATED]: 8, [REASONING]: 12 },
    ],
    ['AI SDK, not known', { inputTokens: undefined, outputTokens: Number.NaN }, {}],
    ['numbers that are none', { prompt_tokens: '5', completion_tokens: -1, input_tokens: Infinity }, {}],
    ['no usage', undefined, {}],
    ['null', null, {}],
    ['an array', [1, 2], {}],
    ['text', 'none', {}],
  ])('%s', (_source, usage, told) => {
    expect(readUsage(usage, 'v1.41')).toEqual(told);
  });

  it('latest: tokens written to the cache have their new name', () => {
    const usage = { input_tokens: 1, cache_creation_input_tokens: 8 };
    expect(readUsage(usage, 'latest')).toEqual({ [IN]: 9, [WRITTEN]: 8 });
  });
});

describe('finish reasons, one for each choice', () => {
  it.each<readonly [source: string, answer: unknown, reasons: string[]]>([
    ['OpenAI, chat', { choices: [{ finish_reason: 'stop' }, { finish_reason: 'length' }] }, ['stop', 'length']],
    [
      'OpenAI, a choice without one',
      { choices: [{ finish_reason: null }, { finish_reason: 'tool_calls' }] },
      ['tool_calls'],
    ],
    ['OpenAI, Responses completed', { object: 'response', status: 'completed' }, ['stop']],
    [
      'OpenAI, Responses incomplete',
      { object: 'response', status: 'incomplete', incomplete_details: { reason: 'content_filter' } },
      ['content_filter'],
    ],
    ['OpenAI, Responses failed', { object: 'response', status: 'failed', incomplete_details: null }, ['failed']],
    ['Anthropic', { type: 'message', stop_reason: 'end_turn' }, ['end_turn']],
    ['AI SDK', { finishReason: 'stop' }, ['stop']],
    ['nothing', {}, []],
    ['no object', 'stop', []],
    ['choices that are none', { choices: 'stop' }, []],
    ['a choice that is none', { choices: [null, 7, 'x'] }, []],
  ])('%s', (_source, answer, reasons) => {
    expect(readFinishReasons(answer)).toEqual(reasons);
  });
});

describe('answers', () => {
  it.each<readonly [source: string, answer: unknown, told: Record<string, unknown>]>([
    [
      'OpenAI, chat',
      {
        id: 'chatcmpl-1',
        model: 'gpt-4-0613',
        service_tier: 'flex',
        system_fingerprint: 'fp_1',
        choices: [{ index: 0, finish_reason: 'stop', message: { content: 'secret' } }],
        usage: { prompt_tokens: 1, completion_tokens: 2 },
      },
      {
        [ID]: 'chatcmpl-1',
        [MODEL]: 'gpt-4-0613',
        [REASONS]: ['stop'],
        'openai.response.service_tier': 'flex',
        'openai.response.system_fingerprint': 'fp_1',
        [IN]: 1,
        [OUT]: 2,
      },
    ],
    [
      'Anthropic, message',
      { id: 'msg_1', model: 'claude', stop_reason: 'max_tokens', usage: { input_tokens: 1, output_tokens: 2 } },
      { [ID]: 'msg_1', [MODEL]: 'claude', [REASONS]: ['max_tokens'], [IN]: 1, [OUT]: 2 },
    ],
    ['an embedding has no choices', { model: 'e', usage: { prompt_tokens: 3 } }, { [MODEL]: 'e', [IN]: 3 }],
    ['wrong types', { id: 7, model: null, usage: 'none', service_tier: {} }, {}],
    ['text', 'hello', {}],
    ['nothing', undefined, {}],
  ])('%s', (_source, answer, told) => {
    expect(readAnswer(answer, 'v1.41')).toEqual(told);
  });
});

const tell = (chunks: readonly unknown[], complete = true): unknown => {
  const answer = new StreamedAnswer('v1.41');
  for (const chunk of chunks) answer.add(chunk);
  return answer.attributes(complete);
};

describe('streams', () => {
  it.each<readonly [source: string, chunks: readonly unknown[], complete: boolean, result: Record<string, unknown>]>([
    [
      'OpenAI, chat: reasons by choice, usage in a last chunk without choices',
      [
        { id: 'c', model: 'm', choices: [{ index: 1, delta: {}, finish_reason: 'length' }], usage: null },
        { id: 'c', model: 'm', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage: null },
        { id: 'c', model: 'm', choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } },
      ],
      true,
      { [ID]: 'c', [MODEL]: 'm', [REASONS]: ['stop', 'length'], [IN]: 1, [OUT]: 2, [CHUNKS]: 3 },
    ],
    [
      'OpenAI, Responses: the whole answer rides in the last event',
      [
        { type: 'response.created', response: { object: 'response', id: 'r', model: 'm', status: 'in_progress' } },
        { type: 'response.output_text.delta', delta: 'x' },
        {
          type: 'response.failed',
          response: {
            object: 'response',
            id: 'r',
            model: 'm',
            status: 'failed',
            usage: { input_tokens: 1, output_tokens: 0 },
          },
        },
      ],
      true,
      { [ID]: 'r', [MODEL]: 'm', [REASONS]: ['failed'], [IN]: 1, [OUT]: 0, [CHUNKS]: 3 },
    ],
    [
      'Anthropic: model and input in message_start, output and reason in message_delta',
      [
        {
          type: 'message_start',
          message: {
            id: 'msg',
            model: 'claude',
            usage: { input_tokens: 5, cache_read_input_tokens: 3, output_tokens: 1 },
          },
        },
        { type: 'content_block_delta', delta: { type: 'text_delta', text: 'x' } },
        { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 15 } },
        { type: 'message_stop' },
      ],
      true,
      { [ID]: 'msg', [MODEL]: 'claude', [REASONS]: ['end_turn'], [IN]: 8, [READ]: 3, [OUT]: 15, [CHUNKS]: 4 },
    ],
    [
      'cut before a reason came',
      [{ id: 'c', choices: [{ index: 0 }] }],
      false,
      { [ID]: 'c', [REASONS]: ['error'], [CHUNKS]: 1 },
    ],
    ['complete without a reason', [{ id: 'c' }], true, { [ID]: 'c', [CHUNKS]: 1 }],
    ['nothing came', [], true, { [CHUNKS]: 0 }],
    ['text, null, numbers', ['a', null, 7], true, { [CHUNKS]: 3 }],
  ])('%s', (_source, chunks, complete, result) => {
    expect(tell(chunks, complete)).toEqual(result);
  });
});

describe('error.type: the code of the provider, else the status of its answer', () => {
  it.each<readonly [source: string, thrown: unknown, told: Record<string, string>]>([
    ['OpenAI', { status: 429, code: 'rate_limit_exceeded' }, { 'error.type': 'rate_limit_exceeded' }],
    ['OpenAI without a code', { status: 500, code: null }, { 'error.type': '500' }],
    ['a code that is a sentence', { status: 400, code: 'No such model: secret' }, { 'error.type': '400' }],
    ['any other error', new TypeError('x'), {}],
    ['null', null, {}],
    ['text', 'x', {}],
  ])('%s', (_source, thrown, told) => {
    expect(readFailure(thrown)).toEqual(told);
  });
});
