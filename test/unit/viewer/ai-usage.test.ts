import { priceOf, PRICES_OF } from '../../../src/viewer/server/prices.ts';
import { readAiUsage } from '../../../src/viewer/server/ai-usage.ts';
import { attributesOf, type Plain } from './ai-samples.ts';
import { EPOCH } from './sample-span.ts';

const OPENAI = { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'gpt-4o' };
const SDK = {
  'ai.operationId': 'ai.generateText.doGenerate',
  'ai.model.provider': 'openai.chat',
  'ai.model.id': 'gpt-4o',
};
const INFERENCE = { 'openinference.span.kind': 'LLM', 'llm.provider': 'openai', 'llm.model_name': 'gpt-4o' };

/** gpt-4o: 2.50 for input, 1.25 for cached input, 10 for output, per million. */
test.each<[string, Record<string, Plain>, unknown]>([
  ['no model call', { 'http.request.method': 'GET' }, undefined],
  [
    'current names: cached and reasoning tokens are parts, each paid once',
    {
      ...OPENAI,
      'gen_ai.usage.input_tokens': 1000,
      'gen_ai.usage.output_tokens': 100,
      'gen_ai.usage.cache_read.input_tokens': 400,
      'gen_ai.usage.reasoning.output_tokens': 60,
    },
    { tokens: { input: 1000, output: 100, cachedInput: 400, reasoning: 60 }, costUsd: 0.003 },
  ],
  [
    'the answering model is billed, not the asked one',
    { ...OPENAI, 'gen_ai.response.model': 'gpt-4o-mini-2024-07-18', 'gen_ai.usage.input_tokens': 1_000_000 },
    { tokens: { input: 1_000_000, output: 0 }, costUsd: 0.15 },
  ],
  [
    'names of the second generation',
    {
      'gen_ai.system': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.usage.prompt_tokens': 2,
      'gen_ai.usage.completion_tokens': 1,
    },
    { tokens: { input: 2, output: 1 }, costUsd: 0.000015 },
  ],
  [
    'cached tokens that are counted beside the input',
    {
      ...OPENAI,
      'gen_ai.provider.name': 'anthropic',
      'gen_ai.request.model': 'claude-sonnet-4-20250514',
      'gen_ai.usage.input_tokens': 5,
      'gen_ai.usage.output_tokens': 255,
      'gen_ai.usage.cache_creation.input_tokens': 4735,
    },
    { tokens: { input: 4740, output: 255 }, costUsd: 0.02159625 },
  ],
  [
    'an unknown model',
    { ...OPENAI, 'gen_ai.request.model': 'house-blend', 'gen_ai.usage.input_tokens': 9 },
    { tokens: { input: 9, output: 0 }, costUnknown: true },
  ],
  [
    'an unknown provider',
    { ...OPENAI, 'gen_ai.provider.name': 'acme', 'gen_ai.usage.input_tokens': 9 },
    { tokens: { input: 9, output: 0 }, costUnknown: true },
  ],
  [
    'no provider: nobody knows who bills',
    { 'gen_ai.request.model': 'gpt-4o', 'gen_ai.usage.input_tokens': 9 },
    { tokens: { input: 9, output: 0 }, costUnknown: true },
  ],
  [
    'a tier that is billed otherwise',
    { ...OPENAI, 'openai.response.service_tier': 'flex', 'gen_ai.usage.input_tokens': 9 },
    { tokens: { input: 9, output: 0 }, costUnknown: true },
  ],
  [
    'the default tier',
    { ...OPENAI, 'openai.response.service_tier': 'default', 'gen_ai.usage.input_tokens': 1000 },
    { tokens: { input: 1000, output: 0 }, costUsd: 0.0025 },
  ],
  ['tokens not counted', OPENAI, { costUnknown: true }],
  [
    'counts that are no counts',
    { ...OPENAI, 'gen_ai.usage.input_tokens': -3, 'gen_ai.usage.output_tokens': 'many' },
    { costUnknown: true },
  ],
  [
    'counts as text',
    { ...OPENAI, 'gen_ai.usage.input_tokens': '1000' },
    { tokens: { input: 1000, output: 0 }, costUsd: 0.0025 },
  ],
  [
    "the sender's own cost",
    { ...OPENAI, 'gen_ai.usage.cost.amount': 0.5, 'gen_ai.usage.cost.currency': 'USD' },
    { costUsd: 0.5 },
  ],
  [
    'a cost in another currency',
    { ...OPENAI, 'gen_ai.usage.cost.amount': 0.5, 'gen_ai.usage.cost.currency': 'EUR' },
    { costUnknown: true },
  ],
  [
    'an agent repeats what its calls used',
    { ...OPENAI, 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.usage.input_tokens': 9 },
    undefined,
  ],
  ['a tool', { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'search' }, undefined],
  [
    'the AI SDK',
    {
      ...SDK,
      'ai.usage.inputTokens': 1000,
      'ai.usage.outputTokens': 100,
      'ai.usage.cachedInputTokens': 400,
      'ai.usage.reasoningTokens': 7,
    },
    { tokens: { input: 1000, output: 100, cachedInput: 400, reasoning: 7 }, costUsd: 0.003 },
  ],
  [
    'the AI SDK, before 5',
    { ...SDK, 'ai.usage.promptTokens': 2, 'ai.usage.completionTokens': 1 },
    { tokens: { input: 2, output: 1 }, costUsd: 0.000015 },
  ],
  [
    'its outer span repeats the inner',
    { ...SDK, 'ai.operationId': 'ai.generateText', 'ai.usage.inputTokens': 9 },
    undefined,
  ],
  [
    'OpenInference',
    {
      ...INFERENCE,
      'llm.token_count.prompt': 1000,
      'llm.token_count.completion': 100,
      'llm.token_count.prompt_details.cache_read': 400,
      'llm.token_count.completion_details.reasoning': 7,
    },
    { tokens: { input: 1000, output: 100, cachedInput: 400, reasoning: 7 }, costUsd: 0.003 },
  ],
  ['OpenInference with its own cost', { ...INFERENCE, 'llm.cost.total': 0.25 }, { costUsd: 0.25 }],
  [
    'a chain of OpenInference',
    { ...INFERENCE, 'openinference.span.kind': 'CHAIN', 'llm.token_count.prompt': 9 },
    undefined,
  ],
  [
    'the older names',
    {
      'llm.vendor': 'openai',
      'llm.request.model': 'gpt-4o-mini',
      'llm.usage.prompt_tokens': 159,
      'llm.usage.completion_tokens': 237,
    },
    { tokens: { input: 159, output: 237 }, costUsd: 0.00016605 },
  ],
])('reads usage: %s', (_case, attributes, expected) => {
  const usage = readAiUsage({ attributes: attributesOf(attributes), startTimeUnixNano: EPOCH });
  const rounded = usage?.costUsd === undefined ? usage : { ...usage, costUsd: Number(usage.costUsd.toPrecision(12)) };
  expect(rounded).toEqual(expected);
});

test.each<[string, Parameters<typeof priceOf>[0], number | undefined]>([
  [
    'an embedding has no output',
    { provider: 'openai', model: 'text-embedding-3-small', startMillis: 0, tokens: { input: 1e6, output: 0 } },
    0.02,
  ],
  [
    'output of a model that sells none',
    { provider: 'openai', model: 'text-embedding-3-small', startMillis: 0, tokens: { input: 1, output: 1 } },
    undefined,
  ],
  [
    'a host that sells a model of others',
    { provider: 'azure.ai.openai', model: 'gpt-4o', startMillis: 0, tokens: { input: 1e6, output: 0 } },
    2.5,
  ],
  ['capitals', { provider: 'OpenAI', model: 'GPT-4o', startMillis: 0, tokens: { input: 1e6, output: 0 } }, 2.5],
  [
    'a price before it rose',
    {
      provider: 'mistral_ai',
      model: 'voxtral-small-latest',
      startMillis: Date.UTC(2026, 7, 10),
      tokens: { input: 0, output: 1e6 },
    },
    0.3,
  ],
  [
    'and after',
    {
      provider: 'mistral_ai',
      model: 'voxtral-small-latest',
      startMillis: Date.UTC(2026, 7, 11),
      tokens: { input: 0, output: 1e6 },
    },
    0.4,
  ],
])('prices: %s', (_case, call, expected) => {
  expect(priceOf(call)).toBe(expected);
});

test('the list has a day', () => expect(PRICES_OF).toMatch(/^\d{4}-\d\d-\d\d$/u));
