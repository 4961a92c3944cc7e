/** Sending and handling: the trees that come of it, the links, and what the message carries. */
import { type Context, type Span, context, trace } from '@opentelemetry/api';
import { baggage, traceAsync } from '@/lib/tracing/index.ts';
import {
  addTraceContext,
  extractTraceContext,
  traceBatch,
  traceProcess,
  traceSend,
} from '@/lib/tracing/messaging-tracing/index.ts';
import { startedTree } from '../../../../helpers/started-tree.ts';
import { type TestTracing, bootTracing, resetGlobals } from '../../../../helpers/test-tracing.ts';
import { tree } from '../../../../helpers/trace-tree.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const CARRIER = { trace_id: TRACE, span_id: SPAN, traceparent: `00-${TRACE}-${SPAN}-01` };
const NOW = Date.UTC(2026, 0, 1);
const id = (count: number, digits: 16 | 32): string => count.toString(16).padStart(digits, '0');

let tracing: TestTracing;
beforeEach(() => {
  tracing = bootTracing();
  jest.spyOn(Date, 'now').mockReturnValue(NOW);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await tracing.stop();
});

const shown = (...attributes: string[]): Promise<string> => startedTree(tracing, attributes);

/** `name -> span ids it links to`, for each span in the order of their starts. */
async function links(): Promise<Record<string, string[]>> {
  const spans = (await tracing.spans()).toSorted((a, b) => (a.spanContext().spanId < b.spanContext().spanId ? -1 : 1));
  return Object.fromEntries(
    spans.map((span) => [
      `${span.name} ${Number.parseInt(span.spanContext().spanId, 16)}`,
      span.links.map((link) => link.context.spanId),
    ]),
  );
}

/** A queue: what is sent stays there, as JSON. */
class MemoryQueue {
  readonly wire: string[] = [];
  send = async (message: unknown): Promise<number> => this.wire.push(JSON.stringify(message));
  take(): unknown {
    return JSON.parse(this.wire.shift() ?? 'null');
  }
}

describe('traceSend', () => {
  it('opens a PRODUCER span, and the message goes out with its context', async () => {
    const queue = new MemoryQueue();
    const job = Object.freeze({ zip_code: '78729' });
    const result = await traceAsync('page', () => traceSend('fetch-jobs', job, queue.send, { system: 'kafka' }));
    expect([result, queue.take(), await shown()]).toEqual([
      1,
      {
        zip_code: '78729',
        _trace: {
          trace_id: id(1, 32),
          span_id: id(2, 16),
          parent_span_id: id(1, 16),
          traceparent: `00-${id(1, 32)}-${id(2, 16)}-01`,
          queue: 'fetch-jobs',
          sent_at: NOW,
        },
      },
      tree(`
        page INTERNAL
          send fetch-jobs PRODUCER
      `),
    ]);
    const [send] = await tracing.spans();
    expect(send?.attributes).toEqual({
      'messaging.system': 'kafka',
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.destination.name': 'fetch-jobs',
    });
  });

  it('hands the context as headers too', async () => {
    const seen = await traceSend('q', {}, async (message, span, headers) => [
      span.spanContext().spanId,
      headers,
      message,
    ]);
    expect(seen).toEqual([
      id(1, 16),
      { traceparent: `00-${id(1, 32)}-${id(1, 16)}-01` },
      { _trace: expect.objectContaining({ span_id: id(1, 16) }) },
    ]);
  });

  it('keeps the context that a message has: in its trace, or linked to it', async () => {
    const queue = new MemoryQueue();
    const job = { zip: '78729', _trace: CARRIER };
    await traceSend('fetch-jobs', job, queue.send);
    await traceAsync('page', () => traceSend('fetch-jobs', job, queue.send));
    expect([queue.take(), queue.take(), await shown(), await links()]).toEqual([
      job,
      job,
      tree(`
        ^ send fetch-jobs PRODUCER
        page INTERNAL
          send fetch-jobs PRODUCER
      `),
      { 'send fetch-jobs 1': [SPAN], 'page 2': [], 'send fetch-jobs 3': [SPAN] },
    ]);
    const [alone] = await tracing.spans();
    expect(alone?.spanContext().traceId).toBe(TRACE);
  });

  it('sends what has no room for a context as it is, or in an envelope', async () => {
    const sent: unknown[] = [];
    const send = (message: unknown): number => sent.push(message);
    traceSend('q', 'text', send);
    traceSend('q', 'text', send, { envelope: true });
    expect(sent).toEqual(['text', { _body: 'text', _trace: expect.objectContaining({ span_id: id(2, 16) }) }]);
  });

  it('where nothing is sampled the decision travels', async () => {
    await tracing.stop();
    tracing = bootTracing({ sampling: { ratio: 0 } });
    const message = traceSend('q', { zip: 1 }, (traced) => traced);
    let inside: number | undefined;
    traceProcess('q', message, (_body, span) => (inside = span.spanContext().traceFlags));
    expect([extractTraceContext(message)?.traceparent.slice(-3), inside, await shown()]).toEqual(['-00', 0, '']);
  });

  it('a send that fails is told of, once', async () => {
    const failure = new RangeError('too large');
    await expect(traceSend('q', {}, () => Promise.reject(failure))).rejects.toBe(failure);
    expect(await shown('error.type')).toBe('send q PRODUCER ERROR error.type="RangeError"');
  });
});

