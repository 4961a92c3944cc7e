/**
 * A message as a queue hands it over: what it tells of itself, and a view of it with the trace context taken out. The
 * shapes are read, nothing of the queues' packages is imported.
 */
import { createContextKey } from '@opentelemetry/api';
import { guarded } from '../guard.ts';
import { withoutTraceContext } from './body.ts';
import type { TraceCarrier } from './carrier.ts';

/** What is known of one delivery. */
export interface DeliveryFacts {
  readonly system?: string | undefined;
  readonly messageId?: string | undefined;
  /** Which delivery from this queue it is; the first is 1. */
  readonly attempt?: number | undefined;
  /** How many deliveries from another queue came before. */
  readonly earlierAttempts?: number | undefined;
  readonly originQueue?: string | undefined;
  readonly sentAtMillis?: number | undefined;
}

/** The delivery that is being handled, in the context of its span. */
export interface CurrentDelivery {
  readonly carrier: TraceCarrier | undefined;
  /** All deliveries so far, this one included. */
  readonly attempt: number;
}

/** Where the current delivery stands in a context. */
export const DELIVERY = createContextKey('throughline.delivery');

type Fields = Readonly<Record<string, unknown>>;

/** A queue's own form of a message: where its content is, and how it is told from others. */
interface Shape {
  readonly content: 'body' | 'data';
  matches(message: Fields): boolean;
  facts(message: Fields): DeliveryFacts;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function millisOf(value: unknown): number | undefined {
  const millis = value instanceof Date ? value.getTime() : value;
  return typeof millis === 'number' && Number.isFinite(millis) ? millis : undefined;
}

const SHAPES: readonly Shape[] = [
  {
    // Cloudflare Queues: workers-types 5, `Message`
    content: 'body',
    matches: ({ attempts, ack, retry }) =>
      typeof attempts === 'number' && typeof ack === 'function' && typeof retry === 'function',
    facts: ({ id, attempts, timestamp }) => ({
      system: 'cloudflare_queues',
      messageId: textOf(id),
      attempt: countOf(attempts),
      sentAtMillis: millisOf(timestamp),
    }),
  },
  {
    // pg-boss 12: `Job`, and `JobWithMetadata` with what is known of a dead letter
    content: 'data',
    matches: ({ retryCount, expireInSeconds }) => typeof retryCount === 'number' && typeof expireInSeconds === 'number',
    facts: ({ id, retryCount, createdOn, sourceName, sourceRetryCount, sourceCreatedOn }) => {
      const retries = countOf(retryCount);
      const earlier = countOf(sourceRetryCount);
      return {
        system: 'pg-boss',
        messageId: textOf(id),
        attempt: retries === undefined ? undefined : retries + 1,
        earlierAttempts: earlier === undefined ? undefined : earlier + 1,
        originQueue: textOf(sourceName),
        sentAtMillis: millisOf(sourceCreatedOn) ?? millisOf(createdOn),
      };
    },
  },
  {
    // BullMQ 6: `Job`
    content: 'data',
    matches: ({ attemptsStarted, opts }) => typeof attemptsStarted === 'number' && typeof opts === 'object',
    facts: ({ id, attemptsStarted, timestamp }) => ({
      system: 'bullmq',
      messageId: textOf(id),
      attempt: countOf(attemptsStarted),
      sentAtMillis: millisOf(timestamp),
    }),
  },
];

function shapeOf(message: unknown): Shape | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  return guarded('reading a message', () => SHAPES.find((shape) => shape.matches(message as Fields)));
}

/**
 * What a message tells of its delivery.
 *
 * @param message as the queue hands it over, or its bare body
 * @returns what is known; nothing of a bare body: its fields are the program's own
 */
export function deliveryFacts(message: unknown): DeliveryFacts {
  const shape = shapeOf(message);
  return (shape && guarded('reading a message', () => shape.facts(message as Fields))) ?? {};
}

/** A property that a Proxy may not answer differently: the language forbids it for what is frozen. */
function isFixed(target: object, key: string): boolean {
  const own = Reflect.getOwnPropertyDescriptor(target, key);
  return own !== undefined && own.configurable === false && own.writable !== true;
}

function viewOf(message: object, key: 'body' | 'data'): object {
  const content: unknown = Reflect.get(message, key);
  const plain: unknown = withoutTraceContext(content);
  if (Object.is(plain, content) || isFixed(message, key)) return message;
  return new Proxy(message, {
    get(target, name) {
      if (name === key) return plain;
      // With the message itself as `this`: a runtime's own objects refuse any other ("Illegal invocation").
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' && !isFixed(target, name as string)
        ? (value as (...args: unknown[]) => unknown).bind(target)
        : value;
    },
  });
}

/**
 * The message as the program may see it: without trace context. Whether tracing is on or off makes no difference.
 *
 * @param message as the queue hands it over, or its bare body
 * @returns a delivered message with the same methods and its content as it was sent; a bare body as it was sent; the same
 *   object where there was no trace context; never throws
 */
export function withoutCarrier<M>(message: M): M {
  const shape = shapeOf(message);
  if (shape === undefined) return withoutTraceContext(message);
  const view = guarded('taking the trace context out of a message', () => viewOf(message as object, shape.content)) as
    M | undefined;
  return view ?? message;
}
