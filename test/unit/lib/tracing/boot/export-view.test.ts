import { type Attributes, SpanKind, SpanStatusCode, context, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { TracingOptions } from '@/lib/tracing/boot/index.ts';
import { resolveConfig } from '@/lib/tracing/config.ts';
import { createExportView } from '@/lib/tracing/boot/export-view.ts';
import { injectTraceContext, tracer } from '@/lib/tracing/index.ts';
import { type TestTracing, bootTracing } from '../../../../helpers/test-tracing.ts';
import { formatTree, fromSdk, tree } from '../../../../helpers/trace-tree.ts';
import { listenToDiag, setEnvironment } from './surroundings.ts';

let tracing: TestTracing;
let restore = (): void => {};

function boot(options: TracingOptions = {}, optIn = ''): void {
  restore = setEnvironment({ OTEL_SEMCONV_STABILITY_OPT_IN: optIn });
  tracing = bootTracing(options);
}
afterEach(async () => {
  await tracing.stop();
  restore();
});

async function exported(attributes: Attributes): Promise<Attributes | undefined> {
  trace.getTracer('somebody').startSpan('work', { attributes }).end();
  return (await tracing.spans())[0]?.attributes;
}

const NEXT: Attributes = {
  'http.method': 'GET',
  'http.status_code': 200,
  'http.target': '/api/products?token=PLANTED&page=2',
  'http.url': 'http://ada:PLANTED@shop.example/cart?token=PLANTED#PLANTED',
  'http.scheme': 'http',
  'http.user_agent': 'curl/8',
  'next.span_name': 'GET /api/products?token=PLANTED',
};
const CURRENT: Attributes = {
  'http.request.method': 'GET',
  'http.response.status_code': 200,
  'url.path': '/api/products',
  'url.full': 'http://shop.example/cart?token=[REDACTED]',
  'url.scheme': 'http',
  'user_agent.original': 'curl/8',
  'next.span_name': 'GET /api/products?token=[REDACTED]',
};
const OLDER: Attributes = {
  'http.method': 'GET',
  'http.status_code': 200,
  'http.target': '/api/products',
  'http.url': 'http://shop.example/cart?token=[REDACTED]',
  'http.scheme': 'http',
  'http.user_agent': 'curl/8',
};

describe('names', () => {
  it('brings older ones up to date', async () => {
    boot();
    expect(await exported(NEXT)).toEqual(CURRENT);
  });

  it('keeps the current one where a span has both', async () => {
    boot();
    expect(await exported({ 'http.method': 'get', 'http.request.method': 'GET' })).toEqual({
      'http.request.method': 'GET',
    });
  });

  const DATABASE: Attributes = { 'db.system.name': 'mysql', 'db.query.text': 'SELECT 1', 'db.operation.name': 'SELECT', 'db.collection.name': 't', 'db.namespace': 'shop' }; // prettier-ignore
  const AI: Attributes = {
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'm',
    'gen_ai.usage.input_tokens': 3,
  };
  const cleanDatabase = { ...DATABASE, 'db.query.text': 'SELECT ?' };
  it.each<[optIn: string, attributes: Attributes, expected: Attributes]>([
    ['http/dup', CURRENT, { ...CURRENT, ...OLDER }],
    ['database/dup,gen_ai/dup', CURRENT, CURRENT],
    ['database/dup', DATABASE, { ...cleanDatabase, 'db.system': 'mysql', 'db.statement': 'SELECT ?', 'db.operation': 'SELECT', 'db.sql.table': 't', 'db.name': 'shop' }], // prettier-ignore
    ['http/dup', DATABASE, cleanDatabase],
    ['gen_ai/dup', AI, { ...AI, 'llm.vendor': 'openai', 'llm.request.model': 'm', 'llm.usage.prompt_tokens': 3 }],
    ['http', AI, AI],
  ])('adds the older ones when OTEL_SEMCONV_STABILITY_OPT_IN=%s: %j', async (optIn, attributes, expected) => {
    boot({}, optIn);
    expect(await exported(attributes)).toEqual(expected);
  });
});

describe('values', () => {
  it.each<[what: string, attributes: Attributes, expected: Attributes]>([
    ['a statement under its older name', { 'db.system': 'postgresql', 'db.statement': "SELECT * FROM u WHERE e = 'PLANTED'" }, { 'db.system.name': 'postgresql', 'db.query.text': 'SELECT * FROM u WHERE e = ?' }], // prettier-ignore
    ['a statement in another dialect', { 'db.system': 'mysql', 'db.statement': 'SELECT "PLANTED"' }, { 'db.system.name': 'mysql', 'db.query.text': 'SELECT ?' }], // prettier-ignore
    ['a statement without a system', { 'db.statement': 'SELECT 42' }, { 'db.query.text': 'SELECT ?' }],
    ['a command that is no SQL', { 'db.system': 'redis', 'db.statement': 'get user:ada@example.com' }, { 'db.system.name': 'redis', 'db.query.text': 'get user:[REDACTED]' }], // prettier-ignore
    ['a query', { 'url.query': 'page=2&token=PLANTED&x' }, { 'url.query': 'page=[REDACTED]&token=[REDACTED]&x' }],
    ['a secret by its name', { 'user.password': 'PLANTED', 'http.request.header.authorization': ['PLANTED'] }, { 'user.password': '[REDACTED]', 'http.request.header.authorization': ['[REDACTED]'] }], // prettier-ignore
    ['a secret by its name, as a number', { cvv: 123, pins: [1], 'user.pwd': [1234, 5] }, { cvv: '[REDACTED]', pins: [1], 'user.pwd': ['[REDACTED]', '[REDACTED]'] }], // prettier-ignore
    ['counts of tokens', { 'gen_ai.usage.input_tokens': 7, 'llm.token_count.prompt': 7 }, { 'gen_ai.usage.input_tokens': 7, 'llm.token_count.prompt': 7 }], // prettier-ignore
    ['a card number as a number', { paid: 4111111111111111, all: [4111111111111111, 1] }, { paid: '[REDACTED]', all: ['[REDACTED]', 1] }], // prettier-ignore
    ['a time in milliseconds', { at: 1763711740003 }, { at: 1763711740003 }],
    ['what OTLP has no number for', { a: Number.NaN, b: Number.POSITIVE_INFINITY, c: 1e300, d: [1, Number.NaN], e: -1.5 }, { a: 'NaN', b: 'Infinity', c: '1e+300', d: [1, 'NaN'], e: -1.5 }], // prettier-ignore
    ['texts in a list', { list: ['ada@example.com', 'fine'] }, { list: ['[REDACTED]', 'fine'] }],
    ['switches', { 'password.set': true }, { 'password.set': true }],
    ['a method that is written twice', { 'http.request.method': 'GET', 'http.request.method_original': 'GET' }, { 'http.request.method': 'GET' }], // prettier-ignore
  ])('%s', async (_what, attributes, expected) => {
    boot();
    expect(await exported(attributes)).toEqual(expected);
  });

  it('may be seen in a query where the parameter is allowed, but never those of a secret name', async () => {
    boot({ capture: { queryParameters: ['page', 'token'] } });
    expect(await exported({ 'http.url': 'http://h/?page=2&token=PLANTED&q=x' })).toEqual({
      'url.full': 'http://h/?page=2&token=[REDACTED]&q=[REDACTED]',
    });
  });

  it('are cleaned in the name, the status, events and links too, and the span itself stays as it is', async () => {
    const ends: ReadableSpan[] = [];
    boot({
      spanProcessors: [
        {
          onStart: () => {},
          onEnd: (span) => void ends.push(span),
          forceFlush: async () => {},
          shutdown: async () => {},
        },
      ],
    });
    const link = { context: { traceId: '1'.repeat(32), spanId: '1'.repeat(16), traceFlags: 1 } };
    const span = trace.getTracer('next.js').startSpan('fetch GET http://ada:PLANTED@h/p?token=PLANTED', {
      attributes: { 'next.span_type': 'AppRender.fetch' },
      links: [link, { ...link, attributes: { password: 'PLANTED' } }],
    });
    span.addEvent('mail to ada@example.com', { 'db.statement': "SELECT 'PLANTED'", size: 1 });
    span.addEvent('plain');
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'password=PLANTED for ada@example.com' });
    span.end();
    const [view] = await tracing.spans();
    expect([
      view?.name,
      view?.attributes,
      view?.events.map((event) => [event.name, event.attributes]),
      view?.links.map(({ attributes }) => attributes),
      view?.status,
    ]).toEqual([
      'fetch GET http://[REDACTED]@h/p?token=[REDACTED]',
      { 'next.span_type': 'AppRender.fetch' },
      [
        ['mail to [REDACTED]', { 'db.query.text': 'SELECT ?', size: 1 }],
        ['plain', undefined],
      ],
      [undefined, { password: '[REDACTED]' }],
      { code: SpanStatusCode.ERROR, message: 'password=[REDACTED] for [REDACTED]' },
    ]);
    expect([ends[0]?.name, ends[0]?.status.message]).toEqual([
      'fetch GET http://ada:PLANTED@h/p?token=PLANTED',
      'password=PLANTED for ada@example.com',
    ]);
  });

  it('of the status go through the redactors of the user, like the message of the event', async () => {
    boot({
      redact: [(value, name) => (name === 'exception.message' ? value.replace('customer 7', 'customer ?') : value)],
    });
    const span = tracer.startSpan('work');
    span.recordException(new Error('no such customer 7'));
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'no such customer 7' });
    span.end();
    const [view] = await tracing.spans();
    expect([view?.status.message, view?.events[0]?.attributes?.['exception.message']]).toEqual([
      'no such customer ?',
      'no such customer ?',
    ]);
  });
});

