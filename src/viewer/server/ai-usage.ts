/**
 * What a model call used and cost, whichever convention its span speaks. Only calls of a model count: an agent, a chain or
 * an outer span of the AI SDK repeats what the calls inside it used.
 */
import type { AiCall, TokenUsage } from '../wire.ts';
import { numberAt, textAt, type Values, valuesOf } from './ai-values.ts';
import { priceOf } from './prices.ts';
import type { Span } from './span.ts';

/** Whose names a span uses. */
export type Dialect = AiCall['dialect'];

/** What a span says of a model call. */
export interface AiUsage {
  readonly tokens?: TokenUsage;
  readonly costUsd?: number;
  /** The call used something whose price is not known. */
  readonly costUnknown?: true;
}

const MILLI_NANOS = 1e6;
/** Operations that call a model themselves. */
const INFERENCE = new Set(['chat', 'text_completion', 'generate_content', 'embeddings', 'rerank']);
const OPENINFERENCE_INFERENCE = new Set(['LLM', 'EMBEDDING', 'RERANKER']);
const OPENINFERENCE_OPERATIONS: Readonly<Record<string, string>> = {
  LLM: 'chat',
  EMBEDDING: 'embeddings',
  TOOL: 'execute_tool',
  AGENT: 'invoke_agent',
  CHAIN: 'invoke_workflow',
  RETRIEVER: 'retrieval',
  RERANKER: 'rerank',
};
const AI_SDK_OPERATIONS: readonly (readonly [part: RegExp, operation: string])[] = [
  [/toolCall/u, 'execute_tool'],
  [/\.doEmbed/u, 'embeddings'],
  [/rerank/iu, 'rerank'],
  [/\.do(?:Generate|Stream)/u, 'chat'],
  [/^ai\./u, 'invoke_agent'],
];
const LLM_KEYS = ['llm.vendor', 'llm.request.model', 'llm.usage.prompt_tokens', 'llm.usage.total_tokens'];

/**
 * Whose names a span uses. A span that has several (the AI SDK writes `gen_ai.*` beside its own) is read by the one that
 * says most.
 *
 * @param values the span's attributes
 * @returns undefined for a span that has nothing to do with a model
 * @example
 * dialectOf(new Map([['gen_ai.system', 'openai']])); // 'gen_ai'
 */
export function dialectOf(values: Values): Dialect | undefined {
  if (values.has('ai.operationId')) return 'ai_sdk';
  if (values.has('openinference.span.kind')) {
    return textAt(values, 'openinference.span.kind')?.toUpperCase() === 'PROMPT' ? undefined : 'openinference';
  }
  for (const key of values.keys()) if (key.startsWith('gen_ai.')) return 'gen_ai';
  for (const key of values.keys())
    if (key.startsWith('llm.token_count.') || key === 'llm.model_name') return 'openinference';
  return LLM_KEYS.some((key) => values.has(key)) ? 'llm' : undefined;
}

/**
 * What the span does, in the words of `gen_ai.operation.name`.
 *
 * @param values the span's attributes
 * @param dialect as `dialectOf` found it
 * @returns `chat`, `embeddings`, `execute_tool`, `invoke_agent`, `retrieval` ...
 * @example
 * operationOf(new Map([['ai.operationId', 'ai.streamText.doStream']]), 'ai_sdk'); // 'chat'
 */
export function operationOf(values: Values, dialect: Dialect): string {
  if (dialect === 'ai_sdk') {
    const operation = textAt(values, 'ai.operationId') ?? '';
    return AI_SDK_OPERATIONS.find(([part]) => part.test(operation))?.[1] ?? 'chat';
  }
  if (dialect === 'openinference') {
    return OPENINFERENCE_OPERATIONS[textAt(values, 'openinference.span.kind')?.toUpperCase() ?? 'LLM'] ?? 'chat';
  }
  const older = textAt(values, 'llm.request.type');
  return textAt(values, 'gen_ai.operation.name') ?? (older === 'completion' ? 'text_completion' : (older ?? 'chat'));
}

/**
 * Whether the span itself called a model, so that its tokens are its own.
 *
 * @param values the span's attributes
 * @param dialect as `dialectOf` found it
 * @returns false for agents, tools, chains and searches
 * @example
 * isInference(new Map([['gen_ai.operation.name', 'invoke_agent']]), 'gen_ai'); // false
 */
export function isInference(values: Values, dialect: Dialect): boolean {
  if (dialect === 'openinference') {
    return OPENINFERENCE_INFERENCE.has(textAt(values, 'openinference.span.kind')?.toUpperCase() ?? 'LLM');
  }
  return INFERENCE.has(operationOf(values, dialect));
}

/**
 * Who sold the call.
 *
 * @param values the span's attributes
 * @returns as the sender names it
 * @example
 * providerOf(new Map([['gen_ai.system', 'openai']])); // 'openai'
 */
export function providerOf(values: Values): string | undefined {
  return textAt(
    values,
    'gen_ai.provider.name',
    'gen_ai.system',
    'ai.model.provider',
    'llm.provider',
    'llm.system',
    'llm.vendor',
    'embedding.provider',
  );
}