describe('with tracing off, or no SDK', () => {
  it.each<[string, () => void]>([
    ['off', () => (tracing = bootTracing({ enabled: false }))],
    ['no SDK', resetGlobals],
  ])('%s: a message goes out as it is, and is handled as it was sent', async (_state, enter) => {
    await tracing.stop();
    enter();
    const job = { zip: '78729' };
    const traced = addTraceContext(job, { traceId: TRACE });
    expect([
      traceSend('q', job, (message) => message === job),
      traceSend('q', 'text', (message) => message, { envelope: true }),
      traceProcess('q', job, (message) => message === job),
      traceProcess('q', traced, (message) => message),
      await traceBatch('q', [job, traced], (message) => message),
    ]).toEqual([true, 'text', true, job, [job, job]]);
  });
});

describe('traceProcess', () => {
  it('opens a CONSUMER span under the sender, and links it too', async () => {
    const message = traceSend('fetch-jobs', { zip_code: '78729' }, (traced) => traced);
    jest.mocked(Date.now).mockReturnValue(NOW + 1500);
    const seen = traceProcess('fetch-jobs', message, (body) => body);
    expect([seen, await shown(), await links()]).toEqual([
      { zip_code: '78729' },
      tree(`
        send fetch-jobs PRODUCER
          process fetch-jobs CONSUMER
      `),
      { 'send fetch-jobs 1': [], 'process fetch-jobs 2': [id(1, 16)] },
    ]);
    expect((await tracing.spans()).find(({ name }) => name.startsWith('process'))?.attributes).toEqual({
      'messaging.system': '_OTHER',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'fetch-jobs',
      'throughline.messaging.attempt': 1,
      'throughline.messaging.waited_ms': 1500,
    });
  });

  it('is never part of what happens to be active: that is a link', async () => {
    const message = { _trace: CARRIER };
    await traceAsync('poll', async () => {
      traceProcess('q', message, () => {});
      traceProcess('q', {}, () => {});
    });
    expect([await shown(), await links(), (await tracing.spans()).map((span) => span.spanContext().traceId)]).toEqual([
      tree(`
        poll INTERNAL
        ^ process q CONSUMER
        process q CONSUMER
      `),
      { 'poll 1': [], 'process q 2': [SPAN, id(1, 16)], 'process q 3': [id(1, 16)] },
      [TRACE, id(2, 32), id(1, 32)],
    ]);
  });

  it('what is sent while a message is handled goes on with its trace', async () => {
    const [weather, landscape] = [new MemoryQueue(), new MemoryQueue()];
    const job = await traceAsync('POST /admin/generate', () => traceSend('fetch-jobs', { zip: 1 }, async (one) => one));
    await traceProcess('fetch-jobs', job, () => traceSend('weather-ready', { lat: 1 }, weather.send));
    await traceProcess('weather-ready', weather.take(), () =>
      Promise.all(['rgb', 'eink'].map((format) => traceSend('landscape-jobs', { format }, landscape.send))),
    );
    await traceProcess('landscape-jobs', landscape.take(), async () => {});
    await traceProcess('landscape-jobs', landscape.take(), async () => {});
    expect([await shown(), new Set((await tracing.spans()).map((span) => span.spanContext().traceId)).size]).toEqual([
      tree(`
        POST /admin/generate INTERNAL
          send fetch-jobs PRODUCER
            process fetch-jobs CONSUMER
              send weather-ready PRODUCER
                process weather-ready CONSUMER
                  send landscape-jobs PRODUCER
                    process landscape-jobs CONSUMER
                  send landscape-jobs PRODUCER
                    process landscape-jobs CONSUMER
      `),
      1,
    ]);
  });

  it('each message has baggage of its own', () => {
    const seen = baggage.run(() => {
      baggage.set('tenant', 'outer');
      const first = traceProcess('q', {}, () => {
        baggage.set('job', '1');
        return baggage.getAll();
      });
      return [first, traceProcess('q', {}, () => baggage.getAll()), baggage.getAll()];
    });
    expect(seen).toEqual([{ job: '1' }, {}, { tenant: 'outer' }]);
  });

  it('a failure is on the span, with the next attempt beside it under the same parent', async () => {
    const message = {
      attempts: 1,
      ack: () => {},
      retry: () => {},
      id: 'm-1',
      timestamp: new Date(NOW),
      body: { _trace: CARRIER },
    };
    const failure = new Error('no weather');
    const first = traceProcess('fetch-jobs', message, () => Promise.reject(failure));
    await expect(first).rejects.toBe(failure);
    await traceProcess('fetch-jobs', { ...message, attempts: 2 }, async () => {});
    expect(await shown('messaging.system', 'messaging.message.id', 'throughline.messaging.attempt')).toBe(
      tree(`
        ^ process fetch-jobs CONSUMER ERROR messaging.system="cloudflare_queues" messaging.message.id="m-1" throughline.messaging.attempt=1
        ^ process fetch-jobs CONSUMER messaging.system="cloudflare_queues" messaging.message.id="m-1" throughline.messaging.attempt=2
      `),
    );
    expect((await tracing.spans()).map((span) => span.parentSpanContext?.spanId)).toEqual([SPAN, SPAN]);
  });

  it('a dead letter keeps where it came from, and how often it was tried', async () => {
    const dead = new MemoryQueue();
    const job = traceSend('fetch-jobs', { zip: 1 }, (traced) => traced);
    const delivered = { attempts: 3, ack: () => {}, retry: () => {}, body: job };
    await traceProcess('fetch-jobs', delivered, () => traceSend('dead-letters', job, dead.send));
    const letter = dead.take();
    // There the queue counts from 1 again.
    traceProcess('dead-letters', { ...delivered, attempts: 1, body: letter }, () => {});
    expect([
      extractTraceContext(letter),
      await shown('throughline.messaging.attempt', 'throughline.messaging.origin_queue'),
    ]).toEqual([
      { ...extractTraceContext(job), attempt: 3 },
      tree(`
        send fetch-jobs PRODUCER
          process fetch-jobs CONSUMER throughline.messaging.attempt=3
            send dead-letters PRODUCER
          process dead-letters CONSUMER throughline.messaging.attempt=4 throughline.messaging.origin_queue="fetch-jobs"
      `),
    ]);
  });

  it('clocks of two machines differ: nothing waited less than no time', async () => {
    traceProcess('q', { _trace: { ...CARRIER, sent_at: NOW + 60_000 } }, () => {});
    expect(await shown('throughline.messaging.waited_ms')).toBe(
      '^ process q CONSUMER throughline.messaging.waited_ms=0',
    );
  });

  it('fields of a bare body are the program’s own, whatever their names', async () => {
    const message = { id: 'planted', body: 'planted', attempts: 7, timestamp: 1 };
    const seen = traceProcess('mail', message, (given) => given === message);
    expect([seen, await shown('throughline.messaging.attempt'), await tracing.bytes()]).toEqual([
      true,
      'process mail CONSUMER throughline.messaging.attempt=1',
      expect.not.stringContaining('planted'),
    ]);
  });
});

