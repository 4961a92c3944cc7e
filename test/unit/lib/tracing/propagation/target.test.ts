import { type Context, ROOT_CONTEXT, SpanKind, context, trace } from '@opentelemetry/api';
import {
  baggage,
  injectTraceContext,
  traceApiClient,
  traceOutgoingRequest,
  traceSync,
  withTracing,
} from '@/lib/tracing/index.ts';
import { targetHostOf, withTargetHost } from '@/lib/tracing/propagation/target.ts';
import { type TestTracing, bootTracing } from '../../../../helpers/test-tracing.ts';

let tracing: TestTracing;
beforeEach(() => {
  tracing = bootTracing({ baggage: { targets: ['Partner.example', '.shop.example'] } });
});
afterEach(() => tracing.stop());

const spanWith = (kind: SpanKind, attributes: Record<string, string | number>): Context =>
  trace.setSpan(ROOT_CONTEXT, trace.getTracer('somebody').startSpan('call', { kind, attributes }));

describe('the host that is called', () => {
  const AT = { 'server.address': 'partner.example' };
  it.each<[what: string, from: () => Context, host: string | undefined]>([
    ['is unknown', () => ROOT_CONTEXT, undefined],
    ['is the one that was named', () => withTargetHost(ROOT_CONTEXT, 'a.example'), 'a.example'],
    ['is the address of a CLIENT span', () => spanWith(SpanKind.CLIENT, AT), 'partner.example'],
    ['is the address of a PRODUCER span', () => spanWith(SpanKind.PRODUCER, AT), 'partner.example'],
    ['is not the own address, on a SERVER span', () => spanWith(SpanKind.SERVER, AT), undefined],
    ['is not what an INTERNAL span tells', () => spanWith(SpanKind.INTERNAL, AT), undefined],
    ['is unknown on a span without an address', () => spanWith(SpanKind.CLIENT, {}), undefined],
    ['is a text', () => spanWith(SpanKind.CLIENT, { 'server.address': 5 }), undefined],
    [
      'is the named one before the address of the span',
      () => withTargetHost(spanWith(SpanKind.CLIENT, AT), 'a.example'),
      'a.example',
    ],
  ])('%s', (_what, from, host) => {
    expect(targetHostOf(from())).toBe(host);
  });
});

describe('baggage', () => {
  const sentTo = (host: string): string | undefined =>
    baggage.run(() => {
      baggage.set('tenant', 'a b');
      return injectTraceContext(withTargetHost(context.active(), host))['baggage'];
    });

  it.each([
    'localhost',
    'LOCALHOST',
    'api.localhost',
    '127.0.0.1',
    '127.8.9.10',
    '::1',
    '[::1]',
    'partner.example',
    'PARTNER.EXAMPLE',
    'www.shop.example',
    'a.b.shop.example',
  ])('goes to %s', (host) => {
    // prettier-ignore
    expect(sentTo(host)).toBe('tenant=a%20b');
  });

  it.each([
    '',
    'example.com',
    'shop.example',
    'evilshop.example',
    'www.shop.example.com',
    'api.partner.example',
    'partner.example.com',
    'localhost.example.com',
    'notlocalhost',
    '127.0.0.1.example.com',
    '128.0.0.1',
    '10.0.0.1',
    '0.0.0.0',
    '::2',
    'x127.0.0.1',
  ])('does not go to %j', (host) => {
    // prettier-ignore
    expect(sentTo(host)).toBeUndefined();
  });

  it('goes nowhere where nobody said where to: not from a route on localhost, not from an API client', async () => {
    const handler = withTracing(async (_request: Request) => {
      baggage.set('tenant', 'a');
      const here = Object.keys(injectTraceContext());
      const client = await traceApiClient('partner', 'get', async (_span, headers) => Object.keys(headers));
      return Response.json([here, client]);
    });
    const response = await handler(new Request('http://localhost:3000/'));
    expect(await response.json()).toEqual([['traceparent'], ['traceparent']]);
  });

  it('goes with the helpers to those who may have it, and what came in goes on', async () => {
    const ask = async (url: string): Promise<string | undefined> =>
      traceOutgoingRequest('GET', url, async (_span, headers) => headers['baggage']);
    const handler = withTracing(async (_request: Request) => {
      baggage.set('own', '1');
      return Response.json([await ask('https://www.shop.example/a'), (await ask('https://example.com/a')) ?? 'none']);
    });
    const request = new Request('http://localhost/', { headers: { baggage: 'came=in;meta=1' } });
    expect(await (await handler(request)).json()).toEqual(['came=in;meta=1,own=1', 'none']);
  });
});

describe('trace context', () => {
  const sentTo = (host?: string): string[] =>
    Object.keys(injectTraceContext(host === undefined ? context.active() : withTargetHost(context.active(), host)));

  it.each<[what: string, propagateTo: string[] | undefined, host: string | undefined, sent: string[]]>([
    ['goes to every target', undefined, 'stranger.example', ['traceparent']],
    ['goes to a target on the list', ['Partner.example'], 'partner.example', ['traceparent']],
    ['goes below a host on the list', ['.shop.example'], 'a.shop.example', ['traceparent']],
    ['goes to this machine, whatever the list', [], 'localhost', ['traceparent']],
    ['goes to nobody else', ['partner.example'], 'stranger.example', []],
    ['goes where nobody says where to: by hand', [], undefined, ['traceparent']],
  ])('%s', async (_what, propagateTo, host, sent) => {
    await tracing.stop();
    tracing = bootTracing(propagateTo === undefined ? {} : { propagateTo });
    expect(traceSync('work', () => sentTo(host))).toEqual(sent);
  });

  it('stays at home in a trace that is not sampled too, and so does baggage', async () => {
    await tracing.stop();
    tracing = bootTracing({
      propagateTo: ['partner.example'],
      baggage: { targets: ['partner.example'] },
      sampling: { ratio: 0 },
    });
    const called = (host: string): string[] => {
      const attributes = { 'http.request.method': 'GET', 'server.address': host };
      const span = trace.getTracer('client').startSpan('GET', { kind: SpanKind.CLIENT, attributes });
      return Object.keys(injectTraceContext(trace.setSpan(context.active(), span)));
    };
    const headers = traceSync('work', () =>
      baggage.run(() => {
        baggage.set('tenant', 'acme');
        return [called('partner.example'), called('stranger.example')];
      }),
    );
    expect(headers).toEqual([['traceparent', 'baggage'], []]);
  });
});
