/** What models were asked, over HTTP: sums by each key, what is unknown, and conversations. */
import type { AiCall, AiReport, Conversation, TraceList, TraceSkeleton } from '../../../src/viewer/wire.ts';
import { CLIENT, INTERNAL, SERVER, spanIdOf, START, type Told, traceIdOf, viewerOf } from './asked-viewer.ts';

type Attributes = NonNullable<Told['attributes']>;
const THREAD = 'basket 1/2';
const CHAT_ROUTE = { 'http.request.method': 'POST', 'http.route': '/api/chat' };
const asking = (model: string, more: Attributes = {}): Attributes => ({
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': model,
  ...more,
});
const said = (...messages: readonly object[]): string => JSON.stringify(messages);
const ANN = { 'gen_ai.conversation.id': THREAD, 'user.id': 'ann' };
const SYSTEM = { role: 'system', content: 'Be short.' };
const QUESTION = { role: 'user', content: 'Which tent?' };
const TOOL = { id: 'call_1', type: 'function', function: { name: 'search', arguments: '{"q":"tent"}' } };
const ASKED = { role: 'assistant', content: null, tool_calls: [TOOL] };
const FOUND = { role: 'tool', tool_call_id: 'call_1', content: '["Fjell 2"]' };
const ANSWER = { role: 'assistant', content: 'The Fjell 2.' };
const THANKS = { role: 'user', content: 'Thanks!' };
const WELCOME = { role: 'assistant', content: 'Any time.' };

/** A span below the root of its trace. */
const below = (told: Omit<Told, 'parent'>, attributes: Attributes): Told => ({
  parent: 1,
  kind: CLIENT,
  ...told,
  attributes,
});

/** A chat with a tool, the same thread a second later with a model that has no price, and a job without a route. */
const SPANS: readonly Told[] = [
  { trace: 1, span: 1, name: 'POST /api/chat', kind: SERVER, at: 0, takes: 900, attributes: CHAT_ROUTE },
  below(
    { trace: 1, span: 2, name: 'chat gpt-4o', at: 10, takes: 300 },
    asking('gpt-4o', {
      ...ANN,
      'gen_ai.usage.input_tokens': 1000,
      'gen_ai.usage.cache_read.input_tokens': 400,
      'gen_ai.usage.output_tokens': 100,
      'gen_ai.response.time_to_first_chunk': 0.125,
      'gen_ai.response.finish_reasons': ['tool_calls'],
      'gen_ai.input.messages': said(SYSTEM, QUESTION),
      'gen_ai.output.messages': said(ASKED),
    }),
  ),
  below(
    { trace: 1, span: 3, name: 'execute_tool search', kind: INTERNAL, at: 320, takes: 50 },
    {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'search',
      'gen_ai.tool.call.id': 'call_1',
      'gen_ai.tool.call.arguments': '{"q":"tent"}',
      'gen_ai.tool.call.result': '["Fjell 2"]',
      'gen_ai.conversation.id': THREAD,
    },
  ),
  below(
    { trace: 1, span: 4, name: 'chat gpt-4o', at: 400, takes: 500 },
    asking('gpt-4o', {
      ...ANN,
      'gen_ai.usage.input_tokens': 2000,
      'gen_ai.usage.output_tokens': 50,
      'gen_ai.usage.reasoning.output_tokens': 20,
      'gen_ai.response.time_to_first_chunk': 0.25,
      'gen_ai.input.messages': said(SYSTEM, QUESTION, ASKED, FOUND),
      'gen_ai.output.messages': said(ANSWER),
    }),
  ),
  { trace: 2, span: 1, name: 'POST /api/chat', kind: SERVER, at: 1000, takes: 80, attributes: CHAT_ROUTE },
  below(
    { trace: 2, span: 2, name: 'chat house-7b', at: 1010, takes: 60 },
    asking('house-7b', {
      ...ANN,
      'gen_ai.provider.name': 'acme',
      'gen_ai.usage.input_tokens': 10,
      'gen_ai.usage.output_tokens': 5,
      'gen_ai.input.messages': said(SYSTEM, QUESTION, ASKED, FOUND, ANSWER, THANKS),
      'gen_ai.output.messages': said(WELCOME),
    }),
  ),
  { trace: 3, span: 1, name: 'nightly', service: 'jobs', at: 2000, takes: 200 },
  below(
    { trace: 3, span: 2, name: 'chat gpt-4o-mini', service: 'jobs', failed: true, at: 2010, takes: 40 },
    asking('gpt-4o-mini', { 'user.id': 'bob', 'error.type': '429' }),
  ),
  below(
    { trace: 3, span: 3, name: 'embeddings own', service: 'jobs', at: 2060, takes: 20 },
    asking('own-embed', {
      'gen_ai.operation.name': 'embeddings',
      'gen_ai.usage.input_tokens': 4000,
      'gen_ai.usage.cost': 0.25,
    }),
  ),
];
const { ask } = viewerOf(SPANS);

