/** Cloudflare Queues by their shapes: what is sent and answered, and what a handler gets. The types are Cloudflare's own. */
import type { MessageBatch, Queue } from '@cloudflare/workers-types';
import {
  extractTraceContext,
  traceProcess,
  traceQueue,
  traceQueueBatch,
} from '@/lib/tracing/messaging-tracing/index.ts';
import { startedTree } from '../../../../helpers/started-tree.ts';
import { type TestTracing, bootTracing } from '../../../../helpers/test-tracing.ts';
import { tree } from '../../../../helpers/trace-tree.ts';

interface Job {
  readonly zip: string;
}

const ANSWER = { metadata: { metrics: { backlogCount: 3, backlogBytes: 120 } } };
const SPAN = '00f067aa0ba902b7';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

/** As the runtime's own objects do, this refuses any other `this`. */
class Binding {
  readonly #calls: unknown[][] = [];
  get calls(): unknown[][] {
    return this.#calls;
  }
  async send(...args: unknown[]): Promise<typeof ANSWER> {
    this.#calls.push(args);
    return ANSWER;
  }
  async sendBatch(messages: Iterable<unknown>, ...rest: unknown[]): Promise<typeof ANSWER> {
    this.#calls.push([[...messages], ...rest]);
    return ANSWER;
  }
  async metrics(): Promise<number> {
    return this.#calls.length;
  }
}

class Message<Body> {
  readonly id: string;
  readonly timestamp = new Date(0);
  readonly attempts: number;
  readonly #body: Body;
  #outcome = 'none';

  constructor(id: string, body: Body, attempts = 1) {
    this.id = id;
    this.#body = body;
    this.attempts = attempts;
  }
  get body(): Body {
    return this.#body;
  }
  get outcome(): string {
    return this.#outcome;
  }
  ack(): void {
    this.#outcome = 'ack';
  }
  retry(): void {
    this.#outcome = 'retry';
  }
}

let tracing: TestTracing;
let binding: Binding;
beforeEach(() => {
  tracing = bootTracing();
  binding = new Binding();
});
afterEach(() => tracing.stop());

const shown = (...attributes: string[]): Promise<string> => startedTree(tracing, attributes);
const queueOf = (envelope?: boolean): Queue => traceQueue(binding as unknown as Queue, 'fetch-jobs', { envelope });
const carried = (count: number): unknown => ({
  trace_id: expect.any(String),
  span_id: count.toString(16).padStart(16, '0'),
  traceparent: expect.any(String),
  queue: 'fetch-jobs',
  sent_at: expect.any(Number),
});

function batchOf(...messages: Message<unknown>[]): MessageBatch<Job> {
  return {
    queue: 'fetch-jobs',
    messages,
    ...ANSWER,
    ackAll: () => {},
    retryAll: () => {},
  } as unknown as MessageBatch<Job>;
}
const job = (zip: string): object => ({ zip, _trace: { trace_id: TRACE, span_id: SPAN } });

