/** Traces as files: what is exported comes back the same, in both formats. */
import type { Viewer } from '../../../src/viewer/server/index.ts';
import { fromJaegerJson } from '../../../src/viewer/server/jaeger-import.ts';
import { toJaegerTrace, toOtlpTraces } from '../../../src/viewer/server/index.ts';
import { readImport } from '../../../src/viewer/server/import-reader.ts';
import { decodeTracesJson, decodeTracesProtobuf } from '../../../src/viewer/server/otlp.ts';
import type { Imported } from '../../../src/viewer/wire.ts';
import { send, withViewer } from './http-client.ts';
import { EPOCH, id, resourceOf, sampleSpan, text, TRACE_ID } from './sample-span.ts';

const OTHER = 'ffffffffffffffffffffffffffffffff';
const SPANS = [
  sampleSpan({
    kind: 2,
    traceState: 'a=b',
    status: { code: 2, message: 'timeout' },
    scope: { name: 'lib', version: '2', attributes: [], droppedAttributesCount: 0, schemaUrl: '' },
    attributes: [
      text('http.route', '/'),
      { key: 'retry', value: { type: 'bool', value: false } },
      { key: 'size', value: { type: 'int', value: -9_007_199_254_740_993n } },
      { key: 'ratio', value: { type: 'double', value: 0.5 } },
      { key: 'nan', value: { type: 'double', value: Number.NaN } },
      { key: 'raw', value: { type: 'bytes', value: Uint8Array.of(1, 2) } },
    ],
    events: [
      { timeUnixNano: EPOCH + 3_000n, name: 'exception', attributes: [text('k', 'v')], droppedAttributesCount: 0 },
    ],
    links: [
      { traceId: OTHER, spanId: id('7'), traceState: '', attributes: [], droppedAttributesCount: 0, flags: 0 },
      {
        traceId: OTHER,
        spanId: id('8'),
        traceState: '',
        attributes: [text('opentracing.ref_type', 'child_of')],
        droppedAttributesCount: 0,
        flags: 0,
      },
    ],
  }),
  sampleSpan({
    spanId: id('2'),
    parentSpanId: id('1'),
    kind: 0,
    flags: 0,
    resource: resourceOf('api'),
    status: { code: 1, message: '' },
  }),
  sampleSpan({ traceId: OTHER, name: 'other' }),
];
const [OF_TRACE, OF_OTHER] = [SPANS.slice(0, 2), SPANS.slice(2)];

const importInto = async (viewer: Viewer, content: Uint8Array | string): Promise<readonly [number, Imported]> => {
  const answer = await send(`${viewer.queryUrl}/api/viewer/import`, 'POST', {}, content);
  return [answer.status, JSON.parse(answer.body.toString()) as Imported];
};
const exportFrom = (viewer: Viewer, query: string) => send(`${viewer.queryUrl}/api/viewer/export?${query}`, 'GET');

test('a trace in Jaeger JSON comes back as it was', () => {
  const exported = toJaegerTrace(TRACE_ID, OF_TRACE);
  const [back] = fromJaegerJson({ data: [exported] });
  expect(toJaegerTrace(TRACE_ID, decodeTracesJson(JSON.stringify(back)).spans)).toEqual(exported);
  // And what Jaeger cannot say aside, the spans are the same.
  expect(decodeTracesJson(JSON.stringify(back)).spans).toEqual(
    decodeTracesJson(JSON.stringify(toOtlpTraces(OF_TRACE))).spans,
  );
});

test.each(['otlp', 'jaeger'] as const)(
  'a file in %s is read in parts that keep spans, sender, scope and order',
  (format) => {
    const bare = Array.from({ length: 2500 }, (_, at) => sampleSpan({ spanId: id(String(at + 1)) }));
    const file = format === 'otlp' ? toOtlpTraces(bare) : { data: [toJaegerTrace(TRACE_ID, bare)] };
    const { parts, ...read } = readImport(Buffer.from(JSON.stringify(file)));
    const decoded = parts.map((part) => decodeTracesProtobuf(part).spans);
    expect([read, decoded.map(({ length }) => length)]).toEqual([
      { format, rejected: 0, reason: '' },
      [1000, 1000, 500],
    ]);
    expect(decoded.flat()).toEqual(decodeTracesJson(JSON.stringify(toOtlpTraces(bare))).spans);
  },
);

test.each(['otlp', 'jaeger'] as const)('what one viewer exports as %s another imports', async (format) => {
  await withViewer(async (viewer) => {
    const lines = [OF_TRACE, OF_OTHER].map((spans) => JSON.stringify(toOtlpTraces(spans)));
    expect(await importInto(viewer, `${lines.join('\n')}\n`)).toEqual([
      200,
      { format: 'otlp', spans: 3, traceIds: [TRACE_ID, OTHER], rejected: 0 },
    ]);
    const all = await exportFrom(viewer, `format=${format}`);
    expect([all.status, all.headers['content-type'], all.headers['content-disposition']]).toEqual([
      200,
      'application/json',
      `attachment; filename="traces.${format}.json"`,
    ]);
    const one = await exportFrom(viewer, `format=${format}&traceId=${TRACE_ID}`);
    expect(one.headers['content-disposition']).toBe(`attachment; filename="${TRACE_ID}.${format}.json"`);
    const found = await exportFrom(viewer, `format=${format}&q=other`);
    await withViewer(async (second) => {
      for (const [file, spans, traceIds] of [
        [one, 2, [TRACE_ID]],
        [found, 1, [OTHER]],
        [all, 3, [TRACE_ID, OTHER]],
      ] as const) {
        const [status, imported] = await importInto(second, file.body);
        expect([status, imported.format, imported.spans, [...imported.traceIds].sort()]).toEqual([
          200,
          format,
          spans,
          [...traceIds],
        ]);
      }
      expect(second.stats()).toMatchObject({ spans: 3, traces: 2, replacedSpans: 3 });
      expect((await exportFrom(second, `format=${format}&traceId=${TRACE_ID}`)).body).toEqual(one.body);
    });
  });
});