/** A row in one line; parts of sums that nothing is known of are left out. */
function line(row: AiReport['rows'][number]): string {
  const { key, calls, errors, tokens, costUsd, unpriced, p50Millis, p95Millis, p50FirstTokenMillis } = row;
  const known = (value: number | undefined, what: string): string => (value === undefined ? '' : `, ${value} ${what}`);
  const used = `${tokens.input}+${tokens.output}${known(tokens.cachedInput, 'cached')}${known(tokens.reasoning, 'reasoning')}`;
  const time = `p50 ${p50Millis} p95 ${p95Millis}${known(p50FirstTokenMillis, 'to the first token')}`;
  return `${key}: ${calls} calls, ${errors} failed; ${used}; $${costUsd.toFixed(4)}, ${unpriced} unknown; ${time}; last ${Number(row.lastTraceId)}`;
}

test.each<[query: string, rows: readonly string[]]>([
  [
    'by=model',
    [
      'own-embed: 1 calls, 0 failed; 4000+0; $0.2500, 0 unknown; p50 20 p95 20; last 3',
      'gpt-4o: 2 calls, 0 failed; 3000+150, 400 cached, 20 reasoning; $0.0085, 0 unknown; p50 300 p95 500, 125 to the first token; last 1',
      'house-7b: 1 calls, 0 failed; 10+5; $0.0000, 1 unknown; p50 60 p95 60; last 2',
      'gpt-4o-mini: 1 calls, 1 failed; 0+0; $0.0000, 1 unknown; p50 40 p95 40; last 3',
    ],
  ],
  [
    'by=route',
    [
      ': 2 calls, 1 failed; 4000+0; $0.2500, 1 unknown; p50 20 p95 40; last 3',
      'POST /api/chat: 3 calls, 0 failed; 3010+155, 400 cached, 20 reasoning; $0.0085, 1 unknown; p50 300 p95 500, 125 to the first token; last 2',
    ],
  ],
  [
    'by=user',
    [
      ': 1 calls, 0 failed; 4000+0; $0.2500, 0 unknown; p50 20 p95 20; last 3',
      'ann: 3 calls, 0 failed; 3010+155, 400 cached, 20 reasoning; $0.0085, 1 unknown; p50 300 p95 500, 125 to the first token; last 2',
      'bob: 1 calls, 1 failed; 0+0; $0.0000, 1 unknown; p50 40 p95 40; last 3',
    ],
  ],
  [
    'by=thread',
    [
      ': 2 calls, 1 failed; 4000+0; $0.2500, 1 unknown; p50 20 p95 40; last 3',
      `${THREAD}: 3 calls, 0 failed; 3010+155, 400 cached, 20 reasoning; $0.0085, 1 unknown; p50 300 p95 500, 125 to the first token; last 2`,
    ],
  ],
  [
    'by=trace',
    [
      `${traceIdOf(3)}: 2 calls, 1 failed; 4000+0; $0.2500, 1 unknown; p50 20 p95 40; last 3`,
      `${traceIdOf(1)}: 2 calls, 0 failed; 3000+150, 400 cached, 20 reasoning; $0.0085, 0 unknown; p50 300 p95 500, 125 to the first token; last 1`,
      `${traceIdOf(2)}: 1 calls, 0 failed; 10+5; $0.0000, 1 unknown; p50 60 p95 60; last 2`,
    ],
  ],
  ['service=jobs&status=ok', []],
  [
    `from=${START + 1000}&to=${START + 1000}`,
    ['house-7b: 1 calls, 0 failed; 10+5; $0.0000, 1 unknown; p50 60 p95 60; last 2'],
  ],
])('ai?%s', async (query, rows) => {
  expect((await ask<AiReport>(`ai?${query}`)).rows.map(line)).toEqual(rows);
});

