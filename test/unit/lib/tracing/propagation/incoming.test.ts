/** A caller that is not trusted: its trace becomes a link, and nothing of what it says decides anything here. */
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { TracingOptions } from '@/lib/tracing/boot/index.ts';
import { baggage, withTracing } from '@/lib/tracing/index.ts';
import type { IncomingRequest } from '@/lib/tracing/request.ts';
import { type TestTracing, bootTracing } from '../../../../helpers/test-tracing.ts';

const CALLER = 'a'.repeat(32);
const SPAN = 'b'.repeat(16);
const OWN = `${'0'.repeat(31)}1`;
const HEADERS = { traceparent: `00-${CALLER}-${SPAN}-00`, baggage: 'tenant=planted', 'x-key': 'secret' };
const LINK = {
  context: { traceId: CALLER, spanId: SPAN },
  attributes: { 'throughline.link.reason': 'untrusted caller' },
};

let tracing: TestTracing | undefined;
afterEach(() => tracing?.stop());

/** Asks a wrapped handler, and gives its span and the baggage that it saw. */
async function ask(
  trustIncoming: TracingOptions['trustIncoming'],
  headers: Record<string, string> = HEADERS,
): Promise<[span: ReadableSpan | undefined, seen: object]> {
  tracing = bootTracing(trustIncoming === undefined ? {} : { trustIncoming });
  const handler = withTracing(async (_request: Request) => Response.json(baggage.getAll()));
  const response = await handler(new Request('http://shop.example/cart?page=2', { headers }));
  const seen = (await response.json()) as object; // the span ends with the body
  const [span] = await tracing.spans();
  return [span, seen];
}

const shown = (span: ReadableSpan | undefined): unknown[] => [
  span?.spanContext().traceId,
  span?.parentSpanContext?.spanId,
  span?.links.map(({ context: { traceId, spanId }, attributes }) => ({ context: { traceId, spanId }, attributes })),
];

describe('the trace of a caller', () => {
  it.each<[what: string, trustIncoming: TracingOptions['trustIncoming']]>([
    ["'none'", 'none'],
    ['a function that says no', () => false],
    ['a function that says something else', () => 'yes' as never],
    ['a function that throws', () => JSON.parse('{') as boolean],
  ])('becomes a link under %s, its baggage is left out, and its decision does not count', async (_what, rule) => {
    const [span, seen] = await ask(rule);
    expect([...shown(span), seen]).toEqual([OWN, undefined, [LINK], {}]);
  });

  it.each<[what: string, trustIncoming: TracingOptions['trustIncoming']]>([
    ['by default', undefined],
    ["under 'all'", 'all'],
    ['under a function that says yes', ({ headers }) => headers.get('x-key') === 'secret'],
  ])('is continued %s, with its decision and its baggage', async (_what, rule) => {
    const [span, seen] = await ask(rule);
    expect([span, seen]).toEqual([undefined, { tenant: 'planted' }]);
  });
});

it('the rule sees the request, and is asked only where there is something to trust', async () => {
  const asked: unknown[] = [];
  const rule = ({ method, url, headers, remoteAddress }: IncomingRequest): boolean => {
    asked.push([method, url, headers.get('X-Key'), headers.get('x-none'), remoteAddress]);
    return false;
  };
  await ask(rule);
  await tracing?.stop();
  await ask(rule, { 'x-key': 'secret' });
  expect(asked).toEqual([['GET', 'http://shop.example/cart?page=2', 'secret', null, undefined]]);
});

it('baggage alone is not trusted either', async () => {
  const [span, seen] = await ask('none', { baggage: 'tenant=planted' });
  expect([...shown(span), seen]).toEqual([OWN, undefined, [], {}]);
});

it('a rule that throws is said once', async () => {
  await ask(() => JSON.parse('{') as boolean);
  expect(tracing?.messages).toEqual(['throughline: trustIncoming threw; the caller is not trusted']);
});
