/**
 * A local stand-in for an OpenAI-compatible server, and for the parcel carrier that the shop asks for prices: real HTTP,
 * real protocol, no model. It lets the platform run, and be tested, without an account.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { composeAnswer, countPromptTokens, pieces } from './stand-in/answer.ts';
import { embed, toBase64 } from './stand-in/embedding.ts';
import { ApiError, readChat, readEmbedding, readQuote, type ChatRequest } from './stand-in/requests.ts';

/** What `startStandIn` takes. */
export interface StandInOptions {
  /** 0 by default: any free port. */
  readonly port?: number;
  /** Pause before each streamed piece, in milliseconds: what makes an answer look written. 0 by default. */
  readonly paceMs?: number;
}

/** A running stand-in. */
export interface StandIn {
  /** As in `http://127.0.0.1:40123`: OPENAI_BASE_URL is this plus `/v1`, SHIPPING_API_URL this plus `/shipping`. */
  readonly url: string;
  /** Stops listening and ends every connection. May be called again. */
  close(): Promise<void>;
}

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly paceMs: number;
}

type Handler = (call: Call) => Promise<void> | void;

const bodyLimit = 1024 * 1024;
const models = ['stand-in-1', 'stand-in-embedding-1'];
/** Carriers charge a base and a part per started kilogram, in cents; abroad costs more and takes longer. */
const home = { carrier: 'Nordwind Parcel', base: 390, perKilogram: 90, days: 2 };
const abroad = { carrier: 'Nordwind International', base: 990, perKilogram: 240, days: 5 };

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > bodyLimit) throw new ApiError(413, `The body is larger than ${bodyLimit} bytes.`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new ApiError(400, 'We could not parse the JSON body of your request.');
  }
}

async function streamAnswer(
  { response, paceMs }: Call,
  chat: ChatRequest,
  words: readonly string[],
  base: object,
  end: Completion,
): Promise<void> {
  const send = (body: object) =>
    response.write(`data: ${JSON.stringify({ ...base, object: 'chat.completion.chunk', ...body })}\n\n`);
  const choice = (delta: object, finish_reason: string | null = null) => ({
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    ...(chat.includeUsage ? { usage: null } : {}),
  });
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  send(choice({ role: 'assistant', content: '', refusal: null }));
  for (const content of words) {
    if (paceMs > 0) await sleep(paceMs);
    if (response.destroyed) return;
    if (!send(choice({ content })) && !(await drained(response))) return;
  }
  send(choice({}, end.finishReason));
  if (chat.includeUsage) send({ choices: [], usage: end.usage });
  response.end('data: [DONE]\n\n');
}

/** Waits until a slow reader has caught up; false when it is gone. */
function drained(response: ServerResponse): Promise<boolean> {
  return new Promise((resolve) => {
    response.once('drain', () => resolve(true));
    response.once('close', () => resolve(false));
  });
}

interface Completion {
  readonly finishReason: 'stop' | 'length';
  readonly usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
}

async function chatCompletion(call: Call): Promise<void> {
  const chat = readChat(await readJson(call.request));
  const all = pieces(composeAnswer(chat.messages));
  const words = all.slice(0, chat.maxTokens);
  const prompt = countPromptTokens(chat.messages);
  const usage = { prompt_tokens: prompt, completion_tokens: words.length, total_tokens: prompt + words.length };
  const finishReason = words.length < all.length ? 'length' : 'stop';
  const base = {
    id: `chatcmpl-${randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    model: chat.model,
    system_fingerprint: 'fp_stand_in',
  };
  if (chat.stream) return streamAnswer(call, chat, words, base, { finishReason, usage });
  const message = { role: 'assistant', content: words.join(''), refusal: null };
  if (call.paceMs > 0) await sleep(call.paceMs * Math.min(words.length, 20));
  const choices = [{ index: 0, message, logprobs: null, finish_reason: finishReason }];
  sendJson(call.response, 200, { ...base, object: 'chat.completion', choices, usage });
}

async function embeddings({ request, response }: Call): Promise<void> {
  const { model, inputs, base64, dimensions } = readEmbedding(await readJson(request));
  const data = inputs.map((input, index) => {
    const vector = embed(input, dimensions);
    return { object: 'embedding', index, embedding: base64 ? toBase64(vector) : vector };
  });
  const total = inputs.reduce((sum, input) => sum + pieces(input).length, 0);
  sendJson(response, 200, { object: 'list', data, model, usage: { prompt_tokens: total, total_tokens: total } });
}

function listModels({ response }: Call): void {
  const data = models.map((id) => ({ id, object: 'model', created: 0, owned_by: 'stand-in' }));
  sendJson(response, 200, { object: 'list', data });
}

function quote({ url, response }: Call): void {
  const { weightGrams, country } = readQuote(url.searchParams);
  const { carrier, base, perKilogram, days } = country === 'DE' ? home : abroad;
  const price_cents = base + perKilogram * Math.ceil(weightGrams / 1000);
  sendJson(response, 200, { carrier, price_cents, currency: 'EUR', days });
}

const routes: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['POST /v1/chat/completions', chatCompletion],
  ['POST /v1/embeddings', embeddings],
  ['GET /v1/models', listModels],
  ['GET /shipping/quote', quote],
]);

async function answer(call: Call): Promise<void> {
  const { request, response, url } = call;
  response.setHeader('x-request-id', `req_${randomUUID()}`);
  try {
    const handler = routes.get(`${request.method} ${url.pathname}`);
    if (!handler) throw new ApiError(404, `Invalid URL (${request.method} ${url.pathname})`, null, 'unknown_url');
    const key = request.headers.authorization ?? '';
    if (url.pathname.startsWith('/v1/') && !/^Bearer \S+$/.test(key)) {
      throw new ApiError(401, "You didn't provide an API key.", null, 'invalid_api_key');
    }
    await handler(call);
  } catch (error) {
    const fault = error instanceof ApiError ? error : new ApiError(500, 'The stand-in failed on this request.');
    if (response.headersSent) response.destroy();
    else sendJson(response, fault.status, fault.toBody());
  }
}

/**
 * Starts the stand-in on 127.0.0.1.
 *
 * @example
 * const standIn = await startStandIn({ port: 0 });
 * const client = new OpenAI({ baseURL: `${standIn.url}/v1`, apiKey: 'any' });
 * await standIn.close();
 */
export async function startStandIn({ port = 0, paceMs = 0 }: StandInOptions = {}): Promise<StandIn> {
  const server = createServer((request, response) => {
    const url = URL.parse(request.url ?? '/', 'http://stand-in') ?? new URL('http://stand-in/');
    void answer({ request, response, url, paceMs });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const bound = address !== null && typeof address === 'object' ? address.port : port;
  return {
    url: `http://127.0.0.1:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
