import { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, context, trace } from '@opentelemetry/api';
import { traceAsync, tracer } from '@/lib/tracing/index.ts';
import { startedTree } from '../../../helpers/started-tree.ts';
import { tree } from '../../../helpers/trace-tree.ts';
import { type TestTracing, bootTracing } from '../../../helpers/test-tracing.ts';

let tracing: TestTracing;
beforeEach(() => {
  tracing = bootTracing();
});
afterEach(() => tracing.stop());

const shown = (...attributes: string[]): Promise<string> => startedTree(tracing, attributes);

describe('tracer.startActiveSpan', () => {
  it('takes a name and a callback, options before it, and a context before that', async () => {
    const elsewhere = trace.setSpanContext(ROOT_CONTEXT, {
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
      traceFlags: TraceFlags.SAMPLED,
      isRemote: true,
    });
    await traceAsync('around', async () => {
      tracer.startActiveSpan('plain', () => {});
      tracer.startActiveSpan('with options', { kind: SpanKind.PRODUCER, attributes: { size: 3 } }, () => {});
      tracer.startActiveSpan('a root', { root: true }, () => {});
      tracer.startActiveSpan('elsewhere', {}, elsewhere, () => {});
    });
    expect(await shown('size')).toBe(
      tree(`
        around INTERNAL
          plain INTERNAL
          with options PRODUCER size=3
        a root INTERNAL
        ^ elsewhere INTERNAL
      `),
    );
  });

  it('hands over all that the API knows of: links, the time of the start, attributes of any kind', async () => {
    const link = { context: { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 } };
    const attributes = { big: 7n, at: new Date(0) } as never;
    tracer.startActiveSpan('whole', { links: [link], startTime: [1_000, 5], attributes }, () => {});
    const [span] = await tracing.spans();
    expect([span?.links, span?.startTime, span?.attributes]).toEqual([
      [link],
      [1_000, 5],
      { big: 7, at: '1970-01-01T00:00:00.000Z' },
    ]);
  });

  it('ends its span when the callback is done, with what the callback threw', async () => {
    const states: unknown[] = [];
    const done = tracer.startActiveSpan('async', async (span) => {
      await Promise.resolve();
      states.push(span.isRecording());
      return 3;
    });
    states.push(await done, (await tracing.spans()).length);
    expect(() =>
      tracer.startActiveSpan('sync', () => {
        throw new RangeError('boom');
      }),
    ).toThrow('boom');
    expect([states, await shown('error.type')]).toEqual([
      [true, 3, 1],
      tree(`
        async INTERNAL
        sync INTERNAL ERROR error.type="RangeError"
      `),
    ]);
  });

  it('leaves a status alone that the callback has set, and a span that it has ended', async () => {
    await tracer.startActiveSpan('judged', async (span) => {
      span.setStatus({ code: SpanStatusCode.ERROR, message: 'out of stock' });
    });
    await expect(
      tracer.startActiveSpan('ended', async (span) => {
        span.end();
        throw new Error('too late');
      }),
    ).rejects.toThrow('too late');
    const rows = (await tracing.spans()).map(({ name, status, events }) => [name, status, events.length]);
    expect(rows).toEqual([
      ['judged', { code: SpanStatusCode.ERROR, message: 'out of stock' }, 0],
      ['ended', { code: SpanStatusCode.UNSET }, 0],
    ]);
  });

  it('makes the span the active one for the callback, and for it alone', () => {
    const before = trace.getSpan(context.active());
    const inside = tracer.startActiveSpan('active', (span) => trace.getActiveSpan() === span);
    expect([before, inside, trace.getActiveSpan()]).toEqual([undefined, true, undefined]);
  });
});

describe('tracer.startSpan', () => {
  it('leaves ending to the caller, and is not active', async () => {
    const span = tracer.startSpan('manual_operation', {
      kind: SpanKind.CLIENT,
      attributes: { 'operation.size': 1000, odd: Symbol('odd') },
    });
    const before = [trace.getActiveSpan(), (await tracing.spans()).length];
    span.setAttribute('progress', 50);
    span.end();
    expect([before, await shown('operation.size', 'odd', 'progress')]).toEqual([
      [undefined, 0],
      'manual_operation CLIENT operation.size=1000 odd="Symbol(odd)" progress=50',
    ]);
  });

  it('starts under the active span, or under the context it is given', async () => {
    await traceAsync('around', async () => {
      tracer.startSpan('inside').end();
      tracer.startSpan('outside', {}, ROOT_CONTEXT).end();
    });
    expect(await shown()).toBe(
      tree(`
        around INTERNAL
          inside INTERNAL
        outside INTERNAL
      `),
    );
  });

  it('gives a span that does nothing when none can be started', () => {
    trace.disable();
    trace.setGlobalTracerProvider({
      getTracer: () => {
        throw new Error('no tracer');
      },
    });
    const span = tracer.startSpan('nowhere');
    span.setAttribute('a', 1).addEvent('b').end();
    expect([span.isRecording(), tracing.messages]).toEqual([false, ['throughline: starting a span failed']]);
  });
});
