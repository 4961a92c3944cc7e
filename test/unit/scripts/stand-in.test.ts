import OpenAI, { BadRequestError } from 'openai';
import { startStandIn, type StandIn } from '../../../scripts/model-stand-in.ts';
import { composeAnswer, pieces } from '../../../scripts/stand-in/answer.ts';

let standIn: StandIn;
let client: OpenAI;
beforeAll(async () => {
  standIn = await startStandIn();
  client = new OpenAI({ baseURL: `${standIn.url}/v1`, apiKey: 'any', maxRetries: 0 });
});
afterAll(() => standIn.close());

const messages = [
  { role: 'system' as const, content: 'Our shelf:\n- Ridgeline tent, two people\n- Ember stove, boils water' },
  { role: 'user' as const, content: 'Which tent do you have?' },
];
const answer =
  'You asked: “Which tent do you have?”. This is what I would look at first: Ridgeline tent, two people. ' +
  '(I am a local stand-in for a language model: I quote, I do not think.)';

const product = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
const quote = async (query: string) => (await fetch(`${standIn.url}/shipping/quote?${query}`)).json();
const post = (path: string, body: string, headers: Record<string, string> = { authorization: 'Bearer x' }) =>
  fetch(standIn.url + path, { method: 'POST', body, headers });

describe('the stand-in, through the openai client', () => {
  it('answers at once', async () => {
    const { data, request_id } = await client.chat.completions.create({ model: 'stand-in-1', messages }).withResponse();
    expect(data.choices[0]).toEqual({
      index: 0,
      message: { role: 'assistant', content: answer, refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    });
    const { prompt_tokens = 0, completion_tokens = 0, total_tokens = 0 } = data.usage ?? {};
    expect([completion_tokens, total_tokens - prompt_tokens]).toEqual([pieces(answer).length, pieces(answer).length]);
    expect(request_id).toMatch(/^req_/);
  });

  it('streams the same answer, the usage in the last chunk', async () => {
    const stream = await client.chat.completions.create({
      model: 'stand-in-1',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    const last = chunks.at(-1);
    expect({
      text: chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join(''),
      role: chunks[0]?.choices[0]?.delta.role,
      reason: chunks.at(-2)?.choices[0]?.finish_reason,
      last: [last?.choices, last?.usage?.completion_tokens],
      oneId: new Set(chunks.map(({ id }) => id)).size,
    }).toEqual({ text: answer, role: 'assistant', reason: 'stop', last: [[], pieces(answer).length], oneId: 1 });
  });

  it('streams no usage unasked, and stops when nobody reads on', async () => {
    const stream = await client.chat.completions.create({ model: 'stand-in-1', messages, stream: true });
    for await (const chunk of stream) {
      expect(chunk.usage).toBeUndefined();
      break;
    }
  });

  it('ends at max_tokens', async () => {
    const { choices, usage } = await client.chat.completions.create({ model: 'm', messages, max_completion_tokens: 3 });
    expect([choices[0]?.message.content, choices[0]?.finish_reason, usage?.completion_tokens]).toEqual([
      'You asked:',
      'length',
      3,
    ]);
  });

  it('embeds: same text same vector, of length one; texts that share words are nearer', async () => {
    const input = ['a tent for rain', 'tents against the rain', 'hot cocoa', 'a tent for rain'];
    const { data, usage } = await client.embeddings.create({ model: 'stand-in-embedding-1', input });
    const [tent = [], tents = [], cocoa = [], again] = data.map(({ embedding }) => embedding);
    expect(again).toEqual(tent);
    expect(product(tent, tent)).toBeCloseTo(1, 5);
    expect(product(tent, tents)).toBeGreaterThan(product(tent, cocoa) + 0.3);
    expect(usage.total_tokens).toBeGreaterThan(0);
  });

  it('lists its models', async () => {
    const { data } = await client.models.list();
    expect(data.map(({ id }) => id)).toEqual(['stand-in-1', 'stand-in-embedding-1']);
  });

  it.each([
    ['no messages', { model: 'm', messages: [] }, 400, 'messages'],
    ['a role that is none', { model: 'm', messages: [{ role: 'boss', content: 'x' }] }, 400, 'messages.0.role'],
    ['two answers', { model: 'm', messages, n: 2 }, 400, 'n'],
    ['no model', { messages }, 400, 'model'],
  ])('refuses %s as OpenAI does', async (_, body, status, param) => {
    const fault: unknown = await client.post('/chat/completions', { body }).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(BadRequestError);
    expect(fault).toMatchObject({ status, param, type: 'invalid_request_error' });
  });
});

describe('the stand-in, at the edges', () => {
  it.each([
    ['broken JSON', () => post('/v1/chat/completions', '{'), 400],
    ['no key', () => post('/v1/chat/completions', '{}', {}), 401],
    ['an unknown path', () => post('/v1/nothing', '{}'), 404],
    ['a path that is no path', () => fetch(`${standIn.url}//`), 404],
    ['a body without end', () => post('/v1/chat/completions', 'x'.repeat(1_100_000)), 413],
    ['a parcel of air', () => fetch(`${standIn.url}/shipping/quote?weight_grams=0&country=DE`), 400],
    ['a country of three letters', () => fetch(`${standIn.url}/shipping/quote?weight_grams=10&country=DEU`), 400],
  ])('answers %s with an error body', async (_, request, status) => {
    const response = await request();
    const body: unknown = await response.json();
    expect([response.status, body]).toEqual([
      status,
      { error: expect.objectContaining({ message: expect.any(String), type: 'invalid_request_error' }) },
    ]);
  });

  it('quotes parcels', async () => {
    expect([await quote('weight_grams=1200&country=de'), await quote('weight_grams=900&country=FR')]).toEqual([
      { carrier: 'Nordwind Parcel', price_cents: 570, currency: 'EUR', days: 2 },
      { carrier: 'Nordwind International', price_cents: 1230, currency: 'EUR', days: 5 },
    ]);
  });

  it('has an answer to no question, and loses no character when it cuts', () => {
    const text = 'Ünïcödé, “quotes” and\n\n  newlines 🙂 supercalifragilistic';
    expect(pieces(text).join('')).toBe(text);
    expect(composeAnswer([{ role: 'system', text: 'be kind' }])).toMatch(/^You did not ask anything yet\./);
  });
});
