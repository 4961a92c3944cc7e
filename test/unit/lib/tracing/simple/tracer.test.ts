import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type SimpleSpan,
  type SimpleTracer,
  type SimpleTracerOptions,
  createTracer,
} from '@/lib/tracing/simple/index.ts';

interface Line {
  readonly message: string;
  readonly trace: {
    readonly traceId: string;
    readonly spanId: string;
    readonly parentSpanId?: string;
    readonly operation: string;
    readonly status: string;
  };
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events?: readonly { readonly name: string; readonly timestamp: number }[];
}

const storage = new AsyncLocalStorage<SimpleSpan>();
const START = Date.UTC(2025, 7, 16, 15, 27, 2, 790);

function tracerOf(options: SimpleTracerOptions = {}): {
  tracer: SimpleTracer;
  lines: () => Line[];
  text: () => string;
} {
  const written: string[] = [];
  const tracer = createTracer({ storage, write: (line) => written.push(line), ...options });
  return {
    tracer,
    lines: () => written.map((line) => JSON.parse(line) as Line),
    text: () => written.join('\n'),
  };
}

/** The clock at a time, which moves only when it is told to, and chance that counts. */
function fixClock(): (millis: number) => void {
  let moved = 0;
  let drawn = 0;
  jest.spyOn(Date, 'now').mockImplementation(() => START + moved);
  jest.spyOn(performance, 'now').mockImplementation(() => moved);
  jest.spyOn(Math, 'random').mockImplementation(() => (drawn++ % 15) / 15 + 0.01);
  return (millis) => void (moved += millis);
}

beforeEach(() => {
  process.env['OTEL_SERVICE_NAME'] = 'ai-storefront';
  process.env['OTEL_SERVICE_VERSION'] = '1.0.0';
});
afterEach(() => {
  delete process.env['OTEL_SERVICE_NAME'];
  delete process.env['OTEL_SERVICE_VERSION'];
  jest.restoreAllMocks();
});

it('writes the line of the document for a call of a language model', async () => {
  const pass = fixClock();
  const { tracer, lines } = tracerOf();
  const details = {
    model: 'gpt-4o-mini',
    provider: 'openai',
    temperature: 0.7,
    prompt: 'PLANTED',
    userId: 'test-user',
    threadId: 'test-thread-123',
  };
  const answer = await tracer.traceLLMCall('openai.chat.completions.create', details, async (span) => {
    pass(4283);
    span.setAttributes({
      'llm.usage.prompt_tokens': 159,
      'llm.usage.completion_tokens': 237,
      'llm.usage.total_tokens': 396,
      'response.finish_reason': 'stop',
    });
    return 'hello';
  });
  expect([answer, lines()]).toEqual([
    'hello',
    [
      {
        timestamp: '2025-08-16T15:27:07.073Z',
        level: 'INFO',
        message: 'TRACE: openai.chat.completions.create',
        trace: {
          traceId: '123456789abcdef123456789abcdef12',
          spanId: '3456789abcdef123',
          operation: 'openai.chat.completions.create',
          duration: '4283ms',
          status: 'OK',
        },
        attributes: {
          'service.name': 'ai-storefront',
          'service.version': '1.0.0',
          'llm.vendor': 'openai',
          'llm.request.model': 'gpt-4o-mini',
          'llm.request.temperature': 0.7,
          'llm.usage.prompt_tokens': 159,
          'llm.usage.completion_tokens': 237,
          'llm.usage.total_tokens': 396,
          'user.id': 'test-user',
          'thread.id': 'test-thread-123',
          'response.finish_reason': 'stop',
        },
      },
    ],
  ]);
});

