/** What is kept of the traces that were not sampled: the whole trace or nothing, within bounds, and counted. */
import { ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, type SpanExporter } from '@opentelemetry/sdk-trace';
import type { TracingOptions } from '@/lib/tracing/boot/index.ts';
import { injectTraceContext, traceAsync, traceDatabaseQuery, traceSync, tracer } from '@/lib/tracing/index.ts';
import { getRuntime } from '@/lib/tracing/runtime.ts';
import { type TestTracing, bootTracing } from '../../../../helpers/test-tracing.ts';
import { formatTree, fromSdk, tree } from '../../../../helpers/trace-tree.ts';

let tracing: TestTracing;
let clock = 0;
const boot = (keep: TracingOptions['keep'], ratio = 0, exporter?: SpanExporter): void => {
  jest.spyOn(performance, 'now').mockImplementation(() => clock);
  jest.spyOn(Date, 'now').mockImplementation(() => 1_763_711_740_000 + clock);
  tracing = bootTracing({ keep, sampling: { ratio }, ...(exporter && { exporter }) });
};
beforeEach(() => void (clock = 1000));
afterEach(async () => {
  await tracing.stop();
  jest.restoreAllMocks();
});

const shown = async (): Promise<string> => formatTree((await tracing.spans()).map(fromSdk));
const counts = (): number[] => {
  const { tailKept, tailDropped, tailEvicted } = getRuntime().counters;
  return [tailKept, tailDropped, tailEvicted];
};
const fail = (): never => {
  throw new RangeError('out of stars');
};
/** A span below another, left open. */
const below = (parent: Span, name: string): Span => tracer.startSpan(name, {}, trace.setSpan(ROOT_CONTEXT, parent));

const KEPT = `
  root INTERNAL ERROR
    good INTERNAL
    bad INTERNAL ERROR
`;

describe('a trace that was not sampled', () => {
  it('is kept whole when a span in it fails', async () => {
    boot({ errors: true });
    expect(() => traceSync('root', () => [traceSync('good', () => 1), traceSync('bad', fail)])).toThrow(RangeError);
    expect([await shown(), counts()]).toEqual([tree(KEPT), [3, 0, 0]]);
  });

  it('is kept when a span fails whose caller goes on', async () => {
    boot({ errors: true });
    await traceAsync('root', () => traceAsync('bad', async () => fail()).catch(() => {}));
    expect(await shown()).toBe('root INTERNAL\n  bad INTERNAL ERROR');
  });

  it('is dropped whole when it is neither failed nor slow', async () => {
    boot({ errors: true, slowerThanMillis: 100 });
    traceSync('root', () => traceSync('good', () => (clock += 100)));
    expect([await shown(), counts()]).toEqual(['', [0, 2, 0]]);
  });

  it('is kept when its root is slow, though no span failed', async () => {
    boot({ slowerThanMillis: 100 });
    traceSync('root', () => traceSync('good', () => (clock += 101)));
    expect([await shown(), counts()]).toEqual(['root INTERNAL\n  good INTERNAL', [2, 0, 0]]);
  });

  it('is not kept for its time where only errors are, nor for errors where only its time is', async () => {
    boot({ errors: true });
    traceSync('root', () => (clock += 1e6));
    expect(await shown()).toBe('');
    await tracing.stop();
    boot({ slowerThanMillis: 1000 });
    expect(() => traceSync('root', fail)).toThrow(RangeError);
    expect(await shown()).toBe('');
  });

  it('leaves this process as not sampled, and the collector as sampled', async () => {
    boot({ errors: true });
    let sent = '';
    const work = (): never => {
      sent = injectTraceContext()['traceparent'] ?? '';
      return fail();
    };
    expect(() => traceSync('root', work)).toThrow(RangeError);
    const [span] = await tracing.spans();
    expect([sent.slice(-2), span?.spanContext().traceFlags]).toEqual(['00', 1]);
  });
});

it('a statement that its driver tells too is one span, kept or not, and nothing of the other stays behind', async () => {
  boot({ errors: true, maxSpans: 2 });
  const select = 'SELECT 1';
  const driver = trace.getTracer('@opentelemetry/instrumentation-pg');
  const attributes = { 'db.system': 'postgresql', 'db.statement': select, 'server.address': 'db.example' };
  const query = (): void =>
    traceDatabaseQuery('SELECT', select, () =>
      driver.startActiveSpan('pg.query:SELECT', { kind: SpanKind.CLIENT, attributes }, (span) => span.end()),
    );
  for (let count = 0; count < 20; count++) query();
  expect(() => traceSync('root', () => [query(), fail()])).toThrow(RangeError);
  const spans = await tracing.spans();
  expect([formatTree(spans.map(fromSdk), ['server.address']), counts()]).toEqual([
    'root INTERNAL ERROR\n  SELECT CLIENT server.address="db.example"',
    [2, 20, 0],
  ]);
});

