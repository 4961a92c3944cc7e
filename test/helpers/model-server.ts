/**
 * A server that speaks OpenAI's protocol on a free port, and behaves as the model's name says: well, or in one of the ways
 * in which real ones do not.
 */
import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const USAGE = {
  prompt_tokens: 12,
  completion_tokens: 3,
  total_tokens: 15,
  prompt_tokens_details: { cached_tokens: 4 },
  completion_tokens_details: { reasoning_tokens: 1 },
};
const RESPONSE_USAGE = {
  input_tokens: 12,
  output_tokens: 3,
  total_tokens: 15,
  input_tokens_details: { cached_tokens: 4 },
  output_tokens_details: { reasoning_tokens: 1 },
};

interface Call {
  readonly model: string;
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
}

export interface ModelServer {
  readonly baseURL: string;
  /** The models asked for, one for each attempt. */
  readonly asked: string[];
  /** Settles when a client has left an answer in the middle. */
  readonly left: Promise<void>;
  close(): Promise<void>;
}

const chunk = (delta: object, finish: string | null = null): object => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 0,
  model: 'gpt-4-0613',
  choices: [{ index: 0, delta, finish_reason: finish }],
});

function sendJson(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req_1', ...headers });
  response.end(JSON.stringify(body));
}

function sendEvents(response: ServerResponse, events: readonly object[], end: 'done' | 'cut' | 'hang'): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'x-request-id': 'req_1' });
  for (const event of events) {
    const type = 'type' in event ? `event: ${String(event.type)}\n` : '';
    response.write(`${type}data: ${JSON.stringify(event)}\n\n`);
  }
  if (end === 'done') response.end('data: [DONE]\n\n');
  // The bytes above have to be out before the connection goes.
  else if (end === 'cut') response.write(': \n\n', () => response.destroy());
}

function answerChat(response: ServerResponse, { model, stream, stream_options: options }: Call): void {
  if (stream !== true) {
    const choices = [{ index: 0, message: { role: 'assistant', content: 'planted answer' }, finish_reason: 'stop' }];
    const base = { id: 'chatcmpl-1', object: 'chat.completion', created: 0, model: 'gpt-4-0613' };
    sendJson(response, 200, { ...base, service_tier: 'default', system_fingerprint: 'fp_1', choices, usage: USAGE });
    return;
  }
  const words = [chunk({ role: 'assistant', content: 'planted ' }), chunk({ content: 'answer' })];
  if (model === 'hang') sendEvents(response, words, 'hang');
  else if (model === 'cut') sendEvents(response, words, 'cut');
  else if (model === 'fail')
    sendEvents(response, [...words, { error: { message: 'the model broke', code: 'E_MODEL' } }], 'done');
  else {
    const usage = options?.include_usage ? [{ ...chunk({}), choices: [], usage: USAGE }] : [];
    sendEvents(response, [...words, chunk({}, 'stop'), ...usage], 'done');
  }
}

function answerResponses(response: ServerResponse, { model, stream }: Call): void {
  const base = { id: 'resp_1', object: 'response', model: 'gpt-4.1', output: [] };
  const usage = RESPONSE_USAGE;
  const whole =
    model === 'short'
      ? { ...base, status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' }, usage }
      : { ...base, status: 'completed', usage };
  if (stream !== true) {
    sendJson(response, 200, whole);
    return;
  }
  const events = [
    { type: 'response.created', response: { ...base, status: 'in_progress' } },
    { type: 'response.output_text.delta', delta: 'planted answer' },
    { type: `response.${whole.status}`, response: whole },
  ];
  sendEvents(response, events, 'done');
}

async function readCall(request: IncomingMessage): Promise<Call> {
  let text = '';
  for await (const part of request as AsyncIterable<Buffer>) text += part.toString();
  return JSON.parse(text) as Call;
}

export async function startModelServer(): Promise<ModelServer> {
  const asked: string[] = [];
  let leave!: () => void;
  const left = new Promise<void>((resolve) => (leave = resolve));
  const server: Server = createServer((request, response) => {
    response.on('close', () => {
      if (!response.writableFinished) leave();
    });
    void readCall(request).then((call) => {
      asked.push(call.model);
      const busy = call.model === 'busy' || (call.model === 'busy once' && asked.length === 1);
      if (busy)
        sendJson(response, 429, { error: { message: 'slow down', code: 'rate_limit' } }, { 'retry-after-ms': '1' });
      else if (request.url === '/v1/responses') answerResponses(response, call);
      else answerChat(response, call);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    left,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
