/**
 * BullMQ: an implementation of its `Telemetry` interface (bullmq 6), so that its own calls are traced. The carrier
 * travels in the job's options, where BullMQ keeps a place for it.
 */
import { type Context, ROOT_CONTEXT, SpanKind, context, createContextKey, trace } from '@opentelemetry/api';
import { describe } from '../json.ts';
import { guarded } from '../guard.ts';
import { messagingAttributes, messagingSpanName } from '../semconv/messaging.ts';
import { ATTR } from '../semconv/names.ts';
import { type Failure, type OpenSpan, openSpan } from '../span.ts';
import { type TraceCarrier, carrierOf, parentSpanIdOf, parseCarrier } from './carrier.ts';
import { processSpan } from './consumer.ts';
import { type CurrentDelivery, DELIVERY } from './delivery.ts';

const SYSTEM = 'bullmq';

/** A span as BullMQ wants it. */
export interface BullMQSpan {
  setSpanOnContext(given: Context): Context;
  setAttribute(key: string, value: unknown): void;
  setAttributes(attributes: Readonly<Record<string, unknown>>): void;
  addEvent(name: string, attributes?: Readonly<Record<string, unknown>>): void;
  recordException(thrown: unknown): void;
  end(): void;
}

/** What `bullMQTelemetry` gives: for the option `telemetry` of BullMQ's queues, workers and flow producers. */
export interface BullMQTelemetry {
  readonly tracer: {
    startSpan(name: string, options?: { readonly kind?: number }, parent?: Context): BullMQSpan;
  };
  readonly contextManager: {
    with<A extends (...args: never[]) => unknown>(given: Context, fn: A): ReturnType<A>;
    active(): Context;
    root(): Context;
    getMetadata(given: Context): string;
    fromMetadata(active: Context, metadata: string): Context;
  };
}

const INCOMING = createContextKey('throughline.bullmq.incoming');
const OUTGOING = createContextKey('throughline.bullmq.outgoing');
/** What sends jobs. `addFlow` is around its `addNode`s, one for each job. */
const SENDING = /^(?:add|addBulk|addNode) /;

const ignore = (): void => {};

/** Stands for what is not worth a span: each poll, each renewal of a lock. The context stays as it was. */
const SILENT: BullMQSpan = {
  setSpanOnContext: (given) => given,
  setAttribute: ignore,
  setAttributes: ignore,
  addEvent: ignore,
  recordException: ignore,
  end: ignore,
};

