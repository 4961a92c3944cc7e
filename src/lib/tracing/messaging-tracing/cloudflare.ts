/** Cloudflare Queues: a binding whose messages carry their trace, and a batch that is handled in the messages' traces. */
import type { AttributeInput } from '../attributes.ts';
import { backlogAttributes } from '../semconv/messaging.ts';
import { guarded } from '../guard.ts';
import type { SendOptions } from './producer.ts';
import { withSendSpan } from './producer.ts';
import { type HandleWork, handleBatch } from './consumer.ts';

const SYSTEM = 'cloudflare_queues';

/** What is given for one message of `sendBatch`. */
interface SendRequest {
  readonly body: unknown;
  readonly contentType?: string;
}

/** As much of a binding as is needed. */
interface QueueBinding {
  send(body: never, options?: never): unknown;
  sendBatch(messages: never, options?: never): unknown;
}

/** As much of a batch as is needed. */
interface QueueBatch<M> {
  readonly queue: string;
  readonly messages: readonly M[];
  readonly metadata?: unknown;
}

/** A text or bytes that got an envelope are an object now; whatever else was asked for stays. */
function withContentType<O extends { readonly contentType?: string } | undefined>(
  options: O,
  before: unknown,
  after: unknown,
): O {
  const type = options?.contentType;
  return Object.is(before, after) || (type !== 'text' && type !== 'bytes')
    ? options
    : { ...options, contentType: 'json' };
}

function withBody(request: SendRequest, body: unknown): SendRequest {
  return { ...withContentType(request, request.body, body), body };
}

const describe = (answer: unknown): AttributeInput =>
  guarded('reading an answer', () =>
    backlogAttributes((answer as { metadata?: unknown } | null | undefined)?.metadata),
  ) ?? {};

/**
 * Traces a queue's binding: each `send` and each `sendBatch` is a PRODUCER span, and each message carries its trace. What
 * the binding answers comes back unchanged; the backlog it tells of is recorded.
 *
 * @param binding what the runtime hands a worker for its queue
 * @param queue the queue's name, which a binding does not tell
 * @param options `envelope` for texts and bytes, which have no room for a trace
 * @returns an object with the methods of the binding
 * @example
 * const fetchJobs = traceQueue(binding, 'fetch-jobs');
 * const { metadata } = await fetchJobs.send({ zip_code: '78729' });
 * metadata.metrics.backlogCount; // 3
 */
export function traceQueue<Q extends QueueBinding>(
  binding: Q,
  queue: string,
  options?: Pick<SendOptions, 'envelope'>,
): Q {
  const envelope = options?.envelope;
  const given = binding as unknown as {
    send(body: unknown, ...rest: unknown[]): unknown;
    sendBatch(messages: Iterable<SendRequest>, ...rest: unknown[]): unknown;
  };
  const send = (body: unknown, ...rest: unknown[]): unknown =>
    withSendSpan({ queue, system: SYSTEM, envelope, bodies: [body], describe }, ([traced]) =>
      given.send(
        traced,
        ...(rest.length === 0
          ? rest
          : [withContentType(rest[0] as { contentType?: string } | undefined, body, traced), ...rest.slice(1)]),
      ),
    );
  // Async, so that messages that cannot be read are a rejection, as they are without tracing.
  const sendBatch = async (messages: Iterable<SendRequest>, ...rest: unknown[]): Promise<unknown> => {
    const requests = [...messages];
    const bodies = requests.map(({ body }) => body);
    return withSendSpan({ queue, system: SYSTEM, envelope, bodies, describe }, (traced) =>
      given.sendBatch(
        requests.map((one, index) => withBody(one, traced[index])),
        ...rest,
      ),
    );
  };
  // The other methods need the binding itself as `this`: a runtime's own objects refuse any other.
  return new Proxy(binding, {
    get(target, name) {
      if (name === 'send') return send;
      if (name === 'sendBatch') return sendBatch;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
    },
  });
}

/**
 * Traces the handling of a batch of Cloudflare Queues, one message after the other, as `traceBatch` does; the queue's name
 * and its backlog come from the batch.
 *
 * @param batch as the `queue` handler gets it
 * @param handle handles one message: without trace context in its body, with `ack` and `retry`
 * @returns what `handle` gave for each message, in their order
 * @throws whatever `handle` throws, unchanged; the messages after it are then not handled
 * @example
 * const zips = await traceQueueBatch(batch, async (message) => message.body.zip_code);
 * zips; // ['78729', '10001']
 */
export function traceQueueBatch<M, R>(batch: QueueBatch<M>, handle: HandleWork<M, R>): Promise<Awaited<R>[]> {
  const attributes = guarded('reading a batch', () => backlogAttributes(batch.metadata)) ?? {};
  return handleBatch(batch.queue, batch.messages, handle, { system: SYSTEM, attributes });
}
