/** Input meant to harm: each gets its answer, nothing is lost, nothing runs, the process lives. */
import { connect } from 'node:net';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { create, toBinary } from '@bufbuild/protobuf';
import type { Viewer } from '../../../src/viewer/server/index.ts';
import { ExportTraceServiceRequestSchema } from '../../../src/viewer/server/proto/generated/opentelemetry/proto/collector/trace/v1/trace_service_pb.js';
import type { SpanDetail, TraceList, TraceSkeleton } from '../../../src/viewer/wire.ts';
import { postJson, send, withViewer } from './http-client.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const JSON_TYPE = { 'content-type': 'application/json' };
const PROTOBUF = { 'content-type': 'application/x-protobuf' };
const START = 1_767_225_600_000_000_000n;
const HOUR = 3_600_000_000_000n;
const AA = '00000000000000aa';
const AB = '00000000000000ab';

function request(spans: readonly object[], service = 'web'): string {
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] };
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
}

const span = (spanId: string, changes: object = {}) => ({ traceId: TRACE_ID, spanId, name: 'n', ...changes });
const at = (start: bigint, end = start) => ({ startTimeUnixNano: String(start), endTimeUnixNano: String(end) });

async function get<Body>(viewer: Viewer, path: string): Promise<Body> {
  const answer = await send(`${viewer.queryUrl}${path}`, 'GET');
  expect([path, answer.status]).toEqual([path, 200]);
  return JSON.parse(answer.body.toString()) as Body;
}

const skeleton = (viewer: Viewer) => get<TraceSkeleton>(viewer, `/api/viewer/traces/${TRACE_ID}`);
const detail = (viewer: Viewer, spanId = AA, query = '') =>
  get<SpanDetail>(viewer, `/api/viewer/traces/${TRACE_ID}/spans/${spanId}${query}`);

/** Every way to look at the trace answers. */
async function everyView(viewer: Viewer): Promise<void> {
  for (const path of [
    '/api/viewer/traces',
    '/api/viewer/scatter',
    `/api/viewer/traces/${TRACE_ID}`,
    `/api/viewer/traces/${TRACE_ID}/spans/${AA}`,
    `/api/viewer/traces/${TRACE_ID}/usual`,
    `/api/viewer/traces/${TRACE_ID}/conversation`,
    '/api/viewer/ai',
    '/api/viewer/performance',
    '/api/viewer/map',
    '/api/viewer/health',
    '/api/services',
    '/api/dependencies',
    `/api/traces/${TRACE_ID}`,
    `/api/v3/traces/${TRACE_ID}`,
    `/trace/${TRACE_ID}.txt`,
  ]) {
    const { status } = await send(`${viewer.queryUrl}${path}`, 'GET');
    expect([path, status]).toEqual([path, 200]);
  }
}

/** Proves that the receiver goes on. */
async function stillTakes(viewer: Viewer): Promise<void> {
  const before = viewer.stats().receivedSpans;
  expect((await postJson(viewer, request([span('00000000000000ff')]))).status).toBe(200);
  expect(viewer.stats().receivedSpans).toBe(before + 1);
}

const oneSpan = create(ExportTraceServiceRequestSchema, {
  resourceSpans: [
    {
      scopeSpans: [
        { spans: [{ traceId: Buffer.from(TRACE_ID, 'hex'), spanId: Buffer.from(AA, 'hex'), name: 'whole' }] },
      ],
    },
  ],
});
const whole = Buffer.from(toBinary(ExportTraceServiceRequestSchema, oneSpan));
const noUtf8 = Buffer.from(whole);
noUtf8[noUtf8.indexOf('whole')] = 0xff;
/** `ArrayValue` in `AnyValue` in `ArrayValue`, as protobuf: field 1 in field 5 in field 1. */
function nestedProtobuf(levels: number): Buffer {
  const wrap = (tag: number, content: Buffer): Buffer => {
    const length: number[] = [];
    for (let rest = content.length; ; rest >>>= 7) {
      if (rest < 0x80) {
        length.push(rest);
        break;
      }
      length.push((rest & 0x7f) | 0x80);
    }
    return Buffer.concat([Buffer.from([tag, ...length]), content]);
  };
  let value: Buffer = Buffer.alloc(0);
  for (let level = 0; level < levels; level += 1) value = wrap(0x2a, wrap(0x0a, value));
  const attribute = wrap(0x4a, Buffer.concat([wrap(0x0a, Buffer.from('k')), wrap(0x12, value)]));
  const ids = Buffer.concat([wrap(0x0a, Buffer.from(TRACE_ID, 'hex')), wrap(0x12, Buffer.from(AA, 'hex'))]);
  return wrap(0x0a, wrap(0x12, wrap(0x12, Buffer.concat([ids, attribute]))));
}
const nestedJson = (levels: number): string =>
  request([span(AA, { attributes: [{ key: 'k', value: '@' }] })]).replace(
    '"@"',
    `${'{"arrayValue":{"values":['.repeat(levels)}${']}}'.repeat(levels)}`,
  );

