/** Traces chat completions, streamed or not. */
import { SpanKind } from '@opentelemetry/api';
import { type AttributeInput, toJson } from '../attributes.ts';
import { getRuntime } from '../runtime.ts';
import { readAnswer, readFailure } from '../semconv/genai.ts';
import { ATTR } from '../semconv/names.ts';
import { type OpenSpan, type Settled, withActiveSpan } from '../span.ts';
import { settleStream } from './stream.ts';

/** What is known of a chat call before it is made. */
export interface ChatDetails {
  /** How many messages are sent, or the messages themselves: their text is recorded only when capturing is switched on. */
  readonly messages?: number | readonly unknown[];
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly userId?: string;
  readonly organizationId?: string;
}

function requestAttributes(provider: string, model: string, details: ChatDetails): AttributeInput {
  const { messages, maxTokens, temperature, userId, organizationId } = details ?? {};
  const { captureMessageContent, attributeValueLengthLimit } = getRuntime().settings;
  const captured = captureMessageContent && Array.isArray(messages);
  return {
    [ATTR.GEN_AI_OPERATION]: 'chat',
    [ATTR.GEN_AI_PROVIDER]: provider,
    [ATTR.GEN_AI_REQUEST_MODEL]: model,
    [ATTR.MESSAGE_COUNT]: Array.isArray(messages) ? messages.length : messages,
    [ATTR.GEN_AI_REQUEST_MAX_TOKENS]: maxTokens,
    [ATTR.GEN_AI_REQUEST_TEMPERATURE]: temperature,
    [ATTR.USER_ID]: userId,
    [ATTR.ORGANIZATION_ID]: organizationId,
    'gen_ai.input.messages': captured ? toJson(messages, attributeValueLengthLimit) : undefined,
  };
}

function settleAnswer(value: unknown, open: OpenSpan): Settled {
  const streamed = settleStream(value, open);
  if (streamed !== undefined) return streamed;
  open.span.setAttributes(readAnswer(value, getRuntime().settings.genAiConvention));
  return { value, later: false };
}

/**
 * Traces one chat call as `chat {model}`. Tokens, model and finish reasons are read from what the call returned; a
 * streamed answer keeps the span open until the stream ends, is left, or fails. Prompts and answers are not recorded
 * unless capturing is switched on.
 *
 * @param provider as the conventions name it: `openai`, `anthropic`, `azure.ai.openai` ...
 * @param model the model asked for
 * @param fn makes the call; openai's own promise may be returned as it is, with all its methods
 * @param details messages, `maxTokens` in tokens, temperature, user and organisation
 * @returns what `fn` returned
 * @throws whatever `fn` throws, unchanged
 * @example
 * const answer = await traceAIChatCompletion(
 *   'openai',
 *   'gpt-4',
 *   () => openai.chat.completions.create({ model: 'gpt-4', messages, max_tokens: 1000 }),
 *   { messages: messages.length, maxTokens: 1000 },
 * );
 */
export function traceAIChatCompletion<R>(provider: string, model: string, fn: () => R, details: ChatDetails = {}): R {
  return withActiveSpan(
    `chat ${model}`,
    {
      kind: SpanKind.CLIENT,
      attributes: requestAttributes(provider, model, details),
      settle: settleAnswer,
      describeFailure: readFailure,
    },
    () => fn(),
  );
}