describe('a span that cannot be cleaned', () => {
  it('leaves without anything in it', () => {
    boot();
    const said = listenToDiag();
    const broken = {
      name: 'PLANTED',
      get attributes(): Attributes {
        throw new Error('attributes');
      },
      events: [{ name: 'PLANTED' }],
      links: [],
      status: { code: SpanStatusCode.ERROR, message: 'PLANTED' },
      kind: SpanKind.CLIENT,
    } as unknown as ReadableSpan;
    const config = resolveConfig({}, {}, () => {});
    const view = createExportView({ config, redactors: [], parentOf: () => undefined })(broken);
    const { name, kind, attributes, events, links, status } = view;
    expect([{ name, kind, attributes, events, links, status }, said]).toEqual([
      { name: 'unnamed', kind: SpanKind.CLIENT, attributes: {}, events: [], links: [], status: { code: SpanStatusCode.ERROR } }, // prettier-ignore
      ['throughline: a span could not be cleaned; its attributes stay here'],
    ]);
  });
});

describe('the spans of Next', () => {
  const next = <R>(type: string, name: string, kind: SpanKind, fn: () => R): R =>
    trace.getTracer('next.js', '16').startActiveSpan(name, { kind, attributes: { 'next.span_type': type } }, (span) => {
      try {
        return fn();
      } finally {
        span.end();
      }
    });
  const shown = async (): Promise<string> => formatTree((await tracing.spans()).map(fromSdk), ['next.span_type']);

  it('are folded where they are phases of the framework, and what happened in them hangs on the span around', async () => {
    boot();
    next('BaseServer.handleRequest', 'GET /products/[id]', SpanKind.SERVER, () => {
      next('NextNodeServer.findPageComponents', 'resolve page components', SpanKind.INTERNAL, () => {
        next('LoadComponents.loadRouteModule', 'load route module', SpanKind.INTERNAL, () => {
          tracer.startActiveSpan('deep', () => tracer.startActiveSpan('deeper', () => {}));
        });
        tracer.startActiveSpan('shallow', () => {});
      });
      next('AppRender.getBodyResult', 'render route', SpanKind.INTERNAL, () => {
        next('NextNodeServer.createComponentTree', 'build component tree', SpanKind.INTERNAL, () => {
          tracer.startActiveSpan('in the page', () => {});
        });
      });
    });
    expect(await shown()).toBe(
      tree(`
        GET /products/[id] SERVER next.span_type="BaseServer.handleRequest"
          deep INTERNAL
            deeper INTERNAL
          shallow INTERNAL
          render route INTERNAL next.span_type="AppRender.getBodyResult"
            in the page INTERNAL
      `),
    );
  });

  it('are folded at the top of a trace too, so that a boot leaves no litter', async () => {
    boot();
    next('Instrumentation.loadModule', 'load instrumentation module', SpanKind.INTERNAL, () => {});
    next('LoadComponents.loadRouteModule', 'load route module', SpanKind.INTERNAL, () => {
      tracer.startActiveSpan('work at boot', () => {});
    });
    trace.getTracer('next.js').startSpan('start response').end();
    expect([await shown(), tracing.handle.config.enabled]).toEqual(['work at boot INTERNAL', true]);
  });

  it('keep the remote parent when the folded one was the first here', async () => {
    boot();
    const remote = {
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
      traceFlags: 1,
      isRemote: true,
    };
    context.with(trace.setSpanContext(context.active(), remote), () => {
      next('Node.runHandler', 'executing api route', SpanKind.INTERNAL, () => {
        tracer.startActiveSpan('work', () => {});
      });
    });
    const [span] = await tracing.spans();
    expect([span?.name, span?.parentSpanContext]).toEqual(['work', remote]);
  });

  it('never leave as the parent of somebody else, where they are folded', async () => {
    boot();
    const headers = next('BaseServer.handleRequest', 'GET /', SpanKind.SERVER, () =>
      next('NextNodeServer.findPageComponents', 'resolve page components', SpanKind.INTERNAL, () =>
        next('LoadComponents.loadRouteModule', 'load route module', SpanKind.INTERNAL, () => injectTraceContext()),
      ),
    );
    const [server] = await tracing.spans();
    expect(headers['traceparent']?.split('-')[2]).toBe(server?.spanContext().spanId);
  });

  it('of the same names, from another tracer, are left alone', async () => {
    boot();
    trace
      .getTracer('mine')
      .startSpan('load route module', { attributes: { 'next.span_type': 'x' } })
      .end();
    expect(await shown()).toBe('load route module INTERNAL next.span_type="x"');
  });
});
