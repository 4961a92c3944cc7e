/** Traces Workers AI. */
import type { Attributes } from '@opentelemetry/api';
import { watchStream } from '../body.ts';
import { type AttributeInput, toJson } from '../attributes.ts';
import { guarded } from '../guard.ts';
import { getRuntime } from '../runtime.ts';
import { readFailure, readUsage } from '../semconv/genai.ts';
import * as ATTR from '../semconv/worker-names.ts';
import type { OpenSpan, Settled } from '../span.ts';
import { recordOf, traceBinding } from './binding.ts';
import { EventLines } from './event-lines.ts';

type Input = Readonly<Record<string, unknown>>;

/** What a model is asked to do, in the conventions' words. */
function operationOf(model: string, input: Input): string {
  if (/embed|\/bge-(?!reranker)/.test(model)) return 'embeddings';
  if (Array.isArray(input['messages'])) return 'chat';
  return typeof input['prompt'] === 'string' ? 'text_completion' : 'generate_content';
}

function requestAttributes(model: string, operation: string, input: Input): AttributeInput {
  const { captureMessageContent, attributeValueLengthLimit } = getRuntime().settings;
  const { messages, prompt } = input;
  return {
    [ATTR.GEN_AI_OPERATION]: operation,
    [ATTR.GEN_AI_PROVIDER]: 'cloudflare.workers_ai',
    [ATTR.GEN_AI_REQUEST_MODEL]: model,
    [ATTR.GEN_AI_REQUEST_MAX_TOKENS]: input['max_tokens'],
    [ATTR.GEN_AI_REQUEST_TEMPERATURE]: input['temperature'],
    [ATTR.MESSAGE_COUNT]: Array.isArray(messages) ? messages.length : undefined,
    'gen_ai.input.messages': captureMessageContent ? toJson(messages ?? prompt, attributeValueLengthLimit) : undefined,
  };
}

/** What an answer, or a late event of a streamed one, says of the whole. */
function answerAttributes(answer: unknown): Attributes {
  const { usage, choices, id, model } = recordOf(answer);
  const reasons = Array.isArray(choices)
    ? choices.map((choice: Input | null) => choice?.['finish_reason']).filter((reason) => typeof reason === 'string')
    : [];
  return {
    ...(typeof id === 'string' && { [ATTR.GEN_AI_RESPONSE_ID]: id }),
    ...(typeof model === 'string' && { [ATTR.GEN_AI_RESPONSE_MODEL]: model }),
    ...(reasons.length > 0 && { [ATTR.GEN_AI_FINISH_REASONS]: reasons }),
    ...readUsage(usage, getRuntime().settings.genAiConvention),
  };
}

/** A streamed answer: server-sent events, whose last ones tell the tokens. The span ends with the stream. */
function followStream(stream: ReadableStream<unknown>, open: OpenSpan): ReadableStream<unknown> {
  const { span } = open;
  const events = new EventLines((event) => span.setAttributes(answerAttributes(event)));
  span.setAttribute(ATTR.GEN_AI_REQUEST_STREAM, true);
  return watchStream(stream, open.context, {
    chunk: (bytes) => guarded('reading a chunk', () => events.add(bytes)),
    end: (how) => {
      guarded('ending a stream', () => {
        span.setAttribute(ATTR.STREAM_CHUNKS, events.count);
        span.setAttribute(ATTR.STREAM_OUTCOME, how.kind);
      });
      open.end(how.kind === 'failed' ? { thrown: how.thrown } : undefined);
    },
  });
}

function settle(value: unknown, open: OpenSpan): Settled {
  if (!open.recording) return { value, later: false };
  if (value instanceof ReadableStream && !value.locked) return { value: followStream(value, open), later: true };
  open.span.setAttributes(answerAttributes(value));
  return { value, later: false };
}

/**
 * Traces one call of a model. Tokens are read from the answer; a streamed answer keeps the span open until the stream ends, and
 * its trace is sent then. Prompts and answers are not recorded, unless `capture.messageContent` allows the prompts.
 *
 * @param model such as `@cf/meta/llama-2-7b-chat-int8`
 * @param input what the model is given; `max_tokens` and `temperature` are recorded
 * @param fn calls the model
 * @returns what `fn` returned: a stream as another one of the same chunks
 * @throws whatever `fn` throws, unchanged
 * @example
 * const model = '@cf/meta/llama-2-7b-chat-int8';
 * const result = await traceAICall(model, { prompt }, () => env.AI.run(model, { prompt, stream: false }));
 */
export function traceAICall<R>(model: string, input: object, fn: () => R): R {
  return traceBinding(
    () => {
      const operation = operationOf(model, recordOf(input));
      return { name: `${operation} ${model}`, attributes: requestAttributes(model, operation, recordOf(input)) };
    },
    () => {},
    fn,
    { settle, describeFailure: readFailure },
  );
}
