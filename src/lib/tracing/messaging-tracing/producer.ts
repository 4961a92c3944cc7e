/** Traces sending: a PRODUCER span, and the message goes out with its context. */
import { type Link, type Span, SpanKind, context, trace } from '@opentelemetry/api';
import { type AttributeInput, cleanAttributes } from '../attributes.ts';
import { guarded } from '../guard.ts';
import { injectTraceContext } from '../propagation/carrier.ts';
import { messagingAttributes, messagingSpanName } from '../semconv/messaging.ts';
import { withActiveSpan } from '../span.ts';
import { carrierIn, withCarrier } from './body.ts';
import {
  CARRIER_KEY,
  type TraceCarrier,
  activeSpanContext,
  carrierOf,
  parentSpanIdOf,
  spanContextOf,
} from './carrier.ts';
import { type CurrentDelivery, DELIVERY } from './delivery.ts';

/** How a message is sent. */
export interface SendOptions {
  /** The product, such as `kafka`. Default: `_OTHER`. */
  readonly system?: string | undefined;
  /** Puts a text, bytes, or anything else that has no room for a field, into an envelope. Default: `false`. */
  readonly envelope?: boolean | undefined;
}

/** Sends a message: it is handed the message with its context, the span, and the same context as headers. */
export type SendWork<M, R> = (message: M, span: Span, headers: Record<string, string>) => R;

/** One message, or several that are sent together. */
interface Sending extends SendOptions {
  readonly queue: string;
  readonly bodies: readonly unknown[];
  /** What the answer tells. */
  readonly describe?: (answer: unknown) => AttributeInput;
}

// The SDK keeps as many (OTEL_SPAN_LINK_COUNT_LIMIT); a batch may hold thousands.
const LINK_LIMIT = 128;

/** Links to the spans that carriers tell of, each once. */
export function linksTo(carriers: readonly (TraceCarrier | undefined)[], but?: { readonly spanId: string }): Link[] {
  const seen = new Set(but === undefined ? [] : [but.spanId]);
  const links: Link[] = [];
  for (const carrier of carriers) {
    if (carrier === undefined || seen.has(carrier.span_id)) continue;
    seen.add(carrier.span_id);
    if (links.push({ context: spanContextOf(carrier) }) >= LINK_LIMIT) break;
  }
  return links;
}

/** A message that is sent on as it came, to a queue of dead letters for example, tells how often it was delivered. */
function sentOn(body: unknown, carrier: TraceCarrier): unknown {
  const delivery = context.active().getValue(DELIVERY) as CurrentDelivery | undefined;
  if (delivery?.carrier?.span_id !== carrier.span_id || delivery.attempt === carrier.attempt) return body;
  return { ...(body as object), [CARRIER_KEY]: { ...carrier, attempt: delivery.attempt } };
}

function toSend(body: unknown, span: Span, { queue, envelope }: Sending): unknown {
  const existing = carrierIn(body);
  if (existing !== undefined) return sentOn(body, existing);
  const own = span.spanContext();
  if (!trace.isSpanContextValid(own)) return body;
  const carrier = { ...carrierOf(own, parentSpanIdOf(span)), queue, sent_at: Date.now() };
  return withCarrier(body, carrier, envelope === true);
}

/**
 * Sends in a PRODUCER span.
 *
 * @param sending what, and where to
 * @param send sends; it is handed the bodies with their context
 * @returns what `send` returned
 * @throws whatever `send` throws, unchanged
 */
export function withSendSpan<R>(
  sending: Sending,
  send: (bodies: readonly unknown[], span: Span, headers: Record<string, string>) => R,
): R {
  const { queue, system, bodies, describe } = sending;
  const carriers = guarded('reading the trace context of a message', () => bodies.map(carrierIn)) ?? [];
  const active = guarded('reading the active span', activeSpanContext);
  const first = carriers.find((carrier) => carrier !== undefined);
  return withActiveSpan(
    messagingSpanName('send', queue),
    {
      kind: SpanKind.PRODUCER,
      // A message that has a context goes on with its trace where nothing else is going on.
      ...(active === undefined && first !== undefined
        ? { parent: trace.setSpanContext(context.active(), spanContextOf(first)) }
        : {}),
      links: linksTo(carriers, active),
      attributes: messagingAttributes('send', {
        queue,
        system,
        count: bodies.length === 1 ? undefined : bodies.length,
      }),
      settle: (value, open) => {
        if (describe !== undefined && open.recording) open.span.setAttributes(cleanAttributes(describe(value)));
        return { value, later: false };
      },
    },
    (span) => {
      const traced = guarded('adding trace context to a message', () =>
        bodies.map((body) => toSend(body, span, sending)),
      );
      return send(traced ?? bodies, span, injectTraceContext());
    },
  );
}

/**
 * Traces the sending of a message. The message goes out with its trace context under `_trace`; one that has a context
 * already keeps it. Where nothing is traced it goes out as it is.
 *
 * @param queue the queue's name: it makes the span's name, so it must not hold ids
 * @param message the body: a plain object, or anything with `envelope`
 * @param send sends what it is handed: the message with its context; also the span, and the context as headers
 * @param options the product's name, the envelope
 * @returns what `send` returned
 * @throws whatever `send` throws, unchanged
 * @example
 * await traceSend('fetch-jobs', { zip_code: '78729' }, (message) => binding.send(message));
 */
export function traceSend<M, R>(queue: string, message: M, send: SendWork<M, R>, options?: SendOptions): R {
  const { system, envelope } = options ?? {};
  return withSendSpan({ queue, bodies: [message], system, envelope }, (bodies, span, headers) =>
    send(bodies[0] as M, span, headers),
  );
}