/**
 * Which model answered, else which one was asked.
 *
 * @param values the span's attributes
 * @returns the model's name
 * @example
 * modelOf(new Map([['llm.request.model', 'gpt-4o']])); // 'gpt-4o'
 */
export function modelOf(values: Values): string | undefined {
  return textAt(
    values,
    'gen_ai.response.model',
    'ai.response.model',
    'llm.response.model',
    'gen_ai.request.model',
    'ai.model.id',
    'llm.model_name',
    'embedding.model_name',
    'reranker.model_name',
    'llm.request.model',
  );
}

interface Counted {
  readonly tokens: TokenUsage;
  readonly cacheWrite: number | undefined;
}

/** Cached input is part of input: a sender that counts it beside (as Anthropic's own answer does) has more of it than input. */
function count(values: Values): Counted | undefined {
  const input = numberAt(
    values,
    'gen_ai.usage.input_tokens',
    'gen_ai.usage.prompt_tokens',
    'ai.usage.inputTokens',
    'ai.usage.promptTokens',
    'ai.usage.tokens',
    'llm.token_count.prompt',
    'llm.usage.prompt_tokens',
  );
  const output = numberAt(
    values,
    'gen_ai.usage.output_tokens',
    'gen_ai.usage.completion_tokens',
    'ai.usage.outputTokens',
    'ai.usage.completionTokens',
    'llm.token_count.completion',
    'llm.usage.completion_tokens',
  );
  if (input === undefined && output === undefined) return undefined;
  const cachedInput = numberAt(
    values,
    'gen_ai.usage.cache_read.input_tokens',
    'gen_ai.usage.cache_read_input_tokens',
    'ai.usage.inputTokenDetails.cacheReadTokens',
    'ai.usage.cachedInputTokens',
    'llm.token_count.prompt_details.cache_read',
    'llm.usage.cache_read_input_tokens',
  );
  const cacheWrite = numberAt(
    values,
    'gen_ai.usage.cache_creation.input_tokens',
    'gen_ai.usage.cache_write.input_tokens',
    'gen_ai.usage.cache_creation_input_tokens',
    'ai.usage.inputTokenDetails.cacheWriteTokens',
    'llm.token_count.prompt_details.cache_write',
  );
  const reasoning = numberAt(
    values,
    'gen_ai.usage.reasoning.output_tokens',
    'gen_ai.usage.reasoning_tokens',
    'ai.usage.outputTokenDetails.reasoningTokens',
    'ai.usage.reasoningTokens',
    'llm.token_count.completion_details.reasoning',
    'llm.usage.reasoning_tokens',
  );
  const beside = (cachedInput ?? 0) + (cacheWrite ?? 0);
  const all = beside > (input ?? 0) ? (input ?? 0) + beside : (input ?? 0);
  return {
    tokens: {
      input: all,
      output: output ?? 0,
      ...(cachedInput === undefined ? {} : { cachedInput }),
      ...(reasoning === undefined ? {} : { reasoning }),
    },
    cacheWrite,
  };
}

/** What the sender itself reckoned, in dollars. */
function saidCost(values: Values): number | undefined {
  const currency = textAt(values, 'gen_ai.usage.cost.currency')?.toUpperCase() ?? 'USD';
  const amount = currency === 'USD' ? numberAt(values, 'gen_ai.usage.cost.amount') : undefined;
  return amount ?? numberAt(values, 'gen_ai.usage.cost', 'llm.cost.total');
}

/**
 * Tokens and cost of one model call. The sender's own cost comes first, then the price list of the day of the call.
 *
 * @param span any span
 * @returns undefined for a span that is no model call; without `tokens` when it did not count them, and then its cost is
 *   unknown unless the sender said it
 * @example
 * readAiUsage(span)?.tokens;
 */
export function readAiUsage(span: Pick<Span, 'attributes' | 'startTimeUnixNano'>): AiUsage | undefined {
  if (!span.attributes.some(({ key }) => /^(?:gen_ai|ai|llm|openinference)\./u.test(key))) return undefined;
  const values = valuesOf(span.attributes);
  const dialect = dialectOf(values);
  return dialect === undefined || !isInference(values, dialect) ? undefined : usageOf(values, span.startTimeUnixNano);
}

/**
 * As `readAiUsage`, of a span that is known to call a model.
 *
 * @param values its attributes
 * @param startTimeUnixNano when it started: prices change
 * @returns tokens and cost
 * @example
 * usageOf(new Map([['llm.cost.total', 0.5]]), span.startTimeUnixNano).costUsd; // 0.5
 */
export function usageOf(values: Values, startTimeUnixNano: bigint): AiUsage {
  const counted = count(values);
  const said = saidCost(values);
  const cost =
    said ??
    (counted === undefined
      ? undefined
      : priceOf({
          provider: providerOf(values),
          model: modelOf(values),
          startMillis: Number(startTimeUnixNano) / MILLI_NANOS,
          tokens: counted.tokens,
          cacheWrite: counted.cacheWrite,
          serviceTier: textAt(values, 'openai.response.service_tier', 'gen_ai.openai.response.service_tier'),
        }));
  return {
    ...(counted === undefined ? {} : { tokens: counted.tokens }),
    ...(cost === undefined ? { costUnknown: true as const } : { costUsd: cost }),
  };
}
