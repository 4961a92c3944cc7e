import {
  createApi,
  type DatabaseStore,
  openStore,
  toJaegerTrace,
  toOtlpTraces,
} from '../../../src/viewer/server/index.ts';
import { EPOCH, id, MILLI, resourceOf, sampleSpan, text, TRACE_ID, withStore, write } from './sample-span.ts';

const START_MICROS = 1_767_225_600_000_000;
const OTHER_ID = 'ffffffffffffffffffffffffffffffff';

describe('a trace in Jaeger JSON', () => {
  test('every field, in the order Jaeger writes it', () => {
    const server = sampleSpan({
      parentSpanId: id('9'),
      traceState: 'a=b',
      flags: 257,
      kind: 2,
      startTimeUnixNano: EPOCH + 1_999n,
      endTimeUnixNano: EPOCH + 5_000_500n,
      attributes: [
        text('http.route', '/'),
        { key: 'retry', value: { type: 'bool', value: false } },
        { key: 'size', value: { type: 'int', value: 9_007_199_254_740_991n } },
        { key: 'huge', value: { type: 'int', value: -9_007_199_254_740_993n } },
        { key: 'ratio', value: { type: 'double', value: 0.5 } },
        { key: 'nan', value: { type: 'double', value: Number.NaN } },
        { key: 'raw', value: { type: 'bytes', value: Uint8Array.of(1, 2) } },
        { key: 'list', value: { type: 'array', value: [{ type: 'int', value: 1n }, { type: 'empty' }] } },
        { key: 'map', value: { type: 'map', value: [text('__proto__', 'x')] } },
        { key: 'none', value: { type: 'empty' } },
      ],
      events: [
        { timeUnixNano: EPOCH + 3_000n, name: 'exception', attributes: [text('k', 'v')], droppedAttributesCount: 0 },
        { timeUnixNano: EPOCH + 4_000n, name: 'n', attributes: [text('event', 'own')], droppedAttributesCount: 0 },
      ],
      links: [
        { traceId: OTHER_ID, spanId: id('7'), traceState: '', attributes: [], droppedAttributesCount: 0, flags: 0 },
        {
          traceId: OTHER_ID,
          spanId: id('8'),
          traceState: '',
          attributes: [text('opentracing.ref_type', 'child_of')],
          droppedAttributesCount: 0,
          flags: 0,
        },
      ],
      status: { code: 2, message: 'timeout' },
      resource: {
        attributes: [text('service.name', 'web'), text('service.version', '1')],
        droppedAttributesCount: 0,
        entityRefs: [],
        schemaUrl: '',
      },
      scope: { name: 'lib', version: '2', attributes: [], droppedAttributesCount: 0, schemaUrl: '' },
    });
    expect(toJaegerTrace(TRACE_ID, [server])).toEqual({
      traceID: TRACE_ID,
      spans: [
        {
          traceID: TRACE_ID,
          spanID: id('1'),
          flags: 1,
          operationName: 'GET /',
          references: [
            { refType: 'CHILD_OF', traceID: TRACE_ID, spanID: id('9') },
            { refType: 'FOLLOWS_FROM', traceID: OTHER_ID, spanID: id('7') },
            { refType: 'CHILD_OF', traceID: OTHER_ID, spanID: id('8') },
          ],
          startTime: START_MICROS + 1,
          duration: 4_998,
          tags: [
            { key: 'otel.scope.name', type: 'string', value: 'lib' },
            { key: 'otel.scope.version', type: 'string', value: '2' },
            { key: 'http.route', type: 'string', value: '/' },
            { key: 'retry', type: 'bool', value: false },
            { key: 'size', type: 'int64', value: 9_007_199_254_740_991 },
            { key: 'huge', type: 'int64', value: '-9007199254740993' },
            { key: 'ratio', type: 'float64', value: 0.5 },
            { key: 'nan', type: 'float64', value: 'NaN' },
            { key: 'raw', type: 'binary', value: 'AQI=' },
            { key: 'list', type: 'string', value: '[1,null]' },
            { key: 'map', type: 'string', value: '{"__proto__":"x"}' },
            { key: 'none', type: 'string', value: '' },
            { key: 'span.kind', type: 'string', value: 'server' },
            { key: 'otel.status_code', type: 'string', value: 'ERROR' },
            { key: 'error', type: 'bool', value: true },
            { key: 'otel.status_description', type: 'string', value: 'timeout' },
            { key: 'w3c.tracestate', type: 'string', value: 'a=b' },
          ],
          logs: [
            {
              timestamp: START_MICROS + 3,
              fields: [
                { key: 'event', type: 'string', value: 'exception' },
                { key: 'k', type: 'string', value: 'v' },
              ],
            },
            { timestamp: START_MICROS + 4, fields: [{ key: 'event', type: 'string', value: 'own' }] },
          ],
          processID: 'p1',
          warnings: null,
        },
      ],
      processes: { p1: { serviceName: 'web', tags: [{ key: 'service.version', type: 'string', value: '1' }] } },
      warnings: null,
    });
  });

  test('a bare span has empty lists, no flags and no kind; a resource without a name gets one', () => {
    const bare = sampleSpan({ flags: 0, kind: 0, status: { code: 1, message: '' } });
    const nameless = { attributes: [], droppedAttributesCount: 0, entityRefs: [], schemaUrl: '' };
    expect(toJaegerTrace(TRACE_ID, [{ ...bare, resource: nameless }])).toEqual({
      traceID: TRACE_ID,
      spans: [
        {
          traceID: TRACE_ID,
          spanID: id('1'),
          operationName: 'GET /',
          references: [],
          startTime: START_MICROS,
          duration: 10_000,
          tags: [{ key: 'otel.status_code', type: 'string', value: 'OK' }],
          logs: [],
          processID: 'p1',
          warnings: null,
        },
      ],
      processes: { p1: { serviceName: 'OTLPResourceNoServiceName', tags: [] } },
      warnings: null,
    });
  });

  test('equal senders of different requests share a process', () => {
    const spans = ['web', 'api', 'web'].map((service, i) =>
      sampleSpan({ spanId: id(String(i + 1)), resource: resourceOf(service) }),
    );
    const trace = toJaegerTrace(TRACE_ID, spans);
    expect([trace.spans.map((span) => span.processID), Object.keys(trace.processes)]).toEqual([
      ['p1', 'p2', 'p1'],
      ['p1', 'p2'],
    ]);
  });
});