it('writes the line of the document for a turn of a conversation', async () => {
  const pass = fixClock();
  const { tracer, lines } = tracerOf();
  const turn = { userId: 'anonymous-user-id', threadId: 'test-thread-456', turnId: 'test-thread-456-1755358043101' };
  await tracer.traceChatTurn('continue_thread', turn, async () => pass(5586));
  expect(lines()).toEqual([
    {
      timestamp: '2025-08-16T15:27:08.376Z',
      level: 'INFO',
      message: 'TRACE: chat.continue_thread',
      trace: {
        traceId: '123456789abcdef123456789abcdef12',
        spanId: '3456789abcdef123',
        operation: 'chat.continue_thread',
        duration: '5586ms',
        status: 'OK',
      },
      attributes: {
        'service.name': 'ai-storefront',
        'service.version': '1.0.0',
        'chat.thread_id': 'test-thread-456',
        'chat.user_id': 'anonymous-user-id',
        'chat.turn_id': 'test-thread-456-1755358043101',
      },
      events: [
        { name: 'chat.turn.start', timestamp: START },
        { name: 'chat.turn.complete', timestamp: START + 5586 },
      ],
    },
  ]);
});

it.each<[what: string, thrown: unknown, type: unknown]>([
  ['an error', new RangeError('PLANTED prompt of a user'), 'RangeError'],
  ["a client's error", Object.assign(new Error('PLANTED'), { status: 429 }), 429],
  ['a text', 'PLANTED', undefined],
  ['null', null, undefined],
])('writes what failed without what it said: %s', async (_what, thrown, type) => {
  const { tracer, lines, text } = tracerOf();
  const failing = tracer.traceChatTurn('turn', {}, async () => {
    throw thrown;
  });
  await expect(failing).rejects.toBe(thrown);
  const [line] = lines();
  expect([line?.trace.status, line?.attributes['error.type'], line?.events?.map(({ name }) => name)]).toEqual([
    'ERROR',
    type,
    ['chat.turn.start', 'chat.turn.error'],
  ]);
  expect(text()).not.toContain('PLANTED');
});

it('writes no prompt, and one that is asked for', async () => {
  const { tracer, text } = tracerOf();
  const prompt = 'PLANTED';
  await tracer.traceLLMCall('call', { prompt }, async () => {});
  expect(text()).not.toContain('PLANTED');
  await tracer.traceLLMCall('call', { prompt }, async (span) => span.setAttributes({ 'llm.request.prompt': prompt }));
  expect(text()).toContain('"llm.request.prompt":"PLANTED"');
});

it('names the service by its options before the environment', async () => {
  const { tracer, lines } = tracerOf({ attributes: { 'service.name': 'own', 'deployment.environment.name': 'test' } });
  await tracer.withSpan('work', {}, async () => {});
  expect(lines().map(({ attributes }) => attributes)).toEqual([
    { 'service.name': 'own', 'service.version': '1.0.0', 'deployment.environment.name': 'test' },
  ]);
});

/** Each line as `operation < operation of its parent`, and how many traces there are. */
function family(lines: readonly Line[]): [traces: number, relations: string[]] {
  const names = new Map(lines.map(({ trace }) => [trace.spanId, trace.operation]));
  const relations = lines.map(({ trace: { operation, parentSpanId } }) =>
    parentSpanId === undefined ? operation : `${operation} < ${names.get(parentSpanId) ?? parentSpanId}`,
  );
  return [new Set(lines.map(({ trace }) => trace.traceId)).size, relations];
}