test('written over several lines, and one trace alone', async () => {
  await withViewer(async (viewer) => {
    expect(await importInto(viewer, JSON.stringify(toOtlpTraces(OF_TRACE), undefined, 2))).toMatchObject([
      200,
      { spans: 2 },
    ]);
    const alone = JSON.stringify(toJaegerTrace(OTHER, OF_OTHER), undefined, 2);
    expect(await importInto(viewer, alone)).toMatchObject([200, { format: 'jaeger', spans: 1, traceIds: [OTHER] }]);
  });
});

test('a span with wrong ids is left out and named', async () => {
  await withViewer(async (viewer) => {
    const content = '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"ab"}]}]}]}';
    expect(await importInto(viewer, content)).toEqual([
      200,
      {
        format: 'otlp',
        spans: 0,
        traceIds: [],
        rejected: 1,
        reason: 'resourceSpans[0].scopeSpans[0].spans[0].traceId: expected 16 bytes, got 1',
      },
    ]);
  });
});

test('the thread of the receiver parses nothing of it', async () => {
  await withViewer(async (viewer) => {
    const parse = jest.spyOn(JSON, 'parse');
    try {
      const file = JSON.stringify({ data: [toJaegerTrace(TRACE_ID, OF_TRACE)] });
      expect(await importInto(viewer, file)).toMatchObject([200, { format: 'jaeger', spans: 2 }]);
      // The answer is parsed, by this test.
      expect(parse.mock.calls.filter(([json]) => json.includes('operationName') || json.includes('spanId'))).toEqual(
        [],
      );
    } finally {
      parse.mockRestore();
    }
  });
});

test('of a file with a wrong line nothing is kept, and the line is named', async () => {
  await withViewer(async (viewer) => {
    const good = JSON.stringify(toOtlpTraces(OF_TRACE));
    for (const [bad, message] of [
      ['{"resourceSpans":1}', 'line 3: resourceSpans: expected a list, got number 1'],
      ['{"resourceSpans":[]', expect.stringMatching(/^line 3: body: not valid JSON/)],
    ] as const) {
      expect(await importInto(viewer, `${good}\n\n${bad}\n`)).toEqual([400, { error: message }]);
    }
    expect(viewer.stats()).toMatchObject({ spans: 0, traces: 0 });
    const wrongIds = '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"ab"}]}]}]}';
    expect(await importInto(viewer, `${good}\n${wrongIds}\n`)).toMatchObject([
      200,
      { spans: 2, reason: 'line 2: resourceSpans[0].scopeSpans[0].spans[0].traceId: expected 16 bytes, got 1' },
    ]);
  });
});

test('bytes that are no text are no file of traces', async () => {
  await withViewer(async (viewer) => {
    for (const start of ['{"resourceSpans":[],"x":"', '{"data":[],"x":"']) {
      const content = Buffer.concat([Buffer.from(start), Buffer.of(0xff), Buffer.from('"}')]);
      expect(await importInto(viewer, content)).toEqual([400, { error: 'body: not valid UTF-8' }]);
    }
  });
});

test.each([
  ['{', /^body: not valid JSON/],
  ['{"some":1}', /^body: neither OTLP JSON \(resourceSpans\) nor Jaeger JSON \(data\)$/],
  ['[]', /^body: expected an object$/],
  ['{"resourceSpans":1}', /^resourceSpans: expected a list, got number 1$/],
  [
    '{"data":[{"spans":[{"traceID":"a","spanID":"b","startTime":"x"}]}]}',
    /^data\[0\]\.spans\[0\]\.startTime: expected whole micro/,
  ],
  ['{"data":[{"spans":{}}]}', /^data\[0\]\.spans: expected a list$/],
])('%s is no file of traces', async (content, message) => {
  await withViewer(async (viewer) => {
    const [status, body] = await importInto(viewer, content);
    expect([status, body]).toEqual([400, { error: expect.stringMatching(message) as string }]);
  });
});

test.each([
  ['format=csv', 400, 'format: expected otlp or jaeger'],
  ['traceId=xyz', 400, 'traceId: expected 32 hex digits'],
  [`traceId=${OTHER}`, 404, 'No such trace is in the store.'],
  ['format=otlp', 404, 'No such trace is in the store.'],
])('an export of %s is refused', async (query, status, error) => {
  await withViewer(async (viewer) => {
    const answer = await exportFrom(viewer, query);
    expect([answer.status, JSON.parse(answer.body.toString())]).toEqual([status, { error }]);
  });
});
