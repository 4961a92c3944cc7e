import { SpanKind, SpanStatusCode, context, trace } from '@opentelemetry/api';
import { traceAsync, traceSync, tracer } from '@/lib/tracing/index.ts';
import { withActiveSpan } from '@/lib/tracing/span.ts';
import { formatTree, fromSdk, tree } from '../../../helpers/trace-tree.ts';
import { type TestTracing, bootTracing, resetGlobals } from '../../../helpers/test-tracing.ts';

describe('spans', () => {
  let tracing: TestTracing;
  beforeEach(() => {
    tracing = bootTracing();
  });
  afterEach(() => tracing.stop());

  const shown = async (...attributes: string[]): Promise<string> =>
    formatTree((await tracing.spans()).map(fromSdk), attributes);

  it('nests by what is active, and keeps attributes', async () => {
    await traceAsync(
      'process_data',
      async () => {
        await Promise.resolve();
        traceSync('inner', () => 1);
        await tracer.startActiveSpan('custom_operation', { kind: SpanKind.CLIENT }, async (span) => {
          span.setAttribute('custom.attribute', 'value');
        });
      },
      { userId: 'user-123', operationType: 'batch_processing' },
    );
    expect(await shown('userId', 'custom.attribute')).toBe(
      tree(`
        process_data INTERNAL userId="user-123"
          inner INTERNAL
          custom_operation CLIENT custom.attribute="value"
      `),
    );
  });

  it('ends an active span once, also when the callback has ended it', async () => {
    await tracer.startActiveSpan('ended by hand', async (span) => span.end());
    expect(await shown()).toBe('ended by hand INTERNAL');
  });

  it('gives the work of traceAsync no argument, so that a cached function stays cached', () => {
    const seen: unknown[][] = [];
    traceAsync('cached', (...args: unknown[]) => seen.push(args));
    expect(seen).toEqual([[]]);
  });

  it('makes names fit for one line', async () => {
    traceSync('a\nb\u0000c', () => 0);
    traceSync('', () => 0);
    traceSync('x'.repeat(1000), () => 0);
    expect((await tracing.spans()).map((span) => span.name)).toEqual(['a b c', 'unnamed', `${'x'.repeat(255)}…`]);
  });

  it('records an error once in a trace, and the status on every span it passes', async () => {
    const boom = new RangeError('card 4111 1111 1111 1111 of ada@example.com');
    await expect(traceAsync('outer', () => traceAsync('inner', () => Promise.reject(boom)))).rejects.toBe(boom);
    const rows = (await tracing.spans()).map((span) => [
      span.name,
      span.status.code,
      span.status.message,
      span.attributes['error.type'],
      span.events.map((event) => [event.name, event.attributes?.['exception.message']]),
    ]);
    const message = 'card [REDACTED] of [REDACTED]';
    expect(rows).toEqual([
      ['inner', SpanStatusCode.ERROR, message, 'RangeError', [['exception', message]]],
      ['outer', SpanStatusCode.ERROR, message, 'RangeError', []],
    ]);
  });

  it('keeps a lazy thenable lazy, the same object, and its work inside the span', async () => {
    let runs = 0;
    let insideSpan = '';
    const lazy = {
      // oxlint-disable-next-line unicorn/no-thenable -- a stand-in for Prisma's promise
      then(resolve: (value: string) => void) {
        runs += 1;
        insideSpan = trace.getActiveSpan()?.spanContext().spanId ?? '';
        resolve('rows');
      },
    };
    const returned = withActiveSpan('lazy', {}, () => lazy);
    expect(returned).toBe(lazy);
    expect(runs).toBe(0);
    expect(await shown()).toBe('');
    await expect(Promise.resolve(returned)).resolves.toBe('rows');
    expect(runs).toBe(1);
    const [span] = await tracing.spans();
    expect(insideSpan).toBe(span?.spanContext().spanId);
    expect(await shown()).toBe('lazy INTERNAL');
  });

  it('runs the work when nothing can be traced: a broken provider, a getter that throws', () => {
    const attributes = {
      get broken(): string {
        throw new Error('getter');
      },
      fine: 1,
    };
    expect(traceSync('with getter', () => 7, attributes)).toBe(7);
    trace.disable();
    trace.setGlobalTracerProvider({
      getTracer: () => {
        throw new Error('no tracer');
      },
    });
    expect(traceSync('without a tracer', () => 8)).toBe(8);
    expect(tracing.messages).toEqual(['throughline: starting a span failed']);
  });

  it('survives 10,000 nested spans', async () => {
    const dive = async (depth: number): Promise<number> =>
      depth === 0 ? 0 : 1 + (await traceAsync('level', async () => Promise.resolve().then(() => dive(depth - 1))));
    await expect(dive(10_000)).resolves.toBe(10_000);
  });
});

it('runs the work unchanged when nothing was booted', async () => {
  resetGlobals();
  const before = context.active();
  await expect(traceAsync('nothing', async () => 5)).resolves.toBe(5);
  expect(context.active()).toBe(before);
});