describe('traceBatch', () => {
  it('opens a root with links, and a span for each message in the message’s own trace', async () => {
    const jobs = await Promise.all([1, 2].map((zip) => traceSend('q', { zip }, async (traced) => traced)));
    const seen = await traceBatch('q', [...jobs, { zip: 3 }], async ({ zip }) => zip * 10, { system: 'kafka' });
    expect([seen, await shown('messaging.system', 'messaging.batch.message_count'), await links()]).toEqual([
      [10, 20, 30],
      tree(`
        send q PRODUCER messaging.system="_OTHER"
          process q CONSUMER messaging.system="kafka"
        send q PRODUCER messaging.system="_OTHER"
          process q CONSUMER messaging.system="kafka"
        receive q CLIENT messaging.system="kafka" messaging.batch.message_count=3
        process q CONSUMER messaging.system="kafka"
      `),
      {
        'send q 1': [],
        'send q 2': [],
        'receive q 3': [id(1, 16), id(2, 16)],
        'process q 4': [id(1, 16), id(3, 16)],
        'process q 5': [id(2, 16), id(3, 16)],
        'process q 6': [id(3, 16)],
      },
    ]);
  });

  it('does not become part of what happens to be active', async () => {
    await traceAsync('poll', () => traceBatch('q', [{}, {}], async () => {}));
    expect([await shown(), await links()]).toEqual([
      tree(`
        poll INTERNAL
        receive q CLIENT
        process q CONSUMER
        process q CONSUMER
      `),
      { 'poll 1': [], 'receive q 2': [id(1, 16)], 'process q 3': [id(2, 16)], 'process q 4': [id(2, 16)] },
    ]);
  });

  it('handles one message as one message, and none as none', async () => {
    expect([await traceBatch('q', [{ _trace: CARRIER }], () => 1), await traceBatch('q', [], () => 1)]).toEqual([
      [1],
      [],
    ]);
    expect(await shown()).toBe('^ process q CONSUMER');
  });

  it('stops at the message that fails, as a loop does', async () => {
    const failure = new Error('second');
    const seen: number[] = [];
    const handled = traceBatch('q', [1, 2, 3], async (message) => {
      seen.push(message);
      if (message === 2) throw failure;
    });
    await expect(handled).rejects.toBe(failure);
    expect([seen, await shown()]).toEqual([
      [1, 2],
      tree(`
        receive q CLIENT ERROR
        process q CONSUMER
        process q CONSUMER ERROR
      `),
    ]);
  });

  it('links to as many senders as the SDK keeps, and no more', async () => {
    const messages = Array.from({ length: 300 }, (_none, index) => ({
      _trace: { trace_id: TRACE, span_id: id(index + 1, 16) },
    }));
    await traceBatch('q', messages, () => {});
    const root = (await tracing.spans()).find(({ name }) => name === 'receive q');
    expect([root?.links.length, root?.droppedLinksCount]).toEqual([128, 0]);
  });
});

