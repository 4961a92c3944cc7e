import { type DatabaseStore, openStore } from '../../../src/viewer/server/index.ts';
import { createJaegerV3 } from '../../../src/viewer/server/jaeger-v3.ts';
import { EPOCH, id, MILLI, resourceOf, sampleSpan, text, withStore, write } from './sample-span.ts';

const trace = (digit: string): string => digit.repeat(32);
const failure = (httpCode: number, message: string) => ({ status: httpCode, body: { error: { httpCode, message } } });
const WINDOW = 'query.startTimeMin=2026-01-01T00:00:00Z&query.startTimeMax=2026-01-01T00:01:00.000000001Z';

describe('v3 of the query API', () => {
  const stored = [
    sampleSpan({ traceId: trace('a'), kind: 2, attributes: [text('tenant', 'a:b')] }),
    sampleSpan({
      traceId: trace('a'),
      spanId: id('2'),
      parentSpanId: id('1'),
      name: 'fetch',
      kind: 0,
      resource: resourceOf('api'),
      endTimeUnixNano: EPOCH + 20n * MILLI,
      status: { code: 2, message: 'timeout' },
    }),
    sampleSpan({
      traceId: trace('b'),
      parentSpanId: id('9'),
      startTimeUnixNano: EPOCH + 1_000n * MILLI,
      flags: 0,
      kind: 3,
    }),
    sampleSpan({ traceId: trace('c'), startTimeUnixNano: EPOCH - 1n }),
  ];
  const summaryOfA = {
    traceId: trace('a'),
    rootServiceName: 'web',
    rootOperationName: 'GET /',
    minStartTimeUnixNano: '1767225600000000000',
    maxEndTimeUnixNano: '1767225600020000000',
    spanCount: 2,
    errorSpanCount: 1,
    services: [
      { name: 'api', spanCount: 1, errorSpanCount: 1 },
      { name: 'web', spanCount: 1 },
    ],
  };
  const summaryOfB = {
    traceId: trace('b'),
    minStartTimeUnixNano: '1767225601000000000',
    maxEndTimeUnixNano: '1767225601010000000',
    spanCount: 1,
    orphanSpanCount: 1,
    services: [{ name: 'web', spanCount: 1 }],
  };
  const otlpOfB = {
    result: {
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'web' } }] },
          scopeSpans: [
            {
              scope: {},
              spans: [
                {
                  traceId: trace('b'),
                  spanId: id('1'),
                  parentSpanId: id('9'),
                  name: 'GET /',
                  kind: 3,
                  startTimeUnixNano: '1767225601000000000',
                  endTimeUnixNano: '1767225601010000000',
                  status: {},
                },
              ],
            },
          ],
        },
      ],
    },
  };
  let store: DatabaseStore;
  let api: ReturnType<typeof createJaegerV3>;
  beforeAll(async () => {
    store = await openStore();
    await write(store, stored);
    api = createJaegerV3({ store });
  });
  afterAll(() => store.close());
  const get = async (path: string): Promise<{ status: number; body: unknown }> => {
    const response = await api.request(`/api/v3/${path}`);
    return { status: response.status, body: await response.json() };
  };

  test.each([
    ['services', { services: ['api', 'web'] }],
    [
      'operations?service=web',
      {
        operations: [
          { name: 'GET /', spanKind: 'client' },
          { name: 'GET /', spanKind: 'internal' },
          { name: 'GET /', spanKind: 'server' },
        ],
      },
    ],
    ['operations?service=web&spanKind=server', { operations: [{ name: 'GET /', spanKind: 'server' }] }],
    ['operations?service=api&span_kind=internal', { operations: [{ name: 'fetch', spanKind: 'internal' }] }],
    ['operations?service=none', { operations: [] }],
    [`trace-summaries?${WINDOW}`, { summaries: [summaryOfB, summaryOfA] }],
    [`trace-summaries?${WINDOW}&query.serviceName=api`, { summaries: [summaryOfA] }],
    [`trace-summaries?${WINDOW}&query.operation_name=fetch`, { summaries: [summaryOfA] }],
    [`trace-summaries?${WINDOW}&query.durationMin=11ms`, { summaries: [summaryOfA] }],
    [`trace-summaries?${WINDOW}&query.duration_max=10ms&query.num_traces=1`, { summaries: [summaryOfB] }],
    [`trace-summaries?${WINDOW}&query.attributes=%7B%22tenant%22%3A%22a%3Ab%22%7D`, { summaries: [summaryOfA] }],
    [`trace-summaries?${WINDOW}&query.serviceName=none`, {}],
    [
      'trace-summaries?query.start_time_min=2026-01-01T01:00:01%2B01:00&query.start_time_max=2026-01-01T01:00:01.1%2B01:00',
      { summaries: [summaryOfB] },
    ],
    [`traces?${WINDOW}&query.serviceName=web&query.searchDepth=1`, otlpOfB],
    [`traces/${trace('b')}`, otlpOfB],
    [`traces/${trace('B')}?startTime=2026-01-01T00:00:00Z&endTime=2026-01-02T00:00:00Z&rawTraces=true`, otlpOfB],
  ])('GET %s', async (path, body) => {
    expect(await get(path)).toEqual({ status: 200, body });
  });

  test('several traces are one result', async () => {
    const { body } = await get(`traces?${WINDOW}`);
    const { resourceSpans } = (body as { result: { resourceSpans: { scopeSpans: { spans: unknown[] }[] }[] } }).result;
    expect(resourceSpans.map(({ scopeSpans }) => scopeSpans.map(({ spans }) => spans.length))).toEqual([[2], [1]]);
  });

  test.each([
    ['operations', 400, 'parameter service is required'],
    ['trace-summaries', 400, 'parameter query.startTimeMin is required'],
    [
      'traces?query.startTimeMin=yesterday',
      400,
      'malformed parameter query.startTimeMin: expected RFC 3339, got yesterday',
    ],
    ['traces?query.startTimeMin=2026-01-01T00:00:00Z', 400, 'parameter query.startTimeMax is required'],
    [
      'traces?query.startTimeMin=2026-01-01T00:00:00Z&query.startTimeMax=2026-01-01T00:00:00Z',
      400,
      'query.startTimeMin must be before query.startTimeMax',
    ],
    [
      `traces?${WINDOW}&query.durationMin=1`,
      400,
      'unable to parse param query.durationMin: expected a duration such as 1.2s, 100ms or 5us, got 1',
    ],
    [
      `traces?${WINDOW}&query.durationMin=2s&query.durationMax=1s`,
      400,
      'query.durationMax should be greater than query.durationMin',
    ],
    [`traces?${WINDOW}&query.serviceName=none`, 404, 'No traces found'],
    [`traces/${trace('e')}`, 404, 'No traces found'],
    ['traces/xyz', 400, 'malformed parameter trace_id: expected hex or base64'],
    [`traces/${trace('b')}?startTime=x`, 400, 'malformed parameter startTime: expected RFC 3339, got x'],
    ['none', 404, 'no such endpoint: /api/v3/none'],
  ])('GET %s fails as Jaeger does', async (path, code, message) => {
    expect(await get(path)).toEqual(failure(code, message));
  });

  test('an empty store has empty lists', async () => {
    await withStore([], async (empty) => {
      const response = await createJaegerV3({ store: empty }).request('/api/v3/services');
      expect(await response.json()).toEqual({ services: [] });
    });
  });
});
