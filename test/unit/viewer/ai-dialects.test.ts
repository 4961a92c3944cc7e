import { readAiCall } from '../../../src/viewer/server/ai-dialects.ts';
import { valuesOf } from '../../../src/viewer/server/ai-values.ts';
import { attributesOf, type Plain } from './ai-samples.ts';
import { EPOCH, MILLI, sampleSpan } from './sample-span.ts';

const CALL = { name: 'search', arguments: { q: 'tea' } };
const SPOKEN = [
  { role: 'system', text: 'Be brief.' },
  { role: 'user', text: 'Tea?' },
  { role: 'assistant', toolCalls: [{ id: 'c1', ...CALL }] },
  { role: 'tool', text: 'green', toolCallId: 'c1' },
  { role: 'assistant', text: 'Green tea.' },
];
const CHAT = { 'gen_ai.operation.name': 'chat' };
const json = (value: unknown): string => JSON.stringify(value);
const event = (name: string, values: Record<string, Plain>) => ({
  name,
  timeUnixNano: EPOCH + 2n * MILLI,
  attributes: attributesOf(values),
  droppedAttributesCount: 0,
});

const OPENAI_MESSAGES = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: [{ type: 'text', text: 'Tea?' }] },
  {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 'c1', type: 'function', function: { name: 'search', arguments: '{"q":"tea"}' } }],
  },
  { role: 'tool', tool_call_id: 'c1', content: 'green' },
];
const PARTS = [
  { role: 'user', parts: [{ type: 'text', content: 'Tea?' }] },
  { role: 'assistant', parts: [{ type: 'tool_call', id: 'c1', name: 'search', arguments: { q: 'tea' } }] },
  { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: 'green' }] },
];
const SDK_MESSAGES = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: [{ type: 'text', text: 'Tea?' }] },
  { role: 'assistant', content: [{ type: 'tool-call', toolCallId: 'c1', toolName: 'search', input: { q: 'tea' } }] },
  {
    role: 'tool',
    content: [{ type: 'tool-result', toolCallId: 'c1', toolName: 'search', output: { type: 'text', value: 'green' } }],
  },
];
const ANTHROPIC_MESSAGES = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Tea?' },
  { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'search', input: { q: 'tea' } }] },
  { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c1', content: [{ type: 'text', text: 'green' }] }] },
];
const OI = 'llm.input_messages';