it('a thousand jobs at once: no trace is crossed', async () => {
  const queue = new MemoryQueue();
  const jobs = Array.from({ length: 1000 }, (_none, index) => index);
  await Promise.all(jobs.map((job) => traceAsync(`page ${job}`, () => traceSend('q', { job }, queue.send))));
  const messages = queue.wire.map((text) => JSON.parse(text) as { job: number });
  const turns = new Map<number, Context>();
  const work = async ({ job }: { job: number }, span: Span): Promise<void> => {
    for (let turn = 0; turn < 1 + (job % 3); turn += 1) await new Promise(setImmediate);
    turns.set(job, context.active());
    await traceAsync(`work ${job}`, () => new Promise(setImmediate));
    expect(trace.getActiveSpan()).toBe(span);
  };
  await Promise.all(messages.map((message) => traceProcess('q', message, work)));
  const spans = await tracing.spans();
  const byTrace = new Map<string, typeof spans>();
  for (const span of spans) {
    const { traceId } = span.spanContext();
    byTrace.set(traceId, [...(byTrace.get(traceId) ?? []), span]);
  }
  const crossed = [...byTrace.values()].filter((group) => {
    const names = group.map(({ name }) => name.replace(/\d+/, ''));
    const numbers = new Set(group.flatMap(({ name }) => /\d+/.exec(name) ?? []));
    return numbers.size !== 1 || names.toSorted().join() !== 'page ,process q,send q,work ';
  });
  expect([spans.length, byTrace.size, crossed.length, turns.size]).toEqual([4000, 1000, 0, 1000]);
});
