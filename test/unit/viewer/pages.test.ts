import { createPages, createStore } from '../../../src/viewer/server/index.ts';
import { EPOCH, id, MILLI, resourceOf, sampleSpan, text, TRACE_ID } from './sample-span.ts';

const read = async (store: ReturnType<typeof createStore>, path: string) => {
  const response = await createPages({ store }).request(path);
  return { status: response.status, headers: response.headers, body: await response.text() };
};

/** What a reader sees: tags gone, white space folded. */
const visible = (body: string): string =>
  body
    .replace(/<head>[^]*<\/head>/, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

describe('the pages', () => {
  test('with nothing received the page says what to do', async () => {
    const { status, body } = await read(createStore(), '/');
    expect(status).toBe(200);
    expect(visible(body)).toBe(
      'Throughline No traces yet This viewer receives OpenTelemetry traces over OTLP/HTTP, in protobuf or JSON. ' +
        'Start your application with its exporter pointed here, make a request, then reload this page. ' +
        'OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 Reload',
    );
  });

  test('the list has the newest trace first', async () => {
    const store = createStore({ maxSpans: 3 });
    store.add([
      sampleSpan({ traceId: 'c'.repeat(32) }),
      sampleSpan({ traceId: 'a'.repeat(32), name: 'first', resource: resourceOf('api') }),
      sampleSpan({
        traceId: 'b'.repeat(32),
        name: 'second',
        startTimeUnixNano: EPOCH + MILLI,
        endTimeUnixNano: EPOCH + 3n * MILLI,
      }),
      sampleSpan({ traceId: 'b'.repeat(32), spanId: id('2'), parentSpanId: id('1'), status: { code: 2, message: '' } }),
    ]);
    const { body } = await read(store, '/');
    expect(visible(body).replaceAll(/\d{4}-\d\d-\d\d [\d:.]+/g, 'TIME')).toBe(
      'Throughline 2 traces, 3 of at most 3 spans kept; 1 older span of 1 trace dropped Reload ' +
        'Trace Service Spans Errors Duration Started (local time) ' +
        'first api 1 0 10.0 ms TIME second web 2 ✗ 1 10.0 ms TIME',
    );
    expect(body).toContain('datetime="2026-01-01T00:00:00.000Z"');
    expect(body).toContain(`href="/trace/${'a'.repeat(32)}"`);
  });

  test('a trace shows its tree with everything its spans carry', async () => {
    const store = createStore();
    store.add([
      sampleSpan({ kind: 2 }),
      sampleSpan({
        spanId: id('2'),
        parentSpanId: id('1'),
        name: 'pay',
        kind: 3,
        startTimeUnixNano: EPOCH + 2n * MILLI,
        endTimeUnixNano: EPOCH + 5n * MILLI,
        attributes: [text('server.address', 'payments')],
        status: { code: 2, message: 'declined' },
        events: [
          {
            timeUnixNano: EPOCH + 3n * MILLI,
            name: 'exception',
            attributes: [text('exception.type', 'E')],
            droppedAttributesCount: 2,
          },
        ],
      }),
    ]);
    const { status, body } = await read(store, `/trace/${TRACE_ID}`);
    expect(status).toBe(200);
    expect(visible(body).replaceAll(/\d{4}-\d\d-\d\d [\d:.]+/g, 'TIME')).toBe(
      'Throughline All traces Reload · Text · JSON GET / service web duration 10.0 ms 2 spans ✗ 1 error started TIME ' +
        `trace ${TRACE_ID} Span 0 ms 2.50 ms 5.00 ms 7.50 ms 10.0 ms Duration ` +
        'GET / web server 10.0 ms Span service web kind server status unset start TIME (0 ms after the trace began) ' +
        'duration 10.0 ms span id 0000000000000001 parent span id (none) flags 0x01 Resource service.name web ' +
        'pay client ✗ error 3.00 ms declined Attributes server.address payments ' +
        'Events +1.00 ms · exception exception.type E 2 attributes dropped by the sender ' +
        'Span service web kind client status error start TIME (2.00 ms after the trace began) ' +
        'duration 3.00 ms span id 0000000000000002 parent span id 0000000000000001 flags 0x01 Resource service.name web',
    );
    expect(body).toMatch(/x="20.000%"\s+y="25%"\s+width="30.000%"/);
  });

  test.each(['/', `/trace/${TRACE_ID}`, `/trace/${TRACE_ID}.txt`, '/style.css', '/nothing'])(
    '%s forbids every script',
    async (path) => {
      const store = createStore();
      store.add([sampleSpan()]);
      const { headers } = await read(store, path);
      expect([headers.get('content-security-policy'), headers.get('x-content-type-options')]).toEqual([
        "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        'nosniff',
      ]);
    },
  );

  test.each([`/trace/${TRACE_ID}`, `/trace/${TRACE_ID}.txt`, '/trace/xyz', '/nothing'])(
    '%s that is not there is 404',
    async (path) => {
      expect((await read(createStore(), path)).status).toBe(404);
    },
  );

  test('a trace of many rows draws the first 2,000, and says so', async () => {
    const store = createStore();
    store.add(Array.from({ length: 2_001 }, (_, i) => sampleSpan({ spanId: id(String(i + 1)) })));
    const { body } = await read(store, `/trace/${TRACE_ID}`);
    expect(body.match(/<details class="row">/g)?.length).toBe(2_000);
    expect(visible(body)).toContain('The first 2,000 spans are drawn; the text has all 2,001.');
  });
});
