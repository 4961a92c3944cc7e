/** Names and attributes of queues, as the messaging conventions (v1.44) have them. Pure. */
import type { Attributes } from '@opentelemetry/api';
import { ATTR } from './names.ts';

/** What is done with a message. The conventions have a type for each name. */
export type MessagingOperation = 'send' | 'receive' | 'process';

/** What is known of one operation; whatever is not known is left out. */
export interface MessagingFacts {
  /** The queue's name: it makes the span's name, so it must not hold ids. */
  readonly queue: string;
  /** The product, such as `pg-boss`. Default: `_OTHER`. */
  readonly system?: string | undefined;
  readonly messageId?: string | undefined;
  /** How many messages, where it is a batch. */
  readonly count?: number | undefined;
  /** Which delivery this is, dead letters included; the first is 1. */
  readonly attempt?: number | undefined;
  /** The queue that the message was first sent to, where that is another one. */
  readonly originQueue?: string | undefined;
  /** How long the message waited, in milliseconds. Clocks of two machines differ: never below 0. */
  readonly waitedMillis?: number | undefined;
}

/**
 * The name of a span: the operation, then the queue.
 *
 * @param operation what is done
 * @param queue the queue's name
 * @returns the name
 * @example
 * messagingSpanName('process', 'fetch-jobs'); // 'process fetch-jobs'
 */
export function messagingSpanName(operation: MessagingOperation, queue: string): string {
  return `${operation} ${queue}`;
}

/**
 * The attributes of one operation on a queue.
 *
 * @param operation what is done
 * @param facts what is known
 * @returns attributes; what is not known is not among them
 * @example
 * messagingAttributes('send', { queue: 'fetch-jobs', system: 'pg-boss' });
 * // { 'messaging.system': 'pg-boss', 'messaging.destination.name': 'fetch-jobs', ... }
 */
export function messagingAttributes(operation: MessagingOperation, facts: MessagingFacts): Attributes {
  const { queue, system = '_OTHER', messageId, count, attempt, originQueue, waitedMillis } = facts;
  return {
    [ATTR.MESSAGING_SYSTEM]: system,
    [ATTR.MESSAGING_OPERATION]: operation,
    [ATTR.MESSAGING_OPERATION_TYPE]: operation,
    [ATTR.MESSAGING_DESTINATION]: queue,
    ...(messageId === undefined ? {} : { [ATTR.MESSAGING_MESSAGE_ID]: messageId }),
    ...(count === undefined ? {} : { [ATTR.MESSAGING_BATCH_COUNT]: count }),
    ...(attempt === undefined ? {} : { [ATTR.MESSAGE_ATTEMPT]: attempt }),
    ...(originQueue === undefined || originQueue === queue ? {} : { [ATTR.MESSAGE_ORIGIN]: originQueue }),
    ...(waitedMillis === undefined ? {} : { [ATTR.MESSAGE_WAITED]: Math.max(0, Math.round(waitedMillis)) }),
  };
}

/**
 * How full a queue is, as Cloudflare says it with each answer and each batch.
 *
 * @param metadata of an answer or a batch; anything else gives nothing
 * @returns attributes; empty where nothing is said
 * @example
 * backlogAttributes({ metrics: { backlogCount: 3, backlogBytes: 120 } });
 * // { 'throughline.messaging.backlog_count': 3, 'throughline.messaging.backlog_bytes': 120 }
 */
export function backlogAttributes(metadata: unknown): Attributes {
  const metrics = (metadata as { metrics?: { backlogCount?: unknown; backlogBytes?: unknown } } | null | undefined)
    ?.metrics;
  const out: Attributes = {};
  if (typeof metrics?.backlogCount === 'number') out[ATTR.QUEUE_BACKLOG_COUNT] = metrics.backlogCount;
  if (typeof metrics?.backlogBytes === 'number') out[ATTR.QUEUE_BACKLOG_BYTES] = metrics.backlogBytes;
  return out;
}
