import { createStore } from '../../../src/viewer/server/index.ts';
import { EPOCH, id, MILLI, resourceOf, sampleSpan, text } from './sample-span.ts';

const trace = (digit: string): string => digit.repeat(32);
const span = (traceDigit: string, spanId: string, changes = {}) =>
  sampleSpan({ traceId: trace(traceDigit), spanId: id(spanId), name: `${traceDigit}${spanId}`, ...changes });

describe('the store', () => {
  test('lists traces by start, newest first, each with its summary', () => {
    const store = createStore();
    store.add([
      span('a', '1', { kind: 2 }),
      span('b', '1', { startTimeUnixNano: EPOCH + 5n * MILLI }),
      span('a', '2', {
        parentSpanId: id('1'),
        startTimeUnixNano: EPOCH + 8n * MILLI,
        status: { code: 2, message: '' },
        resource: resourceOf('api'),
      }),
    ]);
    expect(store.list().map((found) => found.summary)).toEqual([
      {
        traceId: trace('b'),
        name: 'b1',
        service: 'web',
        services: ['web'],
        spanCount: 1,
        errorCount: 0,
        startTimeUnixNano: EPOCH + 5n * MILLI,
        durationNano: 10n * MILLI,
      },
      {
        traceId: trace('a'),
        name: 'a1',
        service: 'web',
        services: ['web', 'api'],
        spanCount: 2,
        errorCount: 1,
        startTimeUnixNano: EPOCH,
        durationNano: 18n * MILLI,
      },
    ]);
  });

  test('a late span joins its trace, and a root that comes last names it', () => {
    const store = createStore();
    store.add([span('a', '2', { parentSpanId: id('1') })]);
    const before = store.get(trace('a'));
    store.add([span('a', '1')]);
    const after = store.get(trace('a'));
    expect([before?.summary.name, before?.spans.length, after?.summary.name, after?.spans.length]).toEqual([
      'a2',
      1,
      'a1',
      2,
    ]);
  });

  test('a span that comes again replaces the earlier one in its place', () => {
    const store = createStore();
    store.add([span('a', '1'), span('a', '2')]);
    store.add([span('a', '1', { name: 'again' })]);
    expect(store.get(trace('a'))?.spans.map((each) => each.name)).toEqual(['again', 'a2']);
    expect(store.stats()).toMatchObject({ spans: 2, receivedSpans: 3, replacedSpans: 1 });
  });

  test('beyond the bound the trace that was quiet for longest leaves whole, and is counted', () => {
    const store = createStore({ maxSpans: 4 });
    store.add([span('a', '1'), span('b', '1'), span('b', '2'), span('c', '1')]);
    store.add([span('a', '2')]);
    expect(store.list().map((found) => found.summary.name)).toEqual(['c1', 'a1']);
    expect(store.get(trace('b'))).toBeUndefined();
    expect(store.stats()).toMatchObject({ traces: 2, spans: 3, receivedSpans: 5, evictedSpans: 2, evictedTraces: 1 });
  });

  test('one trace larger than the bound keeps its last spans', () => {
    const store = createStore({ maxSpans: 3 });
    store.add(['1', '2', '3', '4', '5'].map((each) => span('a', each)));
    expect(store.get(trace('a'))?.spans.map((each) => each.name)).toEqual(['a3', 'a4', 'a5']);
    expect(store.stats()).toMatchObject({ traces: 1, spans: 3, evictedSpans: 2, evictedTraces: 0 });
  });

  test('the bound in bytes holds too: large spans push out earlier ones', () => {
    const store = createStore({ maxBytes: 25_000_000 });
    const large = { attributes: [text('big', 'x'.repeat(10_000_000))] };
    store.add([span('a', '1', large), span('b', '1', large), span('c', '1', large)]);
    expect(store.list().map((found) => found.summary.name)).toEqual(['b1', 'c1']);
    const { bytes, evictedTraces } = store.stats();
    expect([bytes > 20_000_000, bytes < 20_010_000, evictedTraces]).toEqual([true, true, 1]);
  });

  test('a span larger than the whole store leaves it empty, not broken', () => {
    const store = createStore({ maxBytes: 5_000 });
    store.add([span('a', '1', { attributes: [text('big', 'x'.repeat(10_000))] }), span('b', '1')]);
    expect(store.stats()).toMatchObject({ traces: 1, spans: 1, evictedSpans: 1, evictedTraces: 1 });
    store.add([span('b', '1', { attributes: [text('big', 'x'.repeat(10_000))] })]);
    expect(store.stats()).toMatchObject({ traces: 0, spans: 0, bytes: 0, evictedSpans: 2, evictedTraces: 2 });
  });

  test('after any mix of additions the counts are those of what is held', () => {
    const store = createStore({ maxSpans: 50 });
    for (let i = 0; i < 1_000; i += 1) {
      store.add([span('abcdef'.charAt((i * 7) % 6), String((i * 13) % 37))]);
    }
    const { spans, traces, receivedSpans, replacedSpans, evictedSpans } = store.stats();
    expect(store.list().reduce((sum, found) => sum + found.spans.length, 0)).toBe(spans);
    expect(store.list().length).toBe(traces);
    expect(spans + replacedSpans + evictedSpans).toBe(receivedSpans);
  });

  test.each([0, -1, 1.5, Number.NaN])('a bound of %p is refused', (maxSpans) => {
    expect(() => createStore({ maxSpans })).toThrow(`maxSpans must be a positive whole number, got ${maxSpans}`);
  });
});