it('sampled traces pass by, span by span', async () => {
  boot({ errors: true }, 1);
  await traceAsync('root', async () => {
    traceSync('good', () => 1);
    expect(await shown()).toBe('^ good INTERNAL');
  });
  expect(counts()).toEqual([0, 0, 0]);
});

it('two roots of one incoming trace are decided apart', async () => {
  boot({ errors: true });
  const remote = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 0, isRemote: true };
  const from = trace.setSpanContext(ROOT_CONTEXT, remote);
  const [one, two] = ['one', 'two'].map((name) => tracer.startSpan(name, {}, from));
  below(one as Span, 'bad')
    .setStatus({ code: SpanStatusCode.ERROR })
    .end();
  below(two as Span, 'good').end();
  two?.end();
  one?.end();
  expect([await shown(), counts()]).toEqual(['^ one INTERNAL\n  bad INTERNAL ERROR', [2, 2, 0]]);
});

it('what goes on after its root goes the way of its trace, also what begins then', async () => {
  boot({ errors: true });
  const run = (name: string, failed: boolean): void => {
    const root = tracer.startSpan(name);
    const open = below(root, `${name}: open`);
    if (failed) root.setStatus({ code: SpanStatusCode.ERROR });
    root.end();
    const later = below(root, `${name}: later`);
    below(later, `${name}: below`).end();
    later.end();
    open.end();
  };
  run('kept', true);
  run('dropped', false);
  expect([await shown(), counts()]).toEqual([
    tree(`
      kept INTERNAL ERROR
        kept: later INTERNAL
          kept: below INTERNAL
        kept: open INTERNAL
    `),
    [4, 4, 0],
  ]);
});

describe('bounds', () => {
  it('in spans: the oldest trace is decided by what is known', async () => {
    boot({ errors: true, maxSpans: 3 });
    const roots = ['a', 'b'].map((name) => tracer.startSpan(name));
    below(roots[0] as Span, 'a: bad')
      .setStatus({ code: SpanStatusCode.ERROR })
      .end();
    for (const root of roots) for (const name of ['1', '2']) below(root, name).end();
    // Five wait: `a` leaves, with what it has, and its root follows.
    for (const root of roots) root.end();
    expect([await shown(), counts()]).toEqual([
      tree(`
        a INTERNAL
          a: bad INTERNAL ERROR
          1 INTERNAL
          2 INTERNAL
      `),
      [4, 3, 0],
    ]);
  });

  it('in spans: what is evicted is counted, and its root later too', async () => {
    boot({ errors: true, maxSpans: 2 });
    const root = tracer.startSpan('root');
    for (let count = 0; count < 3; count++) below(root, 'child').end();
    expect(counts()).toEqual([0, 0, 3]);
    root.end();
    expect([await shown(), counts()]).toEqual(['', [0, 1, 3]]);
  });

  it('in bytes', async () => {
    boot({ errors: true, maxBytes: 10_000 });
    const root = tracer.startSpan('root');
    below(root, 'small').end();
    expect(counts()).toEqual([0, 0, 0]);
    below(root, 'large')
      .setAttribute('text', 'x'.repeat(4000))
      .addEvent('e', { more: ['y'.repeat(4000)] })
      .end();
    expect(counts()).toEqual([0, 0, 2]);
    root.end();
  });

  it('in time: a trace that is older is decided with the next span that begins', async () => {
    boot({ slowerThanMillis: 1000, maxAgeMillis: 5000 });
    const root = tracer.startSpan('stream');
    below(root, 'first').end();
    clock += 5001;
    traceSync('another', () => 1);
    expect(await shown()).toBe('^ first INTERNAL');
    root.end();
    expect([await shown(), counts()]).toEqual(['stream INTERNAL\n  first INTERNAL', [2, 1, 0]]);
  });

  it('in roots that nobody ends: 20,000 leave no more than the bound', async () => {
    boot({ errors: true, maxSpans: 100 });
    for (let count = 0; count < 20_000; count++) tracer.startSpan('never ended');
    expect(counts()).toEqual([0, 0, 19_800]);
    expect(() => traceSync('root', fail)).toThrow(RangeError);
    expect(await shown()).toBe('root INTERNAL ERROR');
  });
});

it('what waits at the shutdown is decided by what is known', async () => {
  const exporter = new (class extends InMemorySpanExporter {
    // The SDK's own forgets everything when it is shut down.
    override shutdown = async (): Promise<void> => {};
  })();
  boot({ errors: true }, 0, exporter);
  const root = tracer.startSpan('root');
  below(root, 'bad').setStatus({ code: SpanStatusCode.ERROR }).end();
  below(tracer.startSpan('another'), 'good').end();
  await tracing.handle.shutdown();
  expect([formatTree(exporter.getFinishedSpans().map(fromSdk)), counts()]).toEqual(['^ bad INTERNAL ERROR', [1, 0, 1]]);
});