describe('a hierarchy', () => {
  const turn = (tracer: SimpleTracer, name: string, wait: Promise<void>): Promise<unknown> =>
    tracer.traceChatTurn(name, {}, async () => {
      await wait;
      await tracer.traceLLMCall(`call of ${name}`, {}, async () => {
        await wait;
        await tracer.withSpan(`step of ${name}`, {}, async () => {});
      });
    });

  it('is found behind an await, also when two turns run at once', async () => {
    const { tracer, lines } = tracerOf();
    let go = (): void => {};
    const wait = new Promise<void>((resolve) => (go = resolve));
    const turns = [turn(tracer, 'a', wait), turn(tracer, 'b', wait)];
    go();
    await Promise.all(turns);
    const [traces, relations] = family(lines());
    expect([traces, relations.toSorted()]).toEqual([
      2,
      [
        'call of a < chat.a',
        'call of b < chat.b',
        'chat.a',
        'chat.b',
        'step of a < call of a',
        'step of b < call of b',
      ],
    ]);
  });

  it('is made by hand where there is no storage: by the span, or by its traceparent', async () => {
    const { tracer, lines } = tracerOf({ storage: undefined as never });
    await tracer.traceChatTurn('turn', {}, async (span) => {
      await tracer.traceLLMCall('by span', { parent: span }, async () => {});
      await tracer.withSpan('by text', {}, async () => {}, { parent: span.traceparent });
      await tracer.withSpan('on its own', {}, async () => {});
    });
    expect(family(lines())).toEqual([2, ['by span < chat.turn', 'by text < chat.turn', 'on its own', 'chat.turn']]);
  });

  it('goes on with a trace that came in a header', async () => {
    const { tracer, lines } = tracerOf();
    const parent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    let own = '';
    await tracer.withSpan('work', {}, async ({ traceparent }) => void (own = traceparent), { parent });
    const [line] = lines();
    expect([line?.trace.traceId, line?.trace.parentSpanId, own]).toEqual([
      '4bf92f3577b34da6a3ce929d0e0e4736',
      '00f067aa0ba902b7',
      `00-4bf92f3577b34da6a3ce929d0e0e4736-${line?.trace.spanId}-01`,
    ]);
  });

  it.each(['', 'nonsense', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, '00-4BF9-00f0-01', null, 7])(
    'begins anew for what is no parent: %j',
    async (parent) => {
      const { tracer, lines } = tracerOf();
      await tracer.withSpan('work', {}, async () => {}, { parent: parent as never });
      const [line] = lines();
      expect([line?.trace.parentSpanId, /^[1-9a-f]{32}$/.test(line?.trace.traceId ?? '')]).toEqual([undefined, true]);
    },
  );
});

describe('what cannot be written', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  const hostile = {
    toJSON() {
      throw new Error('toJSON');
    },
  };
  it.each<[what: string, attributes: object, kept: object]>([
    ['a big number', { big: 10n }, {}],
    ['a cycle', { cycle }, {}],
    ['a value that throws', { hostile }, {}],
    ['nothing', { none: undefined, not: null }, { not: null }],
    ['a function', { call: () => 1 }, {}],
    ['a date', { at: new Date(0) }, { at: '1970-01-01T00:00:00.000Z' }],
    ['a list', { list: ['a', 1] }, { list: ['a', 1] }],
    ['a proxy that throws', new Proxy({}, { ownKeys: () => { throw new Error('keys'); } }), {}], // prettier-ignore
  ])('costs no line: %s', async (_what, attributes, kept) => {
    const { tracer, lines } = tracerOf({ attributes: {} });
    await tracer.withSpan('work', attributes as never, async () => {});
    const service = { 'service.name': 'ai-storefront', 'service.version': '1.0.0' };
    expect(lines().map((line) => line.attributes)).toEqual([{ ...service, ...kept }]);
  });

  it('costs the program nothing when the log itself fails', async () => {
    const { tracer } = tracerOf({
      write: () => {
        throw new Error('no log');
      },
    });
    await expect(tracer.withSpan('work', {}, async () => 7)).resolves.toBe(7);
  });
});

it('shows the spans that are open, and forgets the oldest of very many', async () => {
  const { tracer, lines } = tracerOf();
  let finish = (): void => {};
  const wait = new Promise<void>((resolve) => (finish = resolve));
  const open = Array.from({ length: 300 }, (_, index) => tracer.withSpan(`work ${index}`, {}, () => wait));
  const seen = [tracer.activeSpans.length, tracer.activeSpans[0]?.operation, tracer.activeSpans.at(-1)?.operation];
  finish();
  await Promise.all(open);
  expect([seen, tracer.activeSpans.length, lines().length]).toEqual([[99, 'work 201', 'work 299'], 0, 300]);
});

it('keeps a bounded number of events and attributes', async () => {
  const { tracer, lines } = tracerOf();
  await tracer.withSpan('work', {}, async (span) => {
    for (let count = 0; count < 1000; count++) span.addEvent('again');
    for (let count = 0; count < 1000; count++) span.setAttributes({ [`key.${count}`]: 1 });
  });
  const [line] = lines();
  expect([line?.events?.length, Object.keys(line?.attributes ?? {}).length]).toEqual([98, 2]);
});
