/**
 * Traces handling: a CONSUMER span in the trace of the message. The parent comes from the message, never from whatever
 * happens to be active: a worker's loop lives in the context of whoever started it.
 */
import { type Context, type Link, ROOT_CONTEXT, type Span, SpanKind, trace } from '@opentelemetry/api';
import type { AttributeInput } from '../attributes.ts';
import { guarded } from '../guard.ts';
import { withBaggageBox } from '../propagation/baggage.ts';
import { messagingAttributes, messagingSpanName } from '../semconv/messaging.ts';
import { type ActiveSpanOptions, withActiveSpan } from '../span.ts';
import { extractTraceContext } from './body.ts';
import { type TraceCarrier, activeSpanContext, spanContextOf } from './carrier.ts';
import { type CurrentDelivery, DELIVERY, type DeliveryFacts, deliveryFacts, withoutCarrier } from './delivery.ts';
import { linksTo } from './producer.ts';

/** How messages are handled. */
export interface ProcessOptions {
  /** The product, such as `kafka`. Default: what the message looks like, else `_OTHER`. */
  readonly system?: string | undefined;
}

/** Handles one message; it is handed the message without its trace context. */
export type HandleWork<M, R> = (message: M, span: Span) => R;

/** A link to what was active: it is worth knowing, and no parent. */
function ambientLinks(): Link[] {
  const active = activeSpanContext();
  return active === undefined ? [] : [{ context: active }];
}

/**
 * How the span of one delivery is opened.
 *
 * @param queue the queue's name
 * @param carrier what the message brought
 * @param facts what is known of the delivery
 * @returns options for `withActiveSpan`
 */
export function processSpan(
  queue: string,
  carrier: TraceCarrier | undefined,
  facts: DeliveryFacts,
): ActiveSpanOptions & { readonly parent: Context } {
  const earlier = carrier?.attempt ?? facts.earlierAttempts ?? 0;
  const attempt = earlier + Math.max(1, facts.attempt ?? 1);
  const sentAt = carrier?.sent_at ?? facts.sentAtMillis;
  const delivery: CurrentDelivery = { carrier, attempt };
  const parent = carrier === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, spanContextOf(carrier));
  const ambient = ambientLinks().filter(({ context: { spanId } }) => spanId !== carrier?.span_id);
  return {
    kind: SpanKind.CONSUMER,
    parent,
    // Conventions: the parent may be used for single messages, and should be a link as well.
    links: [...linksTo([carrier]), ...ambient],
    attributes: messagingAttributes('process', {
      queue,
      system: facts.system,
      messageId: facts.messageId,
      attempt,
      originQueue: carrier?.queue ?? facts.originQueue,
      waitedMillis: sentAt === undefined ? undefined : Date.now() - sentAt,
    }),
    enterContext: (own) => withBaggageBox(own).setValue(DELIVERY, delivery),
  };
}

/**
 * Traces the handling of one message: a CONSUMER span in the message's own trace, under the span that sent it and linked
 * to it. A message without trace context begins a trace.
 *
 * @param queue the queue's name
 * @param message the message as the queue delivers it (Cloudflare Queues, pg-boss, BullMQ), or its body
 * @param handle handles it; it is handed the message without its trace context, and the span
 * @param options the product's name
 * @returns what `handle` returned
 * @throws whatever `handle` throws, unchanged
 * @example
 * await traceProcess('fetch-jobs', message, async ({ body }) => fetchWeather(body.zip_code));
 */
export function traceProcess<M, R>(queue: string, message: M, handle: HandleWork<M, R>, options?: ProcessOptions): R {
  const content = withoutCarrier(message);
  const span = guarded('reading a message', () => {
    const facts = deliveryFacts(message);
    return processSpan(queue, extractTraceContext(message), { ...facts, system: options?.system ?? facts.system });
  });
  return withActiveSpan(
    messagingSpanName('process', queue),
    span ?? { kind: SpanKind.CONSUMER, parent: ROOT_CONTEXT },
    (own) => handle(content, own),
  );
}

/**
 * The span around a batch, which belongs to no message: a root with a link to each of them.
 *
 * @param queue the queue's name
 * @param messages of the batch
 * @param system the product's name
 * @param attributes further ones
 * @returns options for `withActiveSpan`
 */
function batchSpan(
  queue: string,
  messages: readonly unknown[],
  system: string | undefined,
  attributes: AttributeInput,
): ActiveSpanOptions {
  return {
    kind: SpanKind.CLIENT,
    parent: ROOT_CONTEXT,
    links: [...ambientLinks(), ...linksTo(messages.map(extractTraceContext))],
    attributes: {
      ...messagingAttributes('receive', {
        queue,
        system: system ?? deliveryFacts(messages[0]).system,
        count: messages.length,
      }),
      ...attributes,
    },
  };
}

/** `traceBatch`, with attributes for the span of the batch. */
export async function handleBatch<M, R>(
  queue: string,
  messages: readonly M[],
  handle: HandleWork<M, R>,
  { system, attributes = {} }: ProcessOptions & { readonly attributes?: AttributeInput },
): Promise<Awaited<R>[]> {
  const handleAll = async (): Promise<Awaited<R>[]> => {
    const results: Awaited<R>[] = [];
    for (const message of messages) results.push(await traceProcess(queue, message, handle, { system }));
    return results;
  };
  if (messages.length < 2) return handleAll();
  const span = guarded('reading a batch', () => batchSpan(queue, messages, system, attributes));
  return withActiveSpan(
    messagingSpanName('receive', queue),
    span ?? { kind: SpanKind.CLIENT, parent: ROOT_CONTEXT },
    handleAll,
  );
}

/**
 * Traces the handling of a batch, one message after the other: a span for the batch, a root with links to the senders, and
 * for each message a `process` span in the message's own trace. A batch of one is handled as one message.
 *
 * @param queue the queue's name
 * @param messages as the queue delivers them, or their bodies
 * @param handle handles one message; it is handed the message without its trace context, and the span
 * @param options the product's name
 * @returns what `handle` gave for each message, in their order
 * @throws whatever `handle` throws, unchanged; the messages after it are then not handled
 * @example
 * const zips = await traceBatch('fetch-jobs', batch.messages, async (message) => {
 *   message.ack();
 *   return message.body.zip_code;
 * });
 * zips; // ['78729', '10001']
 */
export function traceBatch<M, R>(
  queue: string,
  messages: readonly M[],
  handle: HandleWork<M, R>,
  options?: ProcessOptions,
): Promise<Awaited<R>[]> {
  return handleBatch(queue, messages, handle, { system: options?.system });
}