test('the latest calls are listed without what was said, and an unknown key is refused', async () => {
  const { recent, by, pricesOf } = await ask<AiReport>('ai');
  expect([by, pricesOf, recent.map(({ traceId, spanId }) => [Number(traceId), Number(spanId)])]).toEqual([
    'model',
    expect.stringMatching(/^\d{4}-\d\d-\d\d$/u),
    [
      [3, 3],
      [3, 2],
      [2, 2],
      [1, 4],
      [1, 2],
    ],
  ]);
  expect(recent[1]).toEqual({
    traceId: traceIdOf(3),
    spanId: spanIdOf(2),
    name: 'chat gpt-4o-mini',
    operation: 'chat',
    provider: 'openai',
    model: 'gpt-4o-mini',
    startMillis: START + 2010,
    durationMillis: 40,
    error: '429',
    costUnknown: true,
    user: 'bob',
    dialect: 'gen_ai',
    contentCaptured: false,
  });
  await expect(ask('ai?by=colour')).rejects.toThrow(
    '400 {"error":"by: expected one of model, route, user, thread, trace."}',
  );
});

test('a price that is not known is not nothing: in the list and in the trace', async () => {
  const { traces } = await ask<TraceList>('traces');
  const skeletons = await Promise.all([1, 2].map((trace) => ask<TraceSkeleton>(`traces/${traceIdOf(trace)}`)));
  const costs = traces.map(({ costUsd, costUnknown }) => costUnknown ?? costUsd?.toFixed(4));
  expect([costs, skeletons.map(({ costUsd }) => costUsd)]).toEqual([
    [true, true, '0.0085'],
    [{ 1: expect.closeTo(0.003, 9), 3: expect.closeTo(0.0055, 9) }, { 1: null }],
  ]);
});

/** Who said what, in few words. */
function spoken({ traceId, spanId, messages }: AiCall): string {
  const words = messages.map(({ role, text, toolCalls = [] }) => {
    const calls = toolCalls.map(({ name, arguments: given, result }) => JSON.stringify([name, given, result]));
    return `${role}: ${[text, ...calls].filter((part) => part !== undefined).join(' ')}`;
  });
  return `${Number(traceId)}/${Number(spanId)} ${words.join(' | ')}`;
}

test('a trace is a conversation in which each call shows what is new', async () => {
  const { calls, tokens, costUsd, unpriced } = await ask<Conversation>(`traces/${traceIdOf(1)}/conversation`);
  expect([calls.map(spoken), tokens, costUsd.toFixed(4), unpriced]).toEqual([
    [
      '1/2 system: Be short. | user: Which tent? | assistant: ["search",{"q":"tent"},null]',
      '1/3 assistant: ["search",{"q":"tent"},["Fjell 2"]]',
      '1/4 tool: ["Fjell 2"] | assistant: The Fjell 2.',
    ],
    { input: 3000, output: 150, cachedInput: 400, reasoning: 20 },
    '0.0085',
    0,
  ]);
});

test('a thread goes on through its traces, with what is unknown counted', async () => {
  const { calls, costUsd, unpriced } = await ask<Conversation>(`threads/${encodeURIComponent(THREAD)}`);
  expect([calls.map(spoken), costUsd.toFixed(4), unpriced]).toEqual([
    [
      '1/2 system: Be short. | user: Which tent? | assistant: ["search",{"q":"tent"},null]',
      '1/3 assistant: ["search",{"q":"tent"},["Fjell 2"]]',
      '1/4 tool: ["Fjell 2"] | assistant: The Fjell 2.',
      '2/2 user: Thanks! | assistant: Any time.',
    ],
    '0.0085',
    1,
  ]);
});

test.each([
  [`traces/${traceIdOf(9)}/conversation`, { calls: [], tokens: { input: 0, output: 0 }, costUsd: 0, unpriced: 0 }],
  ['threads/nobody', { calls: [], tokens: { input: 0, output: 0 }, costUsd: 0, unpriced: 0 }],
])('%s is empty', async (path, conversation) => {
  expect(await ask(path)).toEqual(conversation);
});
