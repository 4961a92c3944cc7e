/** Messaging spans by the conventions of v1.44 ("Messaging spans": Span name, Span kind, Span relationships, Attributes). */
import { SpanKind } from '@opentelemetry/api';
import { traceBatch, traceProcess, traceSend } from '@/lib/tracing/messaging-tracing/index.ts';
import {
  type MessagingFacts,
  type MessagingOperation,
  backlogAttributes,
  messagingAttributes,
  messagingSpanName,
} from '@/lib/tracing/semconv/messaging.ts';
import { bootTracing } from '../helpers/test-tracing.ts';

describe('Span name: the operation, then the destination', () => {
  it.each<[MessagingOperation, string, string]>([
    ['send', 'orders', 'send orders'],
    ['receive', 'orders', 'receive orders'],
    ['process', 'orders', 'process orders'],
  ])('%s %s', (operation, queue, name) => {
    expect(messagingSpanName(operation, queue)).toBe(name);
  });
});

describe('Attributes', () => {
  const base = {
    'messaging.system': 'kafka',
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.destination.name': 'orders',
  };
  it.each<[what: string, facts: Partial<MessagingFacts>, more: object]>([
    ['required and recommended alone', {}, {}],
    ['an unknown system has the fallback of the conventions', { system: undefined }, { 'messaging.system': '_OTHER' }],
    ['messaging.message.id', { messageId: 'm-1' }, { 'messaging.message.id': 'm-1' }],
    ['messaging.batch.message_count, for batches only', { count: 3 }, { 'messaging.batch.message_count': 3 }],
    ['ours: the attempt', { attempt: 2 }, { 'throughline.messaging.attempt': 2 }],
    ['ours: the origin, where it is another queue', { originQueue: 'orders' }, {}],
    ['ours: the origin', { originQueue: 'first' }, { 'throughline.messaging.origin_queue': 'first' }],
    ['ours: the time waited, never below 0', { waitedMillis: -5 }, { 'throughline.messaging.waited_ms': 0 }],
  ])('%s', (_what, facts, more) => {
    expect(messagingAttributes('process', { queue: 'orders', system: 'kafka', ...facts })).toEqual({
      ...base,
      ...more,
    });
  });

  it.each([undefined, null, 7, {}, { metrics: null }, { metrics: { backlogCount: '3' } }])(
    'a backlog that nobody tells of: %p',
    (metadata) => {
      expect(backlogAttributes(metadata)).toEqual({});
    },
  );
});

it('Span kind and relationships: producers are parents of single messages, and links of all', async () => {
  const tracing = bootTracing();
  const [one, two] = [1, 2].map((n) => traceSend('orders', { n }, (message) => message));
  traceProcess('orders', one, () => {});
  await traceBatch('orders', [one, two], () => {});
  const spans = await tracing.spans();
  const numberOf = (id: string | undefined): number => Number.parseInt(id ?? '0', 16);
  expect(
    spans
      .map((span) => ({
        id: numberOf(span.spanContext().spanId),
        name: span.name,
        kind: SpanKind[span.kind],
        parent: numberOf(span.parentSpanContext?.spanId),
        links: span.links.map((link) => numberOf(link.context.spanId)),
      }))
      .toSorted((a, b) => a.id - b.id),
  ).toEqual([
    { id: 1, name: 'send orders', kind: 'PRODUCER', parent: 0, links: [] },
    { id: 2, name: 'send orders', kind: 'PRODUCER', parent: 0, links: [] },
    { id: 3, name: 'process orders', kind: 'CONSUMER', parent: 1, links: [1] },
    { id: 4, name: 'receive orders', kind: 'CLIENT', parent: 0, links: [1, 2] },
    { id: 5, name: 'process orders', kind: 'CONSUMER', parent: 1, links: [1, 4] },
    { id: 6, name: 'process orders', kind: 'CONSUMER', parent: 2, links: [2, 4] },
  ]);
  await tracing.stop();
});