const BOMB = Buffer.alloc(200 * 1024 * 1024);

describe('refused as a whole, and nothing of it is kept', () => {
  test.each([
    ['half a protobuf', PROTOBUF, whole.subarray(0, whole.length - 3), 400, /not valid protobuf/],
    ['a length beyond the end', PROTOBUF, Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]), 400, /not valid protobuf/],
    ['a tag of no wire type', PROTOBUF, Buffer.from([0x0f]), 400, /not valid protobuf/],
    ['bytes that are no UTF-8 in a string', PROTOBUF, noUtf8, 400, /not valid protobuf/],
    ['JSON where protobuf was said', PROTOBUF, request([span(AA)]), 400, /not valid protobuf/],
    ['protobuf where JSON was said', JSON_TYPE, whole, 400, /body: not valid UTF-8/],
    ['a number for a name', JSON_TYPE, request([span(AA, { name: 1 })]), 400, /spans\[0\]\.name: expected a string/],
    ['a list for a span', JSON_TYPE, request([[]]), 400, /spans\[0\]: expected an object, got a list/],
    [
      'a negative time',
      JSON_TYPE,
      request([span(AA, { startTimeUnixNano: '-1' })]),
      400,
      /startTimeUnixNano: expected/,
    ],
    [
      'a number without end',
      JSON_TYPE,
      request([span(AA, { kind: '@' })]).replace('"@"', '9'.repeat(1e6)),
      400,
      /kind: exp/,
    ],
    ['a bomb in gzip', { ...JSON_TYPE, 'content-encoding': 'gzip' }, gzipSync(BOMB), 413, /larger than 33554432 bytes/],
    ['a bomb in zlib', { ...PROTOBUF, 'content-encoding': 'deflate' }, deflateSync(BOMB), 413, /larger than/],
    ['a bomb in raw deflate', { ...PROTOBUF, 'content-encoding': 'deflate' }, deflateRawSync(BOMB), 413, /larger than/],
    [
      'two encodings at once',
      { ...JSON_TYPE, 'content-encoding': 'gzip, gzip' },
      gzipSync(gzipSync('{}')),
      415,
      /got gzip, gzip/,
    ],
    ['values 200 levels deep', JSON_TYPE, nestedJson(200), 400, /nested deeper than 100 levels/],
    ['values 50,000 levels deep', JSON_TYPE, nestedJson(50_000), 400, /nested deeper than 100 levels/],
    ['the same in protobuf', PROTOBUF, nestedProtobuf(20_000), 400, /not valid protobuf/],
  ])('%s', async (_case, headers, content, status, message) => {
    await withViewer(async (viewer) => {
      const answer = await send(`${viewer.otlpUrl}/v1/traces`, 'POST', headers, content);
      expect([answer.status, answer.headers['content-type'], viewer.stats().spans]).toEqual([
        status,
        headers['content-type'],
        0,
      ]);
      expect(answer.body.toString()).toMatch(message);
      expect(answer.body.length).toBeLessThan(1_000);
      await stillTakes(viewer);
    });
  });

  test('a body of 100 MB, whether its length is said or not', async () => {
    await withViewer(async (viewer) => {
      const url = `${viewer.otlpUrl}/v1/traces`;
      for (const headers of [JSON_TYPE, { ...JSON_TYPE, 'transfer-encoding': 'chunked' }]) {
        // The receiver answers before the body has come; a client that still writes may see the connection close instead.
        const outcome = await send(url, 'POST', headers, Buffer.alloc(100_000_000, ' ')).then(
          (answer) => answer.status,
          (error: NodeJS.ErrnoException) => error.code,
        );
        expect([413, 'EPIPE', 'ECONNRESET']).toContain(outcome);
      }
      await stillTakes(viewer);
    });
  });

  test('a connection that breaks in the middle of a body', async () => {
    await withViewer(async (viewer) => {
      const socket = connect(Number(new URL(viewer.otlpUrl).port), '127.0.0.1');
      socket.write(
        `POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n{"resourceSpans":[`,
        () => socket.destroy(),
      );
      await new Promise((resolve) => socket.once('close', resolve));
      await stillTakes(viewer);
      expect(viewer.stats().spans).toBe(1);
    });
  });
});

