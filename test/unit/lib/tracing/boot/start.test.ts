import { hostname } from 'node:os';
import { SpanKind, TraceFlags, context, trace } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import {
  InMemorySpanExporter,
  type Sampler,
  type SpanExporter,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { TracingOptionsError, type TracingOptions, startTracing } from '@/lib/tracing/boot/index.ts';
import { traceAsync, tracer, tracingHealth } from '@/lib/tracing/index.ts';
import { getRuntime } from '@/lib/tracing/runtime.ts';
import { type TestTracing, bootTracing, resetGlobals } from '../../../../helpers/test-tracing.ts';
import { formatTree, fromSdk } from '../../../../helpers/trace-tree.ts';
import { listenToConsole, listenToDiag, setEnvironment } from './surroundings.ts';

const fail = (what: string) => (): never => {
  throw new Error(what);
};
const QUIET: TracingOptions = { autoInstrumentations: false, handleSignals: false };

let tracing: TestTracing | undefined;
let restore = (): void => {};
const given = (values: Readonly<Record<string, string | undefined>>): void => {
  restore = setEnvironment(values);
};

beforeEach(() => resetGlobals());
afterEach(async () => {
  jest.restoreAllMocks();
  restore();
  restore = () => {};
  await tracing?.stop();
  tracing = undefined;
  resetGlobals();
});

describe('a second call', () => {
  it('gives the same handle, whatever it asks for', () => {
    tracing = bootTracing({ serviceName: 'first' });
    expect(startTracing({ serviceName: 'second' })).toBe(tracing.handle);
    expect(startTracing({ nonsense: true } as TracingOptions)).toBe(tracing.handle);
    expect(tracing.handle.config.serviceName).toBe('first');
  });

  it('gives the same handle where tracing is off, or could not be started', () => {
    const off = startTracing({ ...QUIET, enabled: false });
    expect(startTracing(QUIET)).toBe(off);
  });

  it('boots after a first one that was refused', async () => {
    expect(() => startTracing({ serviceName: 5 } as unknown as TracingOptions)).toThrow(TracingOptionsError);
    const handle = startTracing({ ...QUIET, exporter: new InMemorySpanExporter() });
    expect(handle.enabled).toBe(true);
    await handle.shutdown();
  });
});

describe('tracing that is switched off', () => {
  const rows: readonly (readonly [what: string, environment: Record<string, string>, options: TracingOptions])[] = [
    ['by OTEL_ENABLED', { OTEL_ENABLED: 'false' }, {}],
    ['by OTEL_SDK_DISABLED', { OTEL_SDK_DISABLED: 'true', OTEL_ENABLED: 'true' }, {}],
    ['by option', { OTEL_ENABLED: 'true' }, { enabled: false }],
  ];

  it.each(rows)('%s runs the work and nothing else', async (_what, environment, options) => {
    given(environment);
    tracing = bootTracing(options);
    const { handle } = tracing;
    await expect(traceAsync('work', async () => 5)).resolves.toBe(5);
    await handle.forceFlush();
    await handle.shutdown();
    const { status, counters, testSpan } = tracingHealth();
    expect([handle.enabled, await tracing.spans(), status, counters.spansCreated, testSpan.accepted]).toEqual([
      false,
      [],
      'off',
      0,
      false,
    ]);
  });

  it('is on when an option says so, whatever the variables say', async () => {
    given({ OTEL_SDK_DISABLED: 'true', OTEL_ENABLED: 'false' });
    tracing = bootTracing({ enabled: true });
    await traceAsync('work', async () => 5);
    expect([tracing.handle.enabled, (await tracing.spans()).length, process.env['OTEL_SDK_DISABLED']]).toEqual([
      true,
      1,
      'true',
    ]);
  });
});

describe('a wrong variable', () => {
  const WARNING = 'warn: throughline: OTEL_SAMPLING_RATE should be a number from 0 to 1, got "7"; using 1.0';

  it.each([
    ['no level', undefined, [WARNING]],
    ['the empty level', '', [WARNING]],
    ['info', 'info', [WARNING, 'info: throughline: tracing "shop" to http://localhost:4318/v1/traces']],
    ['error', 'error', []],
    ['none', 'none', []],
  ])('is printed once, with %s as the level', async (_what, level, expected) => {
    given({ OTEL_LOG_LEVEL: level, OTEL_SAMPLING_RATE: '7', OTEL_SERVICE_NAME: 'shop', NODE_ENV: 'production' });
    const printed = listenToConsole();
    const handle = startTracing({ ...QUIET, exporter: new InMemorySpanExporter() });
    expect(printed.filter((line) => line.includes('throughline:') || line.includes('overwrit'))).toEqual(expected);
    await handle.shutdown();
  });

  it('never shows the credentials of the address', async () => {
    given({ OTEL_LOG_LEVEL: 'info', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://ada:PLANTED@localhost:1/?key=PLANTED' });
    const printed = listenToConsole();
    const handle = startTracing({ ...QUIET, exporter: new InMemorySpanExporter() });
    expect(printed.filter((line) => line.includes('throughline:'))).toEqual([
      'info: throughline: tracing "unknown_service" to http://localhost:1/v1/traces?key=[REDACTED]',
    ]);
    await handle.shutdown();
  });

  it('leaves the variables as they were', async () => {
    const environment = { OTEL_EXPORTER_OTLP_HEADERS: 'neither', OTEL_EXPORTER_OTLP_TRACES_HEADERS: '{"a":"b"}' };
    given(environment);
    const printed = listenToConsole();
    const handle = startTracing(QUIET);
    expect([handle.enabled, handle.config.headers, printed]).toEqual([
      true,
      { a: 'b' },
      [
        'warn: throughline: OTEL_EXPORTER_OTLP_HEADERS is neither a JSON object of texts nor a list of key=value pairs; it is ignored',
      ],
    ]);
    expect(process.env).toMatchObject(environment);
    await handle.shutdown();
  });
});

describe('what fails stays in the tracing', () => {
  const tree = async (): Promise<string> => formatTree(((await tracing?.spans()) ?? []).map(fromSdk));
  const work = (): Promise<number> => traceAsync('outer', () => traceAsync('inner', async () => 5));
  const both = 'outer INTERNAL\n  inner INTERNAL';

  const exporterThatThrows: SpanExporter = { export: fail('export'), shutdown: async () => {} };
  const exporterThatFailsToStop: SpanExporter = {
    export: (_spans, done) => done({ code: 0 }),
    forceFlush: fail('forceFlush'),
    shutdown: fail('shutdown'),
  };
  const processor: SpanProcessor = {
    onStart: fail('onStart'),
    onEnd: fail('onEnd'),
    forceFlush: fail('forceFlush'),
    shutdown: fail('shutdown'),
  };
  const reject = (): Promise<never> => Promise.reject(new Error('rejected'));
  const PROCESSOR_FAILED = 'throughline: a span processor failed';
  const rows: readonly (readonly [what: string, options: TracingOptions, tree: string, messages: string[]])[] = [
    [
      'an exporter that throws',
      { exporter: exporterThatThrows },
      '',
      ['throughline: the exporter did not take 2 spans (export); the application is not affected, and sending goes on. Counts: tracingHealth()'], // prettier-ignore
    ],
    ['an exporter that cannot be stopped', { exporter: exporterThatFailsToStop }, '', ['throughline: flushing failed']],
    [
      'a sampler that throws',
      { sampler: { shouldSample: fail('sampler'), toString: () => '' } },
      '',
      // The child follows its parent, and is not asked about.
      ['throughline: the sampler threw; this span is not recorded'],
    ],
    [
      'a sampler that gives nothing',
      { sampler: { shouldSample: () => undefined, toString: () => '' } as unknown as Sampler },
      '',
      ['throughline: the sampler threw; this span is not recorded'],
    ],
    ['a span processor that throws', { spanProcessors: [processor] }, both, [PROCESSOR_FAILED]],
    [
      'a span processor that rejects',
      { spanProcessors: [{ ...processor, forceFlush: reject, shutdown: reject, onStart: () => {}, onEnd: () => {} }] },
      both,
      [PROCESSOR_FAILED],
    ],
    [
      'an id generator that throws',
      { idGenerator: { generateTraceId: fail('trace'), generateSpanId: fail('span') } },
      both,
      ['throughline: the id generator threw; a random id is used'],
    ],
    [
      'an id generator that gives no ids',
      { idGenerator: { generateTraceId: () => 'x', generateSpanId: () => undefined as unknown as string } },
      both,
      ['throughline: the id generator gave no valid id; a random one is used'],
    ],
    ['a redactor that throws', { redact: [fail('redactor')] }, both, []],
  ];

  it.each(rows)('%s', async (_what, options, expected, messages) => {
    tracing = bootTracing(options);
    await expect(work()).resolves.toBe(5);
    expect(await tree()).toBe(expected);
    await tracing.handle.shutdown();
    expect(tracing.messages).toEqual(messages);
  });

  it('a redactor that throws or gives no text: the value is left out, the others are not', async () => {
    const seen: string[] = [];
    tracing = bootTracing({
      redact: [
        (value, name) => {
          seen.push(`${name}=${value}`);
          if (name === 'throws') throw new Error('redactor');
          return name === 'number' ? (7 as unknown as string) : value.toUpperCase();
        },
      ],
    });
    await traceAsync('work', async () => 5, { throws: 'a', number: 'b', fine: 'c', email: 'ada@example.com', size: 1 });
    const [span] = await tracing.spans();
    expect([span?.attributes, seen, tracing.messages]).toEqual([
      { throws: '[REDACTED]', number: '[REDACTED]', fine: 'C', email: '[REDACTED]', size: 1 },
      // A user's own sees what ours has left.
      ['throws=a', 'number=b', 'fine=c', 'email=[REDACTED]'],
      ['throughline: a redactor threw; the value is left out'],
    ]);
  });

  it.each(['enable', 'setTracerProvider', 'setMeterProvider'] as const)(
    'an instrumentation whose %s throws: the application runs without tracing',
    async (method) => {
      const printed = listenToConsole();
      const instrumentation = {
        instrumentationName: 'broken',
        instrumentationVersion: '1',
        enable: () => {},
        disable: () => {},
        setTracerProvider: () => {},
        setMeterProvider: () => {},
        setConfig: () => {},
        getConfig: () => ({ enabled: false }),
        [method]: fail(method),
      } as unknown as Instrumentation;
      const options = { ...QUIET, instrumentations: [instrumentation], exporter: new InMemorySpanExporter() };
      const handle = startTracing(options);
      await expect(work()).resolves.toBe(5);
      await handle.forceFlush();
      await handle.shutdown();
      expect(printed).toEqual(['error: throughline: tracing could not be started; the application runs without it']);
      const { status } = tracingHealth();
      expect([handle.enabled, status, startTracing(options) === handle]).toEqual([false, 'off', true]);
    },
  );

  it('a provider that somebody has registered before: it stays, and it is said', async () => {
    const exporter = new InMemorySpanExporter();
    const ended: string[] = [];
    trace.setGlobalTracerProvider(
      new TracerProvider({
        spanProcessors: [
          {
            onStart: () => {},
            onEnd: (span) => void ended.push(span.name),
            forceFlush: async () => {},
            shutdown: async () => {},
          },
        ],
      }),
    );
    const printed = listenToConsole();
    const handle = startTracing({ ...QUIET, exporter });
    expect(printed).toEqual([
      'warn: throughline: another OpenTelemetry SDK is registered already; it keeps the traces, and startTracing does nothing',
    ]);
    await expect(work()).resolves.toBe(5);
    await handle.forceFlush();
    expect([handle.enabled, ended, exporter.getFinishedSpans()]).toEqual([false, ['inner', 'outer'], []]);
    await handle.shutdown();
  });
});

describe('the spans of a processor of the user', () => {
  it('are shown to it as they are, and the pipeline gets its own', async () => {
    const seen: string[] = [];
    const own: SpanProcessor = {
      onStart: (span) => void seen.push(`start ${span.name}`),
      onEnd: (span) => void seen.push(`end ${span.name} ${String(span.attributes['email'])}`),
      forceFlush: async () => {},
      shutdown: async () => void seen.push('shutdown'),
    };
    tracing = bootTracing({ spanProcessors: [own] });
    await traceAsync('work', async () => 5, { email: 'ada@example.com' });
    const [span] = await tracing.spans();
    await tracing.handle.shutdown();
    expect([seen, span?.attributes]).toEqual([
      ['start work', 'end work ada@example.com', 'shutdown'],
      { email: '[REDACTED]' },
    ]);
  });
});

describe('sampling', () => {
  const parent = (flags: TraceFlags) =>
    trace.setSpanContext(context.active(), {
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
      traceFlags: flags,
      isRemote: true,
    });
  const run = async (options: TracingOptions, flags?: TraceFlags): Promise<readonly [string[], unknown]> => {
    tracing = bootTracing(options);
    const work = (): Promise<number> => traceAsync('work', () => traceAsync('inner', async () => 5));
    await (flags === undefined ? work() : context.with(parent(flags), work));
    const { spansCreated, sampled, unsampled, queued } = tracingHealthCounters();
    return [(await tracing.spans()).map(({ name }) => name), { spansCreated, sampled, unsampled, queued }];
  };
  const tracingHealthCounters = () => getRuntime().counters;
  const NONE = [[], { spansCreated: 0, sampled: 0, unsampled: 2, queued: 0 }];
  const BOTH = [['inner', 'work'], { spansCreated: 2, sampled: 2, unsampled: 0, queued: 2 }];
  const never: Sampler = { shouldSample: () => ({ decision: 0 }), toString: () => 'never' };

  it.each<[what: string, options: TracingOptions, flags: TraceFlags | undefined, expected: unknown]>([
    ['a root at ratio 1', { sampling: { ratio: 1 } }, undefined, BOTH],
    ['a root at ratio 0', { sampling: { ratio: 0 } }, undefined, NONE],
    ['below a sampled parent at ratio 0', { sampling: { ratio: 0 } }, TraceFlags.SAMPLED, BOTH],
    ['below an unsampled parent at ratio 1', { sampling: { ratio: 1 } }, TraceFlags.NONE, NONE],
    ['a root, the sampler being one of the user', { sampler: never }, undefined, NONE],
    ['below a sampled parent, the sampler being one of the user', { sampler: never }, TraceFlags.SAMPLED, BOTH],
  ])('%s', async (_what, options, flags, expected) => {
    expect(await run(options, flags)).toEqual(expected);
  });

  it('by the sampler of the document keeps a tenth, by the trace id', async () => {
    const kept: string[] = [];
    // The sampler folds an id into 32 bits and keeps the lowest tenth of them.
    for (const bits of ['00000001', '19999998', '1999999a', 'ffffffff']) {
      const traceId = bits + '0'.repeat(23) + '0';
      const idGenerator = { generateTraceId: () => traceId, generateSpanId: () => '1'.repeat(16) };
      tracing = bootTracing({ sampler: new TraceIdRatioBasedSampler(0.1), idGenerator });
      await traceAsync('work', async () => 5);
      if ((await tracing.spans()).length > 0) kept.push(bits);
      await tracing.stop();
    }
    expect(kept).toEqual(['00000001', '19999998']);
  });

  it('does not ask the parent where OTEL_TRACES_SAMPLER says so', async () => {
    given({ OTEL_TRACES_SAMPLER: 'always_on' });
    expect(await run({}, TraceFlags.NONE)).toEqual(BOTH);
  });

  it('sends an unsampled flag on', async () => {
    tracing = bootTracing({ sampling: { ratio: 0 } });
    await traceAsync('work', async () => {
      const { traceFlags, traceId } = trace.getActiveSpan()?.spanContext() ?? {};
      expect([traceFlags, traceId]).toEqual([TraceFlags.NONE, '0'.repeat(31) + 1]);
    });
  });
});

describe('a span', () => {
  it('carries this resource, and no name of a user, no path, no command line', async () => {
    given({
      OTEL_RESOURCE_ATTRIBUTES: 'team=checkout,service.name=ignored',
      OTEL_SERVICE_NAME: 'shop',
      DD_VERSION: '2.0',
      DD_ENV: 'staging',
      AWS_REGION: 'us-west-2',
    });
    tracing = bootTracing({ serviceName: 'storefront', resourceAttributes: { 'shop.size': 3 } });
    await traceAsync('work', async () => 5);
    const [span] = await tracing.spans();
    expect(span?.resource.attributes).toEqual({
      'service.name': 'storefront',
      'service.version': '2.0',
      'deployment.environment.name': 'staging',
      'cloud.provider': 'aws',
      'cloud.region': 'us-west-2',
      team: 'checkout',
      'shop.size': 3,
      'host.name': hostname(),
      'host.arch': process.arch === 'x64' ? 'amd64' : process.arch,
      'process.pid': process.pid,
      'process.runtime.name': 'nodejs',
      'process.runtime.version': process.versions.node,
      'telemetry.sdk.language': 'nodejs',
      'telemetry.sdk.name': 'opentelemetry',
      'telemetry.distro.name': 'throughline',
      'telemetry.distro.version': '0.1.0',
    });
  });

  it('keeps to the limits also where it is written to directly', async () => {
    tracing = bootTracing({ limits: { attributeValueLength: 3, attributeCount: 2, eventCount: 1, linkCount: 1 } });
    const link = { context: { traceId: '1'.repeat(32), spanId: '1'.repeat(16), traceFlags: 1 } };
    const span = tracer.startSpan('work', { kind: SpanKind.CLIENT, links: [link, link] });
    span.setAttribute('a', 'x'.repeat(1000)).setAttribute('b', 2).setAttribute('c', 3);
    span.addEvent('one').addEvent('two');
    span.end();
    const [ended] = await tracing.spans();
    expect([ended?.attributes, ended?.events.map(({ name }) => name), ended?.links.length]).toEqual([
      { a: 'xx…', b: 2 },
      ['two'],
      1,
    ]);
  });
});

it('keeps Next from opening spans for fetch, and the SDK from sending logs', () => {
  given({ NEXT_OTEL_FETCH_DISABLED: undefined, OTEL_LOGS_EXPORTER: undefined });
  tracing = bootTracing();
  expect([process.env['NEXT_OTEL_FETCH_DISABLED'], process.env['OTEL_LOGS_EXPORTER']]).toEqual(['1', 'none']);
});

it('says nothing when nothing is wrong', async () => {
  tracing = bootTracing();
  const said = listenToDiag();
  await traceAsync('work', async () => 5);
  await tracing.handle.forceFlush();
  await tracing.handle.shutdown();
  expect(said).toEqual([]);
});
