/** The language model: any server that speaks OpenAI's protocol. */
import OpenAI from 'openai';
import { ShopError } from './errors.ts';

const timeoutMillis = 30_000;

/** The model that is asked. */
export function modelName(): string {
  return process.env['OPENAI_MODEL'] || 'gpt-4o-mini';
}

/**
 * A client for the server at OPENAI_BASE_URL, OpenAI's own by default.
 *
 * @throws ShopError 503 when neither a key nor an address is configured
 */
export function modelClient(): OpenAI {
  const apiKey = process.env['OPENAI_API_KEY'];
  const baseURL = process.env['OPENAI_BASE_URL'];
  if (!apiKey && !baseURL) {
    throw new ShopError({
      status: 503,
      code: 'NO_MODEL',
      message: 'The assistant is not in today: set OPENAI_API_KEY or OPENAI_BASE_URL.',
    });
  }
  // A server of one's own often wants no key; the client does.
  return new OpenAI({ apiKey: apiKey || 'none', baseURL: baseURL || null, timeout: timeoutMillis, maxRetries: 1 });
}