describe('taken, and shown as what it is', () => {
  test('an attribute of 10 MB is kept whole and shown in part', async () => {
    await withViewer(async (viewer) => {
      const text = 'é'.repeat(5_000_000);
      const big = span(AA, { attributes: [{ key: 'big', value: { stringValue: text } }] });
      expect((await postJson(viewer, request([big]))).status).toBe(200);
      expect((await detail(viewer)).attributes).toEqual([
        { key: 'big', type: 'string', value: 'é'.repeat(16_384), cutBytes: 10_000_000 - 2 * 16_384 },
      ]);
      expect((await detail(viewer, AA, '?full=1')).attributes).toEqual([{ key: 'big', type: 'string', value: text }]);
      expect(JSON.stringify(await skeleton(viewer)).length).toBeLessThan(2_000);
      await everyView(viewer);
    });
  });

  test('a million events of one span', async () => {
    await withViewer(async (viewer) => {
      const events = Array.from({ length: 1_000_000 }, (_, index) => ({
        name: 'e',
        timeUnixNano: START + BigInt(index),
      }));
      const spans = [{ traceId: Buffer.from(TRACE_ID, 'hex'), spanId: Buffer.from(AA, 'hex'), events }];
      const body = toBinary(
        ExportTraceServiceRequestSchema,
        create(ExportTraceServiceRequestSchema, { resourceSpans: [{ scopeSpans: [{ spans }] }] }),
      );
      expect((await send(`${viewer.otlpUrl}/v1/traces`, 'POST', PROTOBUF, body)).status).toBe(200);
      expect((await skeleton(viewer)).events).toEqual({ 0: 1_000_000 });
      const shown = await detail(viewer);
      expect([shown.events.length, shown.eventsLeftOut]).toEqual([1_000, 999_000]);
      const { result } = await get<{
        result: { resourceSpans: [{ scopeSpans: [{ spans: [{ events: unknown[] }] }] }] };
      }>(viewer, `/api/v3/traces/${TRACE_ID}`);
      expect(result.resourceSpans[0].scopeSpans[0].spans[0].events.length).toBe(1_000_000);
      await stillTakes(viewer);
    });
  }, 60_000);

  test('cyclic parents are cut, and said to be', async () => {
    await withViewer(async (viewer) => {
      const cycle = [
        span(AA, { parentSpanId: AB, name: 'a', ...at(START) }),
        span(AB, { parentSpanId: AA, name: 'b', ...at(START) }),
        span('00000000000000ac', { parentSpanId: '00000000000000ac', name: 'own', ...at(START) }),
      ];
      expect((await postJson(viewer, request(cycle))).status).toBe(200);
      const { spans, warnings } = await skeleton(viewer);
      expect([spans.id, spans.parent, warnings]).toEqual([
        [AA, AB, '00000000000000ac'],
        [-2, 0, -2],
        ['2 spans are their own ancestor: the cycle was cut.'],
      ]);
      const text = (await send(`${viewer.queryUrl}/trace/${TRACE_ID}.txt`, 'GET')).body.toString();
      expect(text.split('\n')).toEqual([
        'a  web · cycle    0.00 ms',
        '└─ b              0.00 ms',
        'own  web · cycle  0.00 ms',
        '',
      ]);
      await everyView(viewer);
    });
  });

  test('clocks hours apart keep their times, and are said to disagree', async () => {
    await withViewer(async (viewer) => {
      const spans = [
        span(AA, at(START, START + 1_000_000n)),
        span(AB, { parentSpanId: AA, ...at(START - 5n * HOUR, START - 5n * HOUR + 1_000_000n) }),
        span('00000000000000ac', { parentSpanId: AA, ...at(START + 5n * HOUR, START + 5n * HOUR + 1_000_000n) }),
      ];
      expect((await postJson(viewer, request(spans))).status).toBe(200);
      const { row, spans: columns, warnings } = await skeleton(viewer);
      expect([row.startMillis, row.durationMillis, columns.startMicros, columns.depth, warnings]).toEqual([
        1_767_225_600_000 - 18_000_000,
        36_000_001,
        [18_000_000_000, 0, 36_000_000_000],
        [0, 1, 1],
        ['1 span starts a second or more before the parent: clocks disagree.'],
      ]);
      await everyView(viewer);
    });
  });

  test('of spans with one id the last counts, in one request and in two', async () => {
    await withViewer(async (viewer) => {
      expect(
        (await postJson(viewer, request([span(AA, { name: 'first' }), span(AA, { name: 'second' })]))).status,
      ).toBe(200);
      expect((await skeleton(viewer)).names).toEqual(['second']);
      expect((await postJson(viewer, request([span(AA, { name: 'third' })]))).status).toBe(200);
      const { names, row } = await skeleton(viewer);
      expect([names, row.spanCount, row.name, viewer.stats()]).toMatchObject([
        ['third'],
        1,
        'third',
        { spans: 1, receivedSpans: 3, replacedSpans: 2 },
      ]);
    });
  });

  test('an end before the start takes no time', async () => {
    await withViewer(async (viewer) => {
      const back = [span(AA, at(START, START - HOUR)), span(AB, { parentSpanId: AA, ...at(START) })];
      expect((await postJson(viewer, request(back))).status).toBe(200);
      const { row, spans } = await skeleton(viewer);
      expect([row.startMillis, row.durationMillis, spans.durationMicros]).toEqual([1_767_225_600_000, 0, [0, 0]]);
      // And what was sent is kept.
      expect(JSON.stringify(await get(viewer, `/api/v3/traces/${TRACE_ID}`))).toContain(String(START - HOUR));
      await everyView(viewer);
    });
  });

  test('times at both ends of what 64 bits hold', async () => {
    await withViewer(async (viewer) => {
      const spans = [
        span(AA, at(0n, 2n ** 64n - 1n)),
        span(AB, at(2n ** 64n - 1n, 0n)),
        span('00000000000000ac', at(2n ** 64n - 1n)),
      ];
      expect((await postJson(viewer, request(spans))).status).toBe(200);
      await everyView(viewer);
    });
  });

  test('ids of a megabyte, of nothing and of zeros cost their span alone, and the answer stays short', async () => {
    await withViewer(async (viewer) => {
      const spans = [
        span(AA, { traceId: 'ab'.repeat(500_000) }),
        span('ab'.repeat(500_000)),
        span(''),
        span('0'.repeat(16)),
        span(AB, { parentSpanId: 'ab'.repeat(500_000) }),
        span(AA, { links: [{ traceId: 'ab'.repeat(500_000), spanId: '' }] }),
      ];
      const answer = await postJson(viewer, request(spans));
      expect([answer.status, JSON.parse(answer.body.toString()), viewer.stats().spans]).toEqual([
        200,
        {
          partialSuccess: {
            rejectedSpans: '5',
            errorMessage: 'resourceSpans[0].scopeSpans[0].spans[0].traceId: expected 16 bytes, got 500000',
          },
        },
        1,
      ]);
      await everyView(viewer);
    });
  });

  test('NUL stays, half a surrogate pair becomes the sign for what cannot be read', async () => {
    await withViewer(async (viewer) => {
      const odd = 'a\u0000b';
      const half = 'x\ud800y';
      const body = request(
        [
          span(AA, {
            name: odd,
            attributes: [{ key: odd, value: { stringValue: half } }],
            status: { code: 2, message: half },
          }),
        ],
        odd,
      );
      expect(body).toContain(String.raw`\u0000`);
      expect((await postJson(viewer, body)).status).toBe(200);
      expect(await detail(viewer)).toMatchObject({
        name: odd,
        service: odd,
        statusMessage: 'x\ufffdy',
        attributes: [{ key: odd, value: 'x\ufffdy' }],
      });
      const { traces } = await get<TraceList>(viewer, '/api/viewer/traces');
      expect([traces[0]?.name, traces[0]?.service]).toEqual([odd, odd]);
      expect(await get(viewer, '/api/services')).toMatchObject({ data: [odd] });
      // A terminal gets no NUL.
      expect((await send(`${viewer.queryUrl}/trace/${TRACE_ID}.txt`, 'GET')).body.includes(0)).toBe(false);
      await everyView(viewer);
    });
  });

  test('values 45 levels deep, in both encodings', async () => {
    await withViewer(async (viewer) => {
      for (const [type, body] of [
        [JSON_TYPE, nestedJson(45)],
        [PROTOBUF, nestedProtobuf(45)],
      ] as const) {
        expect((await send(`${viewer.otlpUrl}/v1/traces`, 'POST', type, body)).status).toBe(200);
        expect(JSON.stringify((await detail(viewer)).attributes[0]?.value)).toMatch(/^\[{44}/);
        await everyView(viewer);
      }
    });
  });

  test('names that objects have already', async () => {
    await withViewer(async (viewer) => {
      const attributes = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'].map((key) => ({
        key,
        value: { kvlistValue: { values: [{ key: '__proto__', value: { stringValue: 'x' } }] } },
      }));
      expect((await postJson(viewer, request([span(AA, { name: '__proto__', attributes })], '__proto__'))).status).toBe(
        200,
      );
      const shown = await detail(viewer);
      expect([shown.service, shown.attributes.map(({ key }) => key), ({} as { x?: unknown }).x]).toEqual([
        '__proto__',
        ['__proto__', 'constructor', 'toString', 'hasOwnProperty'],
        undefined,
      ]);
      await everyView(viewer);
    });
  });

  test('a chain of 50,000 parents', async () => {
    await withViewer(async (viewer) => {
      const chain = Array.from({ length: 50_000 }, (_, index) => ({
        traceId: TRACE_ID,
        spanId: (index + 170).toString(16).padStart(16, '0'),
        ...(index > 0 && { parentSpanId: (index + 169).toString(16).padStart(16, '0') }),
      }));
      expect((await postJson(viewer, request(chain))).status).toBe(200);
      expect((await skeleton(viewer)).spans.depth.at(-1)).toBe(49_999);
      await everyView(viewer);
    });
  }, 60_000);
});

