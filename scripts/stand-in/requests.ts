import { z } from 'zod';
import type { ChatMessage } from './answer.ts';

/** A refusal, in the shape of OpenAI's error answers. */
export class ApiError extends Error {
  readonly status: number;
  readonly param: string | null;
  readonly code: string | null;

  constructor(status: number, message: string, param: string | null = null, code: string | null = null) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.param = param;
    this.code = code;
  }

  /** The body that clients parse. */
  toBody(): { error: { message: string; type: string; param: string | null; code: string | null } } {
    const type = this.status >= 500 ? 'server_error' : 'invalid_request_error';
    return { error: { message: this.message, type, param: this.param, code: this.code } };
  }
}

const part = z.object({ type: z.string(), text: z.string().optional() });
const message = z.object({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content: z.union([z.string(), z.array(part), z.null()]).optional(),
});
const tokens = z.number().int().min(1).nullish();
const chatSchema = z.object({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().optional() }).nullish(),
  max_tokens: tokens,
  max_completion_tokens: tokens,
  n: z.literal(1, { error: 'only 1 is supported here' }).nullish(),
});
const embeddingSchema = z.object({
  model: z.string().min(1),
  input: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(2048)]),
  encoding_format: z.enum(['float', 'base64']).optional(),
  dimensions: z.number().int().min(1).max(3072).optional(),
});
const quoteSchema = z.object({
  weight_grams: z.coerce.number().int().min(1).max(30_000),
  country: z
    .string()
    .regex(/^[A-Za-z]{2}$/, 'must be two letters, as in DE')
    .toUpperCase(),
});

/** A chat request as the stand-in answers it. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly maxTokens: number;
}

/** An embedding request as the stand-in answers it. */
export interface EmbeddingRequest {
  readonly model: string;
  readonly inputs: readonly string[];
  readonly base64: boolean;
  readonly dimensions: number;
}

function parse<Output>(schema: z.ZodType<Output>, body: unknown): Output {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path.join('.') ?? '';
  throw new ApiError(
    400,
    path ? `Invalid '${path}': ${issue?.message}` : (issue?.message ?? 'Invalid body'),
    path || null,
  );
}

/** @throws {ApiError} naming the parameter that is wrong */
export function readChat(body: unknown): ChatRequest {
  const request = parse(chatSchema, body);
  return {
    model: request.model,
    messages: request.messages.map(({ role, content }) => ({
      role,
      text: typeof content === 'string' ? content : (content ?? []).map(({ text }) => text ?? '').join(' '),
    })),
    stream: request.stream ?? false,
    includeUsage: request.stream_options?.include_usage ?? false,
    maxTokens: request.max_completion_tokens ?? request.max_tokens ?? Number.POSITIVE_INFINITY,
  };
}

/** @throws {ApiError} naming the parameter that is wrong */
export function readEmbedding(body: unknown): EmbeddingRequest {
  const { model, input, encoding_format, dimensions } = parse(embeddingSchema, body);
  const inputs = typeof input === 'string' ? [input] : input;
  return { model, inputs, base64: encoding_format === 'base64', dimensions: dimensions ?? 256 };
}

/** @throws {ApiError} naming the parameter that is wrong */
export function readQuote(query: URLSearchParams): { weightGrams: number; country: string } {
  const { weight_grams, country } = parse(quoteSchema, Object.fromEntries(query));
  return { weightGrams: weight_grams, country };
}