describe('the same conversation, whoever wrote it', () => {
  test.each<[string, Record<string, Plain>]>([
    [
      'gen_ai, third generation: parts',
      {
        ...CHAT,
        'gen_ai.system_instructions': json([{ type: 'text', content: 'Be brief.' }]),
        'gen_ai.input.messages': json(PARTS),
        'gen_ai.output.messages': json([
          { role: 'assistant', parts: [{ type: 'text', content: 'Green tea.' }], finish_reason: 'stop' },
        ]),
      },
    ],
    [
      'gen_ai, third generation: structured values',
      {
        ...CHAT,
        'gen_ai.system_instructions': [{ type: 'text', content: 'Be brief.' }],
        'gen_ai.input.messages': PARTS,
        'gen_ai.output.messages': [{ role: 'assistant', parts: [{ type: 'text', content: 'Green tea.' }] }],
      },
    ],
    [
      "gen_ai with OpenAI's messages",
      {
        ...CHAT,
        'gen_ai.input.messages': json(OPENAI_MESSAGES),
        'gen_ai.output.messages': json([{ content: 'Green tea.' }]),
      },
    ],
    [
      "gen_ai with Anthropic's messages",
      { ...CHAT, 'gen_ai.input.messages': json(ANTHROPIC_MESSAGES), 'gen_ai.output.messages': 'Green tea.' },
    ],
    [
      'gen_ai, first generation: JSON',
      { ...CHAT, 'gen_ai.prompt': json(OPENAI_MESSAGES), 'gen_ai.completion': 'Green tea.' },
    ],
    [
      'gen_ai, first generation: one attribute per message',
      {
        'gen_ai.prompt.0.role': 'system',
        'gen_ai.prompt.0.content': 'Be brief.',
        'gen_ai.prompt.1.role': 'user',
        'gen_ai.prompt.1.content': 'Tea?',
        'gen_ai.prompt.2.role': 'assistant',
        'gen_ai.prompt.2.tool_calls.0.id': 'c1',
        'gen_ai.prompt.2.tool_calls.0.name': 'search',
        'gen_ai.prompt.2.tool_calls.0.arguments': '{"q":"tea"}',
        'gen_ai.prompt.3.role': 'tool',
        'gen_ai.prompt.3.tool_call_id': 'c1',
        'gen_ai.prompt.3.content': 'green',
        'gen_ai.completion.0.role': 'assistant',
        'gen_ai.completion.0.content': 'Green tea.',
      },
    ],
    [
      'the AI SDK',
      {
        'ai.operationId': 'ai.streamText.doStream',
        'ai.prompt.messages': json(SDK_MESSAGES),
        'ai.response.text': 'Green tea.',
      },
    ],
    [
      'OpenInference',
      {
        'openinference.span.kind': 'LLM',
        [`${OI}.0.message.role`]: 'system',
        [`${OI}.0.message.content`]: 'Be brief.',
        [`${OI}.1.message.role`]: 'user',
        [`${OI}.1.message.contents.0.message_content.type`]: 'text',
        [`${OI}.1.message.contents.0.message_content.text`]: 'Tea?',
        [`${OI}.2.message.role`]: 'assistant',
        [`${OI}.2.message.tool_calls.0.tool_call.id`]: 'c1',
        [`${OI}.2.message.tool_calls.0.tool_call.function.name`]: 'search',
        [`${OI}.2.message.tool_calls.0.tool_call.function.arguments`]: '{"q":"tea"}',
        [`${OI}.3.message.role`]: 'tool',
        [`${OI}.3.message.tool_call_id`]: 'c1',
        [`${OI}.3.message.content`]: 'green',
        'llm.output_messages.0.message.role': 'assistant',
        'llm.output_messages.0.message.content': 'Green tea.',
      },
    ],
    [
      'the older names',
      { 'llm.vendor': 'openai', 'llm.request.messages': json(OPENAI_MESSAGES), 'llm.response.content': 'Green tea.' },
    ],
  ])('%s', (_case, attributes) => {
    const call = readAiCall(sampleSpan({ attributes: attributesOf(attributes) }));
    expect([call?.messages, call?.contentCaptured]).toEqual([SPOKEN, true]);
  });

  const bodies: [string, Record<string, Plain>][] = [
    ['gen_ai.system.message', { content: 'Be brief.' }],
    ['gen_ai.user.message', { content: 'Tea?' }],
    [
      'gen_ai.assistant.message',
      { tool_calls: [{ id: 'c1', function: { name: 'search', arguments: '{"q":"tea"}' } }] },
    ],
    ['gen_ai.tool.message', { id: 'c1', content: 'green' }],
    ['gen_ai.choice', { index: 0, finish_reason: 'stop', message: { content: 'Green tea.' } }],
  ];

  test('gen_ai, second generation: events of the span', () => {
    const events = bodies.map(([name, body]) => event(name, body));
    const call = readAiCall(sampleSpan({ attributes: attributesOf(CHAT), events }));
    expect([call?.messages, call?.finishReasons]).toEqual([SPOKEN, ['stop']]);
  });

  test('gen_ai, second generation: log records', () => {
    const logs = bodies.map(([name, body]) => ({ name, timeUnixNano: EPOCH, values: new Map(), body: body as never }));
    expect(readAiCall(sampleSpan({ attributes: attributesOf(CHAT) }), logs)?.messages).toEqual(SPOKEN);
  });

  test('gen_ai, third generation: one event with all details', () => {
    const values = valuesOf(
      attributesOf({
        'gen_ai.system_instructions': [{ type: 'text', content: 'Be brief.' }],
        'gen_ai.input.messages': PARTS,
        'gen_ai.output.messages': [{ role: 'assistant', parts: [{ type: 'text', content: 'Green tea.' }] }],
      }),
    );
    const logs = [{ name: 'gen_ai.client.inference.operation.details', timeUnixNano: EPOCH, values }];
    expect(readAiCall(sampleSpan({ attributes: attributesOf(CHAT) }), logs)?.messages).toEqual(SPOKEN);
  });
});

test('everything a call can say', () => {
  const attributes = attributesOf({
    ...CHAT,
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o',
    'gen_ai.usage.input_tokens': 1000,
    'gen_ai.response.finish_reasons': ['stop'],
    'gen_ai.response.time_to_first_chunk': 0.25,
    'gen_ai.conversation.id': 'thread-1',
    'user.id': 'u1',
  });
  const events = [event('exception', { 'exception.type': 'APIError', 'exception.message': 'overloaded' })];
  const status = { code: 2, message: 'overloaded' };
  expect(readAiCall(sampleSpan({ name: 'chat gpt-4o', attributes, events, status }))).toEqual({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: '0000000000000001',
    name: 'chat gpt-4o',
    operation: 'chat',
    provider: 'openai',
    model: 'gpt-4o',
    startMillis: 1767225600000,
    durationMillis: 10,
    timeToFirstTokenMillis: 250,
    error: 'APIError: overloaded',
    finishReasons: ['stop'],
    tokens: { input: 1000, output: 0 },
    costUsd: 0.0025,
    user: 'u1',
    thread: 'thread-1',
    dialect: 'gen_ai',
    messages: [],
    contentCaptured: false,
  });
});