describe('script', () => {
  const SCRIPT = `"><script>alert('x')</script><img src=x onerror="alert(1)">&amp;`;

  test('in every string field is data, as JSON that no browser takes for a page', async () => {
    const attributes = [
      { key: SCRIPT, value: { stringValue: SCRIPT } },
      { key: 'list', value: { arrayValue: { values: [{ stringValue: SCRIPT }] } } },
      { key: 'map', value: { kvlistValue: { values: [{ key: SCRIPT, value: { stringValue: SCRIPT } }] } } },
    ];
    const hostile = span(AA, {
      name: SCRIPT,
      traceState: SCRIPT,
      attributes,
      events: [{ name: SCRIPT, attributes }],
      links: [{ traceId: TRACE_ID, spanId: AB, traceState: SCRIPT, attributes }],
      status: { code: 2, message: SCRIPT },
    });
    await withViewer(async (viewer) => {
      const resource = { attributes: [{ key: 'service.name', value: { stringValue: SCRIPT } }, ...attributes] };
      const scope = { name: SCRIPT, version: SCRIPT, attributes };
      const content = {
        resourceSpans: [{ resource, schemaUrl: SCRIPT, scopeSpans: [{ scope, schemaUrl: SCRIPT, spans: [hostile] }] }],
      };
      expect((await postJson(viewer, JSON.stringify(content))).status).toBe(200);
      expect(await detail(viewer)).toMatchObject({
        name: SCRIPT,
        service: SCRIPT,
        statusMessage: SCRIPT,
        traceState: SCRIPT,
        scope: { name: SCRIPT, version: SCRIPT },
        events: [{ name: SCRIPT }],
      });
      for (const path of [
        '/api/viewer/traces',
        `/api/viewer/traces/${TRACE_ID}`,
        `/api/traces/${TRACE_ID}`,
        '/api/services',
      ]) {
        const { headers, body } = await send(`${viewer.queryUrl}${path}`, 'GET');
        expect([headers['content-type'], headers['x-content-type-options'], body.includes('<script>')]).toEqual([
          'application/json',
          'nosniff',
          true,
        ]);
        expect(headers['content-security-policy']).toContain("default-src 'none'");
      }
      const text = await send(`${viewer.queryUrl}/trace/${TRACE_ID}.txt`, 'GET');
      expect([text.headers['content-type'], text.headers['x-content-type-options']]).toEqual([
        'text/plain; charset=UTF-8',
        'nosniff',
      ]);
      await everyView(viewer);
    });
  });

  test('in an address comes back in no page', async () => {
    await withViewer(async (viewer) => {
      for (const path of [
        `/${encodeURIComponent(SCRIPT)}`,
        `/api/${encodeURIComponent(SCRIPT)}`,
        `/api/traces/${encodeURIComponent(SCRIPT)}`,
      ]) {
        const { headers, body } = await send(`${viewer.queryUrl}${path}`, 'GET');
        const isPage = String(headers['content-type']).startsWith('text/html');
        expect([path, isPage && body.includes('alert(')]).toEqual([path, false]);
      }
    });
  });
});