const trace = (digit: string): string => digit.repeat(32);
const envelope = (data: unknown, total: number) => ({ data, total, limit: 0, offset: 0, errors: null });
const failure = (code: number, msg: string) => ({
  status: code,
  body: { data: null, total: 0, limit: 0, offset: 0, errors: [{ code, msg }] },
});
const ids = (body: unknown): string[] => (body as { data: { traceID: string }[] }).data.map((each) => each.traceID);

describe('the query API', () => {
  const NOW_MILLIS = START_MICROS / 1_000 + 60_000;
  const stored = [
    sampleSpan({ traceId: trace('a'), kind: 2, attributes: [text('tenant', 'a:b')] }),
    sampleSpan({ traceId: trace('a'), spanId: id('2'), parentSpanId: id('1'), name: 'fetch', kind: 3 }),
    sampleSpan({
      traceId: trace('b'),
      name: 'fetch',
      kind: 1,
      startTimeUnixNano: EPOCH + 1_000n * MILLI,
      endTimeUnixNano: EPOCH + 1_200n * MILLI,
      status: { code: 2, message: '' },
      events: [{ timeUnixNano: EPOCH, name: 'retry', attributes: [], droppedAttributesCount: 0 }],
    }),
    sampleSpan({ traceId: trace('c'), kind: 0, resource: resourceOf('api/v2') }),
    sampleSpan({ traceId: `${'0'.repeat(31)}d`, startTimeUnixNano: EPOCH - 72n * 3_600_000n * MILLI }),
  ];
  let store: DatabaseStore;
  let api: ReturnType<typeof createApi>;
  beforeAll(async () => {
    store = await openStore();
    await write(store, stored);
    api = createApi({ store, now: () => NOW_MILLIS });
  });
  afterAll(() => store.close());
  const get = async (path: string): Promise<{ status: number; body: unknown }> => {
    const response = await api.request(path);
    return { status: response.status, body: await response.json() };
  };

  test.each([
    ['/api/services', envelope(['api/v2', 'web'], 2)],
    ['/api/services/web/operations', envelope(['GET /', 'fetch'], 2)],
    ['/api/services/api%2Fv2/operations', envelope(['GET /'], 1)],
    ['/api/services/none/operations', envelope([], 0)],
    [
      '/api/operations?service=web',
      envelope(
        [
          { name: 'GET /', spanKind: 'internal' },
          { name: 'GET /', spanKind: 'server' },
          { name: 'fetch', spanKind: 'client' },
          { name: 'fetch', spanKind: 'internal' },
        ],
        4,
      ),
    ],
    ['/api/operations?service=web&spanKind=server', envelope([{ name: 'GET /', spanKind: 'server' }], 1)],
    ['/api/operations?service=api/v2', envelope([{ name: 'GET /', spanKind: '' }], 1)],
  ])('GET %s', async (path, body) => {
    expect(await get(path)).toEqual({ status: 200, body });
  });

  test('an empty store has empty lists, never null', async () => {
    await withStore([], async (empty) => {
      const response = await createApi({ store: empty }).request('/api/services');
      expect(await response.json()).toEqual(envelope([], 0));
    });
  });

  test.each([
    ['service=web', ['b', 'a']],
    ['service=web&limit=1', ['b']],
    ['service=web&limit=0', ['b', 'a']],
    ['service=api/v2', ['c']],
    ['service=none', []],
    ['service=web&operation=fetch', ['b', 'a']],
    ['service=web&operation=GET%20/', ['a']],
    ['service=web&minDuration=100ms', ['b']],
    ['service=web&minDuration=0.1s&maxDuration=200000us', ['b']],
    ['service=web&maxDuration=1m40s&minDuration=1ns', ['b', 'a']],
    ['service=web&maxDuration=99.5ms', ['a']],
    ['service=web&tag=tenant:a:b', ['a']],
    ['service=web&tags=%7B%22error%22%3A%22true%22%7D', ['b']],
    ['service=web&tag=event:retry', ['b']],
    ['service=web&tag=span.kind:server&operation=fetch', []],
    [`service=web&end=${START_MICROS}`, ['a']],
    [`service=web&start=${START_MICROS + 1}`, ['b']],
    [`service=web&start=1&end=${START_MICROS - 1}`, [`${'0'.repeat(31)}d`]],
  ])('search %s', async (query, expected) => {
    const { status, body } = await get(`/api/traces?${query}`);
    expect([status, ids(body)]).toEqual([200, expected.map((each) => (each.length === 1 ? trace(each) : each))]);
    expect(body).toMatchObject({ total: 0, limit: 0, offset: 0, errors: null });
  });

  test('search by ids gives what is there and names what is not', async () => {
    const { status, body } = await get(`/api/traces?traceID=${trace('b')}&traceID=E`);
    expect([status, ids(body)]).toEqual([200, [trace('b')]]);
    expect(body).toMatchObject({
      total: 0,
      errors: [{ msg: 'trace not found', traceID: '0000000000000000000000000000000e' }],
    });
  });

  test.each([
    ['/api/traces', 400, "parameter 'service' is required"],
    ['/api/operations', 400, "parameter 'service' is required"],
    ['/api/traces?service=web&limit=x', 400, "unable to parse param 'limit': expected a whole number, got x"],
    ['/api/traces?service=web&start=-1', 400, "unable to parse param 'start': expected Unix microseconds, got -1"],
    [
      '/api/traces?service=web&minDuration=1',
      400,
      "unable to parse param 'minDuration': expected a duration such as 1.2s, 100ms or 5us, got 1",
    ],
    [
      '/api/traces?service=web&minDuration=2s&maxDuration=1s',
      400,
      "'maxDuration' should be greater than 'minDuration'",
    ],
    ['/api/traces?service=web&tag=x', 400, "malformed 'tag' parameter, expecting key:value, received: x"],
    [
      '/api/traces?service=web&tags=%7B%22a%22%3A1%7D',
      400,
      'malformed \'tags\' parameter, expecting a JSON object of strings, received: {"a":1}',
    ],
    ['/api/traces?traceID=xyz', 400, 'cannot parse traceID param: xyz'],
    ['/api/traces/xyz', 400, 'cannot parse the trace id: expected hex or base64'],
    [`/api/traces/${'e'.repeat(32)}`, 404, 'trace not found'],
    ['/api/none', 404, 'no such endpoint: /api/none'],
    ['/api/dependencies?endTs=x', 400, "unable to parse param 'endTs': expected Unix milliseconds, got x"],
    ['/api/metrics/calls?service=web', 501, 'metrics querying is currently disabled'],
  ])('GET %s fails as Jaeger does', async (path, code, message) => {
    expect(await get(path)).toEqual(failure(code, message));
  });

  test.each([
    ['as stored', trace('a'), 'a'],
    ['in capitals', trace('A'), 'a'],
    ['without its leading zeros', 'd', 'd'],
    ['in base64', Buffer.from(trace('b'), 'hex').toString('base64').replaceAll('/', '%2F'), 'b'],
    ['in base64 without padding', Buffer.from(trace('b'), 'hex').toString('base64url'), 'b'],
  ])('a trace by its id %s', async (_case, given, digit) => {
    const { status, body } = await get(`/api/traces/${given}`);
    expect([status, ids(body).map((each) => each.slice(-1))]).toEqual([200, [digit]]);
  });

  test.each([
    ['', [{ parent: 'web', child: 'web', callCount: 1 }]],
    ['&service=web', [{ parent: 'web', child: 'web', callCount: 1 }]],
    ['&service=api/v2', []],
    ['&lookback=59999', []],
    [`&endTs=${START_MICROS / 1_000 - 1}`, []],
  ])('dependencies%s', async (query, edges) => {
    expect(await get(`/api/dependencies?x=1${query}`)).toEqual({ status: 200, body: envelope(edges, 0) });
  });

  test('transform turns OTLP JSON into traces and keeps nothing', async () => {
    const response = await api.request('/api/transform', {
      method: 'POST',
      body: JSON.stringify(
        toOtlpTraces(
          stored.slice(0, 3).map((span) => ({ ...span, traceId: trace(span.traceId === trace('b') ? '8' : '9') })),
        ),
      ),
    });
    const body = (await response.json()) as { data: { traceID: string; spans: unknown[] }[] };
    expect([response.status, body.data.map((each) => [each.traceID, each.spans.length])]).toEqual([
      200,
      [
        [trace('9'), 2],
        [trace('8'), 1],
      ],
    ]);
    expect(await get(`/api/traces/${trace('9')}`)).toEqual(failure(404, 'trace not found'));
  });

  test.each([
    ['/api/transform', '{"resourceSpans":1}', 400, 'resourceSpans: expected a list, got number 1'],
    ['/api/archive/a', '', 501, 'archive span storage was not configured'],
  ])('POST %s fails as Jaeger does', async (path, content, code, msg) => {
    const response = await api.request(path, { method: 'POST', body: content });
    expect({ status: response.status, body: await response.json() }).toEqual(failure(code, msg));
  });
});
