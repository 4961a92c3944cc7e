import {
  type FinishedSpan,
  KIND,
  parseTraceparent,
  startSpan,
  traceparentOf,
} from '../../../src/browser-tracing/span.ts';
import { createTracer } from '../../../src/browser-tracing/tracer.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe('parseTraceparent', () => {
  const ROWS: readonly [text: string | null | undefined, expected: string | undefined][] = [
    [`00-${TRACE}-${SPAN}-01`, `00-${TRACE}-${SPAN}-01`],
    [`00-${TRACE}-${SPAN}-00`, `00-${TRACE}-${SPAN}-00`],
    [`00-${TRACE}-${SPAN}-03`, `00-${TRACE}-${SPAN}-01`],
    [`01-${TRACE}-${SPAN}-01`, undefined],
    [`00-${'0'.repeat(32)}-${SPAN}-01`, undefined],
    [`00-${TRACE}-${'0'.repeat(16)}-01`, undefined],
    [`00-${TRACE.toUpperCase()}-${SPAN}-01`, undefined],
    [`00-${TRACE}-${SPAN}-01-more`, undefined],
    ['', undefined],
    [null, undefined],
    [undefined, undefined],
  ];
  it.each(ROWS)('%s', (text, expected) => {
    const parsed = parseTraceparent(text);
    expect(parsed && traceparentOf(parsed)).toBe(expected);
  });
});

describe('a span', () => {
  it('leaves as OTLP/JSON, once', () => {
    const finished: FinishedSpan[] = [];
    const parent = { traceId: TRACE, spanId: SPAN, sampled: true };
    const span = startSpan(
      'GET',
      { kind: KIND.client, parent, startMillis: 5, sampled: false, attributes: { 'url.path': '/cart' } },
      (each) => finished.push(each),
    );
    span.set('http.response.status_code', 404);
    span.addEvent('responseStart', 7);
    span.end({ atMillis: 9.5, failed: true });
    span.end();
    const at = (millis: number): string => `${Math.round((performance.timeOrigin + millis) * 1000)}000`;
    expect(finished).toEqual([
      {
        traceId: TRACE,
        spanId: span.context.spanId,
        parentSpanId: SPAN,
        name: 'GET',
        kind: 3,
        startTimeUnixNano: at(5),
        endTimeUnixNano: at(9.5),
        attributes: [
          { key: 'url.path', value: { stringValue: '/cart' } },
          { key: 'http.response.status_code', value: { intValue: 404 } },
        ],
        events: [{ timeUnixNano: at(7), name: 'responseStart' }],
        links: [],
        status: { code: 2 },
      },
    ]);
  });

  it('that nobody samples leaves nothing, and still says so to those it calls', () => {
    const finished: FinishedSpan[] = [];
    const page = { traceId: TRACE, spanId: SPAN, sampled: false };
    const span = createTracer(page, 1, (each) => finished.push(each)).start('navigation');
    span.end();
    expect([finished, traceparentOf(span.context).slice(-2), span.context.traceId === TRACE]).toEqual([
      [],
      '00',
      false,
    ]);
  });

  it('without a parent is a trace of its own that links to the page', () => {
    const finished: FinishedSpan[] = [];
    const page = { traceId: TRACE, spanId: SPAN, sampled: true };
    createTracer(page, 0, (each) => finished.push(each))
      .start('navigation')
      .end();
    expect(finished.map(({ parentSpanId, links }) => [parentSpanId, links])).toEqual([
      [undefined, [{ traceId: TRACE, spanId: SPAN }]],
    ]);
  });
});