/** Which attribute is missing changes nothing about the others (an optional one once hid every message). */
test.each(['role', 'content', 'id', 'name', 'type', 'finish_reason'])('a message without %s is shown', (missing) => {
  const whole = { id: 'x', name: 'search', type: 'message', role: 'user', content: 'Tea?', finish_reason: 'stop' };
  const { [missing as 'role']: _left, ...message } = whole;
  const attributes = attributesOf({ 'gen_ai.input.messages': json([message, { content: 'Second' }]) });
  expect(readAiCall(sampleSpan({ attributes }))?.messages).toEqual([
    missing === 'content' ? { role: 'user' } : { role: 'user', text: 'Tea?' },
    { role: 'user', text: 'Second' },
  ]);
});

test.each<[string, Record<string, Plain>, object]>([
  [
    'no JSON',
    { 'gen_ai.input.messages': '[{"role":"user"' },
    { messages: [{ role: 'user', text: '[{"role":"user"' }] },
  ],
  ['a number', { 'gen_ai.input.messages': 7 }, { messages: [{ role: 'user', text: '7' }] }],
  [
    'a part nobody knows',
    { 'gen_ai.input.messages': json([{ parts: [{ type: 'blob' }] }]) },
    { messages: [{ role: 'user', text: '[blob]' }] },
  ],
  [
    'JSON deeper than the stack',
    { 'gen_ai.input.messages': '{"message":'.repeat(50_000) + '1' + '}'.repeat(50_000) },
    { contentCaptured: true },
  ],
  ['a path deeper than a message', { [`gen_ai.prompt.0${'.a'.repeat(50_000)}`]: 'x' }, { messages: [] }],
  [
    'a prototype',
    { 'gen_ai.prompt.0.__proto__.role': 'x', 'gen_ai.prompt.0.content': 'Tea?' },
    { messages: [{ role: 'user', text: 'Tea?' }] },
  ],
])('odd input: %s', (_case, attributes, expected) => {
  expect(readAiCall(sampleSpan({ attributes: attributesOf(attributes) }))).toMatchObject(expected);
});

test.each<[string, Record<string, Plain>, object]>([
  [
    'a tool of the conventions',
    {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'search',
      'gen_ai.tool.call.id': 'c1',
      'gen_ai.tool.call.arguments': '{"q":"tea"}',
      'gen_ai.tool.call.result': 'green',
    },
    {
      operation: 'execute_tool',
      messages: [{ role: 'assistant', toolCalls: [{ id: 'c1', ...CALL, result: 'green' }] }],
    },
  ],
  [
    'a tool of the AI SDK',
    {
      'ai.operationId': 'ai.toolCall',
      'ai.toolCall.name': 'search',
      'ai.toolCall.id': 'c1',
      'ai.toolCall.args': '{"q":"tea"}',
      'ai.toolCall.result': '"green"',
    },
    {
      operation: 'execute_tool',
      messages: [{ role: 'assistant', toolCalls: [{ id: 'c1', ...CALL, result: '"green"' }] }],
    },
  ],
  [
    'documents of OpenInference',
    {
      'openinference.span.kind': 'RETRIEVER',
      'input.value': 'Tea?',
      'retrieval.documents.0.document.id': 'd1',
      'retrieval.documents.0.document.content': 'Teas',
      'retrieval.documents.0.document.score': 0.5,
    },
    {
      operation: 'retrieval',
      messages: [{ role: 'user', text: 'Tea?' }],
      documents: [{ id: 'd1', text: 'Teas', score: 0.5 }],
    },
  ],
  [
    'documents of the conventions',
    {
      'gen_ai.operation.name': 'retrieval',
      'gen_ai.retrieval.query.text': 'Tea?',
      'gen_ai.retrieval.documents': '[{"id":"d1","score":0}]',
    },
    { operation: 'retrieval', messages: [{ role: 'user', text: 'Tea?' }], documents: [{ id: 'd1', score: 0 }] },
  ],
])('%s', (_case, attributes, expected) => {
  expect(readAiCall(sampleSpan({ attributes: attributesOf(attributes) }))).toMatchObject(expected);
});

test('a span that has nothing to do with a model is none', () => {
  expect(readAiCall(sampleSpan({ attributes: attributesOf({ 'http.request.method': 'GET' }) }))).toBeUndefined();
});