/** BullMQ's names, and the attribute each becomes. What else it tells, results above all, stays out. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  'bullmq.queue.name': ATTR.MESSAGING_DESTINATION,
  'bullmq.job.id': ATTR.MESSAGING_MESSAGE_ID,
  'bullmq.job.bulk.count': ATTR.MESSAGING_BATCH_COUNT,
  // Told when an attempt is over, that one included. What a worker began and never ended, BullMQ does not count.
  'bullmq.job.attempts.made': ATTR.MESSAGE_ATTEMPT,
};

class TracedSpan implements BullMQSpan {
  readonly #open: OpenSpan;
  readonly #operation: 'send' | 'process';
  #queue: string;
  #failure: Failure | undefined;

  constructor(open: OpenSpan, operation: 'send' | 'process', queue: string) {
    this.#open = open;
    this.#operation = operation;
    this.#queue = queue;
  }

  /** A job runs in its own context, not in that of the loop that found it; a sender stays in its caller's. */
  setSpanOnContext(given: Context): Context {
    if (this.#operation === 'process') return this.#open.context;
    const { span } = this.#open;
    const sender = span.spanContext();
    const carrier = trace.isSpanContextValid(sender)
      ? { ...carrierOf(sender, parentSpanIdOf(span)), queue: this.#queue, sent_at: Date.now() }
      : undefined;
    return trace.setSpan(given, span).setValue(OUTGOING, carrier).deleteValue(DELIVERY);
  }

  setAttribute(key: string, value: unknown): void {
    this.setAttributes({ [key]: value });
  }

  setAttributes(attributes: Readonly<Record<string, unknown>>): void {
    guarded('reading what BullMQ tells', () => {
      const { span } = this.#open;
      for (const [key, value] of Object.entries(attributes)) {
        const name = ATTRIBUTES[key];
        if (name === undefined || (typeof value !== 'string' && typeof value !== 'number')) continue;
        span.setAttribute(name, value);
        if (name !== ATTR.MESSAGING_DESTINATION || value === this.#queue) continue;
        this.#queue = String(value);
        span.updateName(messagingSpanName(this.#operation, this.#queue));
      }
    });
  }

  /** A job that fails is told of by an event: BullMQ keeps the error, and its own status stays unset. */
  addEvent(name: string, attributes: Readonly<Record<string, unknown>> = {}): void {
    if (name !== 'job failed') return;
    this.#failure ??= { thrown: new Error(describe(attributes['bullmq.job.failed.reason'])) };
  }

  recordException(thrown: unknown): void {
    this.#failure = { thrown };
  }

  end(): void {
    this.#open.end(this.#failure);
  }
}

/** `process queue`, or `add queue.job`: the queue's own name follows as an attribute, where it holds dots. */
function queueOf(name: string): string {
  const destination = name.slice(name.indexOf(' ') + 1);
  return name.startsWith('add ') ? (destination.split('.', 1)[0] ?? destination) : destination;
}

function openSending(name: string, parent: Context | undefined): BullMQSpan {
  const queue = queueOf(name);
  const open = openSpan(messagingSpanName('send', queue), {
    kind: SpanKind.PRODUCER,
    attributes: messagingAttributes('send', { queue, system: SYSTEM }),
    ...(parent === undefined ? {} : { parent }),
  });
  return open === undefined ? SILENT : new TracedSpan(open, 'send', queue);
}

function openProcessing(name: string, parent: Context | undefined): BullMQSpan {
  const queue = queueOf(name);
  const carrier = parent?.getValue(INCOMING) as TraceCarrier | undefined;
  const open = openSpan(messagingSpanName('process', queue), processSpan(queue, carrier, { system: SYSTEM }));
  return open === undefined ? SILENT : new TracedSpan(open, 'process', queue);
}

function startSpan(name: string, options?: { readonly kind?: number }, parent?: Context): BullMQSpan {
  const opened = guarded('starting a span', () => {
    if (options?.kind === SpanKind.CONSUMER) return openProcessing(name, parent);
    return options?.kind === SpanKind.PRODUCER && SENDING.test(name) ? openSending(name, parent) : undefined;
  });
  return opened ?? SILENT;
}

/**
 * What goes with a job: the context of the span that sends it. A job that goes back for another attempt keeps what it
 * came with, and says how often it was tried.
 */
function carrierFor(given: Context): TraceCarrier | undefined {
  const delivery = given.getValue(DELIVERY) as CurrentDelivery | undefined;
  if (delivery === undefined) return given.getValue(OUTGOING) as TraceCarrier | undefined;
  const own = trace.getSpanContext(given);
  const carrier = delivery.carrier ?? (own && trace.isSpanContextValid(own) ? carrierOf(own) : undefined);
  return carrier && { ...carrier, attempt: delivery.attempt };
}

/**
 * Makes what BullMQ calls its telemetry: jobs are sent in a PRODUCER span and handled in a CONSUMER span of the same
 * trace, under the sender and linked to it. Polls and locks have no span, so an idle worker makes no traces. Results of
 * jobs are not recorded.
 *
 * @returns the object for the option `telemetry` of queues, workers and flow producers; none of its methods throws
 * @example
 * const telemetry = bullMQTelemetry();
 * telemetry.contextManager.root() === telemetry.contextManager.active(); // true
 */
export function bullMQTelemetry(): BullMQTelemetry {
  return {
    tracer: { startSpan },
    contextManager: {
      with: (given, fn) => context.with(given, fn as unknown as () => ReturnType<typeof fn>),
      active: () => context.active(),
      root: () => ROOT_CONTEXT,
      getMetadata: (given) =>
        guarded('writing trace context', () => {
          const carrier = carrierFor(given);
          return carrier === undefined ? '' : JSON.stringify(carrier);
        }) ?? '',
      fromMetadata: (_active, metadata) => ROOT_CONTEXT.setValue(INCOMING, parseCarrier(metadata)),
    },
  };
}