describe('questions meant to harm', () => {
  const SQL = `x' OR 1=1; DROP TABLE spans; --`;
  test.each([
    `/api/viewer/traces?q=${encodeURIComponent(SQL)}`,
    `/api/viewer/traces?service=${encodeURIComponent(SQL)}`,
    `/api/viewer/traces?route=${encodeURIComponent(SQL)}`,
    `/api/viewer/traces?attr=${encodeURIComponent(`${SQL}=1`)}`,
    `/api/viewer/traces?q=${encodeURIComponent('%_"*^:()')}`,
    `/api/traces?service=${encodeURIComponent(SQL)}`,
    `/api/operations?service=${encodeURIComponent(SQL)}`,
    `/api/dependencies?service=${encodeURIComponent(SQL)}`,
  ])('%s finds nothing and breaks nothing', async (path) => {
    await withViewer(async (viewer) => {
      await postJson(viewer, request([span(AA)]));
      const found = await get<{ traces?: unknown[]; data?: unknown[] }>(viewer, path);
      expect(found.traces ?? found.data).toEqual([]);
      await everyView(viewer);
    });
  });

  test.each([
    '/../package.json',
    '/..%2fpackage.json',
    '/%2e%2e/package.json',
    '/assets/..%2f..%2f..%2fpackage.json',
    '/..%5c..%5cpackage.json',
    '/%00/package.json',
    '//etc/passwd.txt',
  ])('%s leads out of no folder', async (path) => {
    await withViewer(async (viewer) => {
      const { port } = new URL(viewer.queryUrl);
      const answer = await new Promise<string>((resolve, reject) => {
        let text = '';
        const socket = connect(Number(port), '127.0.0.1', () =>
          socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`),
        );
        socket.setEncoding('utf8');
        socket.on('data', (chunk: string) => (text += chunk));
        socket.on('end', () => resolve(text));
        socket.on('error', reject);
      });
      expect(answer).toMatch(/^HTTP\/1\.1 (200|400|404|503) /);
      expect(answer).not.toMatch(/"devDependencies"|root:/);
    });
  });
});
