/** Which requests are sampled: the parent's decision, then the rule of the route, then the ratio. */
import { SpanKind, TraceFlags, trace } from '@opentelemetry/api';
import type { Sampler } from '@opentelemetry/sdk-trace';
import { RouteRules } from '@/lib/tracing/boot/route-rules.ts';
import { injectTraceContext, traceSync, withTracing } from '@/lib/tracing/index.ts';
import { type TestTracing, bootTracing } from '../../../../helpers/test-tracing.ts';

let tracing: TestTracing | undefined;
afterEach(() => tracing?.stop());

const RULES = {
  '/api/health': 0,
  '/api/products/[id]': 0.5,
  '/api/checkout/*': 1,
  '/api/checkout/internal/*': 0.1,
  '/api/*': 0.2,
  '/*': 0.3,
};

describe('the rule of a route', () => {
  it.each<[names: (string | undefined)[], ratio: number | undefined, rules?: Record<string, number>]>([
    [['/api/health'], 0],
    [['/api/products/[id]', '/api/products/7'], 0.5],
    [[undefined, '/api/products/7'], 0.2],
    [['/api/checkout'], 1],
    [['/api/checkout/[step]'], 1],
    [['/api/checkouts'], 0.2],
    [['/api/checkout/internal/pay'], 0.1],
    [['/'], 0.3],
    [['/about'], 0.3],
    [['/about'], undefined, { '/api/*': 1 }],
    [[undefined, undefined], undefined],
    // A rule for the path speaks of it, whatever route it leads to; one for the route itself comes first.
    [['/api/products/[id]', '/api/health'], 0.5],
    [['/docs/[...slug]', '/api/health'], 0],
    [['/constructor'], undefined, {}],
  ])('of %j is %p', (names, ratio, rules = RULES) => {
    expect(new RouteRules(rules).ratioFor(...names)).toBe(ratio);
  });
});

const NONE: Sampler = { shouldSample: () => ({ decision: 0 }) };
const SAMPLED = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const UNSAMPLED = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`;

/** Asks a wrapped handler, and says with which flags its span leaves this process. */
async function flagsOf(path: string, headers: Record<string, string> = {}): Promise<string> {
  const handler = withTracing((_request: Request) => new Response(injectTraceContext()['traceparent']?.slice(-2)));
  return handler(new Request(`http://shop.example${path}`, { headers })).text();
}

describe('a request', () => {
  it.each<[what: string, options: object, path: string, headers: Record<string, string>, flags: string]>([
    ['of a route at 0 is not sampled', { ratio: 1 }, '/api/health', {}, '00'],
    ['of a route at 1 is sampled, whatever the ratio', { ratio: 0 }, '/api/checkout/pay', {}, '01'],
    ['of no rule has the ratio', { ratio: 1 }, '/about', {}, '01'],
    ['of no rule has the ratio', { ratio: 0 }, '/about', {}, '00'],
    ['of a sampled trace is sampled', { ratio: 0 }, '/api/health', { traceparent: SAMPLED }, '01'],
    ['of a trace that is not sampled is not', { ratio: 1 }, '/api/checkout/pay', { traceparent: UNSAMPLED }, '00'],
  ])('%s (%j %s)', async (_what, sampling, path, headers, flags) => {
    tracing = bootTracing({ sampling: { ...sampling, routes: { '/api/health': 0, '/api/checkout/*': 1 } } });
    expect(await flagsOf(path, headers)).toBe(flags);
    expect((await tracing.spans()).length).toBe(Number(flags));
  });

  it('of no rule is for the own sampler to decide', async () => {
    tracing = bootTracing({ sampler: NONE, sampling: { routes: { '/api/checkout/*': 1 } } });
    expect([await flagsOf('/about'), await flagsOf('/api/checkout/pay')]).toEqual(['00', '01']);
  });

  it('keeps the ratio of its route', async () => {
    tracing = bootTracing({ sampling: { ratio: 1, routes: { '/half': 0.5 } }, idGenerator: undefined as never });
    const flags = [];
    for (let count = 0; count < 400; count++) flags.push(await flagsOf('/half'));
    const sampled = flags.filter((flag) => flag === '01').length;
    // Binomial with n = 400 and p = 0.5: outside of these bounds once in 10^9 runs.
    expect([sampled > 139, sampled < 261]).toEqual([true, true]);
  });

  it('is known by its route where the wrapper names one', async () => {
    tracing = bootTracing({ sampling: { ratio: 1, routes: { '/api/orders/[id]': 0 } } });
    const handler = withTracing((_request: Request) => new Response(), { route: '/api/orders/[id]' });
    handler(new Request('http://shop.example/api/orders/7'));
    expect(await tracing.spans()).toEqual([]);
  });

  it('of Next’s own server span is known by its target', () => {
    tracing = bootTracing({ sampling: { ratio: 1, routes: { '/api/health': 0 } } });
    const ask = (target: string, kind = SpanKind.SERVER): number =>
      trace
        .getTracer('next.js')
        .startSpan('GET', { kind, attributes: { 'http.target': target } })
        .spanContext().traceFlags;
    expect([ask('/api/health?deep=1'), ask('/about'), ask('/api/health', SpanKind.CLIENT)]).toEqual([
      TraceFlags.NONE,
      TraceFlags.SAMPLED,
      TraceFlags.SAMPLED,
    ]);
  });
});

it('a call in a trace that is not sampled knows where it goes, and leaves no span', async () => {
  tracing = bootTracing({ sampler: NONE, baggage: { targets: ['partner.example'] } });
  const flags = (attributes: Record<string, string>): boolean =>
    trace.getTracer('client').startSpan('GET', { kind: SpanKind.CLIENT, attributes }).isRecording();
  const http = { 'http.request.method': 'GET', 'server.address': 'partner.example' };
  expect([flags(http), flags({ 'server.address': 'partner.example' }), await tracing.spans()]).toEqual([
    true,
    false,
    [],
  ]);
});

it('a sampler that throws costs the span, and is said once', () => {
  const broken = { shouldSample: () => { throw new Error('no'); } }; // prettier-ignore
  tracing = bootTracing({ sampler: broken, sampling: { routes: { '/x': 1 } } });
  traceSync('work', () => traceSync('work', () => 1));
  expect(tracing.messages).toEqual(['throughline: the sampler threw; this span is not recorded']);
});
