/** Requests of a storefront over some minutes, as OTLP JSON: pages, database, cache, chat with tools, a queue, failures. */
type Value = string | number | boolean;
interface Span {
  readonly name: string;
  readonly kind: number;
  readonly service: string;
  /** Milliseconds after the trace's start, and how long. */
  readonly at: number;
  readonly takes: number;
  readonly attributes?: Readonly<Record<string, Value>>;
  readonly failed?: string;
  readonly children?: readonly Span[];
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
const INTERNAL = 1;
const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;

/** Numbers that look random and are the same each time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

const query = (text: string, at: number, takes: number): Span => ({
  name: text,
  kind: CLIENT,
  service: 'storefront',
  at,
  takes,
  attributes: { 'db.system.name': 'postgresql', 'db.namespace': 'shop', 'db.query.text': text },
});
const cache = (at: number, takes: number): Span => ({
  name: 'cache get',
  kind: CLIENT,
  service: 'storefront',
  at,
  takes,
  attributes: { 'db.system.name': 'redis', 'cache.hit': true },
});

function product(next: () => number): Span {
  const slow = next() > 0.93 ? 6 : 1;
  const took = 12 + next() * 30 * slow;
  const broken = next() > 0.96;
  return {
    name: 'GET /api/products/[id]',
    kind: SERVER,
    service: 'storefront',
    at: 0,
    takes: took + 14,
    attributes: {
      'http.request.method': 'GET',
      'http.route': '/api/products/[id]',
      'http.response.status_code': broken ? 500 : 200,
    },
    ...(broken && { failed: 'pool exhausted' }),
    children: [cache(1, 1.5), query('SELECT products', 4, took)],
  };
}

const SYSTEM = 'You help customers of an outdoor shop. Answer in two sentences.';
const QUESTION = 'Which tent fits two people and stays dry in Norwegian autumn?';
const CALL = {
  id: 'call_7',
  type: 'function',
  function: { name: 'search_products', arguments: '{"q":"tent","people":2}' },
};
const FOUND = '[{"id":"t-2","name":"Fjell 2","waterColumn":5000},{"id":"t-9","name":"Sommer 2","waterColumn":1500}]';
const ANSWER =
  'Take the Fjell 2: its fly stands 5,000 mm of water, and it sleeps two. The Sommer 2 is lighter but made for dry nights.';

function chat(next: () => number, number: number): Span {
  const model = number % 5 === 4 ? 'house-blend-7b' : number % 3 === 0 ? 'gpt-4o' : 'gpt-4o-mini';
  const provider = model === 'house-blend-7b' ? 'acme' : 'openai';
  const thread = `basket-${1 + (number % 4)}`;
  const failed = number % 11 === 10;
  const common = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': provider,
    'gen_ai.request.model': model,
    'gen_ai.conversation.id': thread,
    'user.id': `customer-${1 + (number % 3)}`,
  };
  const first = [
    { role: 'system', content: SYSTEM },
    { role: 'user', content: QUESTION },
  ];
  const asked = { role: 'assistant', content: null, tool_calls: [CALL] };
  return {
    name: 'POST /api/chat',
    kind: SERVER,
    service: 'storefront',
    at: 0,
    takes: 2400 + next() * 900,
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/api/chat',
      'http.response.status_code': failed ? 502 : 200,
    },
    ...(failed && { failed: 'the model did not answer' }),
    children: [
      query('SELECT carts', 3, 4),
      {
        name: `chat ${model}`,
        kind: CLIENT,
        service: 'storefront',
        at: 10,
        takes: 700 + next() * 300,
        attributes: {
          ...common,
          'gen_ai.usage.input_tokens': 812,
          'gen_ai.usage.output_tokens': 31,
          'gen_ai.response.finish_reasons': '["tool_calls"]',
          'gen_ai.response.time_to_first_chunk': 0.31 + next() / 10,
          'gen_ai.input.messages': JSON.stringify(first),
          'gen_ai.output.messages': JSON.stringify([asked]),
        },
      },
      {
        name: 'execute_tool search_products',
        kind: INTERNAL,
        service: 'storefront',
        at: 1020,
        takes: 60,
        attributes: {
          'gen_ai.operation.name': 'execute_tool',
          'gen_ai.tool.name': 'search_products',
          'gen_ai.tool.call.id': 'call_7',
          'gen_ai.tool.call.arguments': '{"q":"tent","people":2}',
          'gen_ai.tool.call.result': FOUND,
        },
        children: [
          {
            name: 'GET',
            kind: CLIENT,
            service: 'storefront',
            at: 1022,
            takes: 52,
            attributes: { 'http.request.method': 'GET', 'server.address': 'search.internal' },
            children: [
              {
                name: 'GET /search',
                kind: SERVER,
                service: 'search',
                at: 1026,
                takes: 44,
                attributes: { 'http.request.method': 'GET', 'http.route': '/search', 'http.response.status_code': 200 },
                children: [
                  {
                    name: 'vectorize query',
                    kind: CLIENT,
                    service: 'search',
                    at: 1030,
                    takes: 30,
                    attributes: { 'db.system.name': 'vectorize', 'db.namespace': 'products' },
                  },
                ],
              },
            ],
          },
        ],
      },
      {
        name: `chat ${model}`,
        kind: CLIENT,
        service: 'storefront',
        at: 1090,
        takes: 1100 + next() * 500,
        attributes: failed
          ? { ...common, 'error.type': '429' }
          : {
              ...common,
              'gen_ai.usage.input_tokens': 1420,
              'gen_ai.usage.output_tokens': 188,
              'gen_ai.usage.cache_read.input_tokens': 768,
              'gen_ai.usage.reasoning.output_tokens': 64,
              'gen_ai.response.finish_reasons': '["stop"]',
              'gen_ai.response.time_to_first_chunk': 0.42 + next() / 8,
              'gen_ai.input.messages': JSON.stringify([
                ...first,
                asked,
                { role: 'tool', tool_call_id: 'call_7', content: FOUND },
              ]),
              'gen_ai.output.messages': JSON.stringify([{ role: 'assistant', content: ANSWER }]),
            },
        ...(failed && { failed: '429 too many requests' }),
      },
    ],
  };
}

function checkout(next: () => number): Span {
  const took = 90 + next() * 80;
  return {
    name: 'POST /api/checkout',
    kind: SERVER,
    service: 'storefront',
    at: 0,
    takes: took + 40,
    attributes: { 'http.request.method': 'POST', 'http.route': '/api/checkout', 'http.response.status_code': 201 },
    children: [
      query('INSERT orders', 6, 14),
      {
        name: 'POST',
        kind: CLIENT,
        service: 'storefront',
        at: 24,
        takes: took,
        attributes: { 'http.request.method': 'POST', 'server.address': 'api.payments.example' },
      },
      {
        name: 'send orders',
        kind: PRODUCER,
        service: 'storefront',
        at: took + 26,
        takes: 3,
        attributes: { 'messaging.system': 'rabbitmq', 'messaging.destination.name': 'orders' },
        children: [
          {
            name: 'process orders',
            kind: CONSUMER,
            service: 'fulfilment',
            at: took + 60,
            takes: 210 + next() * 90,
            attributes: { 'messaging.system': 'rabbitmq', 'messaging.destination.name': 'orders' },
            ...(next() > 0.9 && { failed: 'no stock' }),
          },
        ],
      },
    ],
  };
}

interface Flat extends Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
}

function* flatten(span: Span, traceId: string, ids: () => string, parentSpanId = ''): Generator<Flat> {
  const spanId = ids();
  yield { ...span, traceId, spanId, parentSpanId };
  for (const child of span.children ?? []) yield* flatten(child, traceId, ids, spanId);
}

function valueOf(value: Value): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

const attributesOf = (values: Readonly<Record<string, Value>>): object[] =>
  Object.entries(values).map(([key, value]) => ({ key, value: valueOf(value) }));

/**
 * Makes the requests.
 *
 * @param traces how many
 * @param endMillis when the last starts; five seconds lie between two
 * @returns one OTLP/JSON request
 */
export function storefrontTraces(traces: number, endMillis: number): string {
  const next = random(7);
  let count = 0;
  const ids = (): string => hex((count += 1), 16);
  const byService = new Map<string, object[]>();
  for (let number = 0; number < traces; number += 1) {
    const start = endMillis - (traces - 1 - number) * 5000;
    const root = number % 6 === 5 ? chat(next, (number - 5) / 6) : number % 4 === 3 ? checkout(next) : product(next);
    for (const span of flatten(root, hex(number + 1, 32), ids)) {
      const nanos = (millis: number): string => String(BigInt(Math.round((start + millis) * 1000)) * 1000n);
      const list = byService.get(span.service) ?? [];
      list.push({
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId,
        name: span.name,
        kind: span.kind,
        startTimeUnixNano: nanos(span.at),
        endTimeUnixNano: nanos(span.at + span.takes),
        attributes: attributesOf(span.attributes ?? {}),
        status: span.failed === undefined ? {} : { code: 2, message: span.failed },
      });
      byService.set(span.service, list);
    }
  }
  return JSON.stringify({
    resourceSpans: [...byService].map(([service, spans]) => ({
      resource: { attributes: attributesOf({ 'service.name': service }) },
      scopeSpans: [{ scope: { name: 'storefront' }, spans }],
    })),
  });
}
