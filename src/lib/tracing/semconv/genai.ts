/**
 * What the answer of a model says about itself, read from the shapes that clients give back: OpenAI's chat completions and
 * Responses, Anthropic's messages, the AI SDK's results. Pure, and never throws on an unknown shape.
 */
import type { Attributes } from '@opentelemetry/api';
import * as ATTR from './worker-names.ts';

/** Which set of GenAI names is written: `v1.41` is what backends read today. */
export type GenAiConvention = 'v1.41' | 'latest';

type Unknown = Readonly<Record<string, unknown>>;

function record(value: unknown): Unknown | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Unknown) : undefined;
}

function count(...candidates: unknown[]): number | undefined {
  return candidates.find((value): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Anthropic alone counts cached tokens beside `input_tokens`; the conventions and all others count them inside. */
function inputTokens(from: Unknown): number | undefined {
  const beside = count(from['input_tokens']);
  if (beside === undefined) return count(from['prompt_tokens'], from['inputTokens']);
  return beside + (count(from['cache_read_input_tokens']) ?? 0) + (count(from['cache_creation_input_tokens']) ?? 0);
}

function detailsOf(from: Unknown, ...names: string[]): Unknown {
  return names.map((name) => record(from[name])).find((found) => found !== undefined) ?? {};
}

/**
 * The token counts of an answer. Cached tokens are inside the input count, reasoning tokens inside the output count.
 *
 * @param usage the `usage` object, in the form of any of the clients
 * @param convention which set of names to write
 * @returns attributes for what is there
 * @example
 * readUsage({ prompt_tokens: 12, completion_tokens: 3 }, 'v1.41');
 * // { 'gen_ai.usage.input_tokens': 12, 'gen_ai.usage.output_tokens': 3 }
 */
export function readUsage(usage: unknown, convention: GenAiConvention): Attributes {
  const from = record(usage);
  if (from === undefined) return {};
  const input = detailsOf(from, 'prompt_tokens_details', 'input_tokens_details', 'inputTokenDetails');
  const output = detailsOf(from, 'completion_tokens_details', 'output_tokens_details', 'outputTokenDetails');
  const written = convention === 'latest' ? ATTR.GEN_AI_CACHE_WRITE_TOKENS : ATTR.GEN_AI_CACHE_CREATION_TOKENS;
  const found: [string, number | undefined][] = [
    [ATTR.GEN_AI_INPUT_TOKENS, inputTokens(from)],
    [ATTR.GEN_AI_OUTPUT_TOKENS, count(from['completion_tokens'], from['output_tokens'], from['outputTokens'])],
    [
      ATTR.GEN_AI_CACHE_READ_TOKENS,
      count(
        input['cached_tokens'],
        input['cacheReadTokens'],
        from['cache_read_input_tokens'],
        from['cachedInputTokens'],
      ),
    ],
    [written, count(input['cache_write_tokens'], input['cacheWriteTokens'], from['cache_creation_input_tokens'])],
    [
      ATTR.GEN_AI_REASONING_TOKENS,
      count(output['reasoning_tokens'], output['reasoningTokens'], from['reasoningTokens']),
    ],
  ];
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}

/**
 * Why the model stopped, one reason for each choice.
 *
 * @param answer a whole answer, or one chunk of a stream
 * @returns the reasons that are there
 * @example
 * readFinishReasons({ choices: [{ finish_reason: 'stop' }] }); // ['stop']
 */
export function readFinishReasons(answer: unknown): string[] {
  const from = record(answer);
  if (from === undefined) return [];
  const choices = Array.isArray(from['choices']) ? (from['choices'] as unknown[]) : [];
  const reasons = choices.map((choice) => text(record(choice)?.['finish_reason']));
  if (reasons.length === 0) reasons.push(text(from['finishReason']) ?? text(from['stop_reason']) ?? readStatus(from));
  return reasons.filter((reason) => reason !== undefined);
}

/** The Responses API says `status`, and why it is incomplete, where others say a reason. */
function readStatus(from: Unknown): string | undefined {
  if (from['object'] !== 'response') return undefined;
  const reason = text(record(from['incomplete_details'])?.['reason']);
  return reason ?? (from['status'] === 'completed' ? 'stop' : text(from['status']));
}

/**
 * Everything that an answer says about itself: id, model, usage, finish reasons, service tier.
 *
 * @param answer what the client gave back
 * @param convention which set of names to write
 * @returns attributes for what is there; empty for a shape that is not known
 * @example
 * readAnswer({ id: 'c1', model: 'gpt-4', choices: [{ finish_reason: 'stop' }] }, 'v1.41');
 */
export function readAnswer(answer: unknown, convention: GenAiConvention): Attributes {
  const from = record(answer);
  if (from === undefined) return {};
  const reasons = readFinishReasons(from);
  const id = text(from['id']);
  const model = text(from['model']);
  const tier = text(from['service_tier']);
  const fingerprint = text(from['system_fingerprint']);
  return {
    ...(id === undefined ? {} : { [ATTR.GEN_AI_RESPONSE_ID]: id }),
    ...(model === undefined ? {} : { [ATTR.GEN_AI_RESPONSE_MODEL]: model }),
    ...(reasons.length === 0 ? {} : { [ATTR.GEN_AI_FINISH_REASONS]: reasons }),
    ...(tier === undefined ? {} : { [ATTR.OPENAI_SERVICE_TIER]: tier }),
    ...(fingerprint === undefined ? {} : { [ATTR.OPENAI_FINGERPRINT]: fingerprint }),
    ...readUsage(from['usage'], convention),
  };
}

/**
 * The provider's own word for a failure, for `error.type`: its code, else the status of its answer. openai's error classes
 * are all named `Error`.
 *
 * @param thrown what the client threw
 * @returns the attribute, or nothing when the error says neither
 * @example
 * readFailure({ code: 'rate_limit_exceeded', status: 429 }); // { 'error.type': 'rate_limit_exceeded' }
 */
export function readFailure(thrown: unknown): Attributes {
  const from = record(thrown);
  const code = text(from?.['code']);
  if (code !== undefined && /^[\w.-]{2,64}$/.test(code)) return { [ATTR.ERROR_TYPE]: code };
  const status = count(from?.['status']);
  return status === undefined ? {} : { [ATTR.ERROR_TYPE]: String(status) };
}

/** What the chunks of a stream have said so far. */
export class StreamedAnswer {
  readonly #convention: GenAiConvention;
  #attributes: Attributes = {};
  readonly #reasons = new Map<number, string>();
  #chunks = 0;

  constructor(convention: GenAiConvention) {
    this.#convention = convention;
  }

  /** Number of chunks so far. */
  get chunks(): number {
    return this.#chunks;
  }

  /** Takes one chunk in, in the form of any of the clients. */
  add(chunk: unknown): void {
    this.#chunks += 1;
    const from = record(chunk);
    if (from === undefined) return;
    // Responses: the whole answer rides in the last event. Anthropic: in `message_start`, the usage in `message_delta`.
    const whole = record(from['response']) ?? record(from['message']) ?? from;
    const { [ATTR.GEN_AI_FINISH_REASONS]: _reasons, ...rest } = readAnswer(whole, this.#convention);
    this.#attributes = { ...this.#attributes, ...rest, ...readUsage(from['usage'], this.#convention) };
    this.#addReasons(from, whole);
  }

  #addReasons(from: Unknown, whole: Unknown): void {
    const choices = Array.isArray(from['choices']) ? (from['choices'] as unknown[]) : [];
    for (const choice of choices) {
      const reason = text(record(choice)?.['finish_reason']);
      const index = count(record(choice)?.['index']) ?? 0;
      if (reason !== undefined && index < 128) this.#reasons.set(index, reason);
    }
    const single = text(record(from['delta'])?.['stop_reason']) ?? readStatus(whole);
    if (choices.length === 0 && single !== undefined && single !== 'in_progress') this.#reasons.set(0, single);
  }

  /**
   * The attributes of what has come.
   *
   * @param complete `false` when the stream was cut: choices without a reason then say `error`
   */
  attributes(complete: boolean): Attributes {
    const reasons = [...this.#reasons.entries()].sort(([a], [b]) => a - b).map(([, reason]) => reason);
    if (reasons.length === 0 && !complete) reasons.push('error');
    return {
      ...this.#attributes,
      ...(reasons.length === 0 ? {} : { [ATTR.GEN_AI_FINISH_REASONS]: reasons }),
      [ATTR.STREAM_CHUNKS]: this.#chunks,
    };
  }
}