describe('traceQueue', () => {
  it('sends with context, gives the answer back, and tells of the backlog', async () => {
    const queue = queueOf();
    const answer = await queue.send({ zip: '78729' }, { delaySeconds: 5 });
    expect([answer === (ANSWER as unknown), binding.calls, await queue.metrics()]).toEqual([
      true,
      [[{ zip: '78729', _trace: carried(1) }, { delaySeconds: 5 }]],
      1,
    ]);
    expect(
      await shown('messaging.system', 'throughline.messaging.backlog_count', 'throughline.messaging.backlog_bytes'),
    ).toBe(
      'send fetch-jobs PRODUCER messaging.system="cloudflare_queues" throughline.messaging.backlog_count=3 throughline.messaging.backlog_bytes=120',
    );
  });

  it('sends a batch in one span, of whatever can be iterated', async () => {
    const messages = new Set([
      { body: { zip: '1' }, delaySeconds: 1 },
      { body: 'text', contentType: 'text' as const },
    ]);
    const answer = await queueOf().sendBatch(messages, { delaySeconds: 2 });
    expect([answer === (ANSWER as unknown), binding.calls, await shown('messaging.batch.message_count')]).toEqual([
      true,
      [
        [
          [
            { body: { zip: '1', _trace: carried(1) }, delaySeconds: 1 },
            { body: 'text', contentType: 'text' },
          ],
          { delaySeconds: 2 },
        ],
      ],
      'send fetch-jobs PRODUCER messaging.batch.message_count=2',
    ]);
  });

  it.each<[string, unknown, { contentType: 'text' | 'bytes' | 'json' | 'v8' } | undefined, unknown[]]>([
    ['a text', 'text', { contentType: 'text' }, [{ _trace: carried(1), _body: 'text' }, { contentType: 'json' }]],
    [
      'bytes',
      new Uint8Array([1, 2]).buffer,
      { contentType: 'bytes' },
      [{ _trace: carried(1), _body: 'AQI=', _bytes: 'ArrayBuffer' }, { contentType: 'json' }],
    ],
    ['a list', [1], { contentType: 'v8' }, [{ _trace: carried(1), _body: [1] }, { contentType: 'v8' }]],
    ['an object', { zip: 1 }, { contentType: 'json' }, [{ zip: 1, _trace: carried(1) }, { contentType: 'json' }]],
    ['a text without options', 'text', undefined, [{ _trace: carried(1), _body: 'text' }]],
  ])('puts %s into an envelope only where that was chosen', async (_what, body, options, enveloped) => {
    const args = options === undefined ? [] : [options];
    await queueOf(true).send(body, ...args);
    await queueOf().send(body, ...args);
    const bare = Array.isArray(body) || typeof body !== 'object' || body instanceof ArrayBuffer;
    expect(binding.calls).toEqual([enveloped, [bare ? body : { zip: 1, _trace: carried(2) }, ...args]]);
  });

  it('leaves no message to the imagination: what cannot be iterated is rejected', async () => {
    await expect(queueOf().sendBatch(7 as never)).rejects.toBeInstanceOf(TypeError);
  });
});

describe('traceQueueBatch', () => {
  it('handles each message in its own trace, without its context', async () => {
    const messages = [new Message('m-1', job('78729')), new Message('m-2', { zip: '10001' }, 2)];
    const seen = await traceQueueBatch(batchOf(...messages), async (message) => {
      if (message.attempts === 1) message.ack();
      else message.retry({ delaySeconds: 1 });
      return [message.id, message.body, message instanceof Message];
    });
    expect([seen, messages.map(({ outcome }) => outcome)]).toEqual([
      [
        ['m-1', { zip: '78729' }, true],
        ['m-2', { zip: '10001' }, true],
      ],
      ['ack', 'retry'],
    ]);
    expect(
      await shown('messaging.message.id', 'throughline.messaging.attempt', 'throughline.messaging.backlog_count'),
    ).toBe(
      tree(`
        receive fetch-jobs CLIENT throughline.messaging.backlog_count=3
        ^ process fetch-jobs CONSUMER messaging.message.id="m-1" throughline.messaging.attempt=1
        process fetch-jobs CONSUMER messaging.message.id="m-2" throughline.messaging.attempt=2
      `),
    );
  });

  it('opens an envelope for the handler', async () => {
    await queueOf(true).send('text', { contentType: 'text' });
    const wire = structuredClone(binding.calls[0]?.[0]);
    const seen = await traceQueueBatch(batchOf(new Message('m-1', wire)), (message) => message.body);
    expect([seen, await shown()]).toEqual([
      ['text'],
      tree(`
        send fetch-jobs PRODUCER
          process fetch-jobs CONSUMER
      `),
    ]);
  });

  it('fails as the handler does', async () => {
    await expect(traceQueueBatch(batchOf(new Message('m-1', job('1'))), () => Promise.reject(null))).rejects.toBe(null);
  });
});

describe('a message that is handled by hand', () => {
  it('is the same object where it has no context', () => {
    const message = new Message('m-1', { zip: '1' });
    expect(traceProcess('q', message, (given) => given === message)).toBe(true);
  });

  it('is handed on as it is where its body cannot be hidden', () => {
    const message = Object.freeze({ id: 'm', attempts: 1, ack: () => {}, retry: () => {}, body: job('1') });
    expect(traceProcess('q', message, (given) => given === message)).toBe(true);
  });

  it('has the same fields for whoever copies it', () => {
    const message = { id: 'm', attempts: 1, ack: () => {}, retry: () => {}, body: job('1') };
    const seen = traceProcess('q', message, (given) => ({ ...given }));
    expect([Object.keys(seen), seen.body, extractTraceContext(message)?.span_id]).toEqual([
      ['id', 'attempts', 'ack', 'retry', 'body'],
      { zip: '1' },
      SPAN,
    ]);
  });
});
