/** The list over HTTP: each condition, the counts beside them, and pages. */
import type { Scatter, TraceList } from '../../../src/viewer/wire.ts';
import { CLIENT, PRODUCER, SERVER, START, type Told, traceIdOf, viewerOf, withSpans } from './asked-viewer.ts';

const route = (method: string, path: string, status = 200): Told['attributes'] & object => ({
  'http.request.method': method,
  'http.route': path,
  'http.response.status_code': status,
});
const DATABASE = { 'db.system.name': 'postgresql', 'db.query.text': 'SELECT 100% FROM tents' };
const QUEUE = { 'messaging.system': 'rabbitmq', 'messaging.destination.name': 'orders' };

/** Five traces, a second apart: 1 is the oldest. */
const SPANS: readonly Told[] = [
  { trace: 1, span: 1, name: 'GET /tents', kind: SERVER, at: 1000, takes: 100, attributes: route('GET', '/tents') },
  { trace: 1, span: 2, parent: 1, name: 'SELECT', kind: CLIENT, at: 1010, takes: 50, attributes: DATABASE },
  { trace: 2, span: 1, name: 'GET /tents', kind: SERVER, at: 2000, takes: 200, attributes: route('GET', '/tents') },
  {
    trace: 3,
    span: 1,
    name: 'POST /orders',
    kind: SERVER,
    at: 3000,
    takes: 300,
    attributes: route('POST', '/orders', 502),
  },
  { trace: 3, span: 2, parent: 1, name: 'send orders', kind: PRODUCER, at: 3010, takes: 1, attributes: QUEUE },
  { trace: 3, span: 3, parent: 1, name: 'charge', service: 'pay', at: 3020, takes: 90, failed: true },
  { trace: 4, span: 1, name: 'nightly', service: 'jobs', at: 4000, takes: 4000, attributes: { 'user.id': 'Ann' } },
  {
    trace: 5,
    span: 1,
    name: 'GET /tents',
    service: 'shop',
    kind: SERVER,
    at: 5000,
    takes: 5,
    attributes: route('GET', '/tents'),
  },
];
const { ask } = viewerOf(SPANS);

const numbers = ({ traces }: TraceList): readonly number[] => traces.map(({ traceId }) => Number(traceId));

test.each<[query: string, traces: readonly number[]]>([
  ['', [5, 4, 3, 2, 1]],
  ['type=database', [1]],
  ['type=database&type=queue', [3, 1]],
  ['type=kv', []],
  ['service=pay', [3]],
  ['service=pay&service=jobs', [4, 3]],
  // Whole names: not a part of one, and not what stands between them.
  ['service=job', []],
  ['service=,', []],
  ['route=GET%20/tents', [5, 2, 1]],
  ['route=GET%20/tents&route=POST%20/orders', [5, 3, 2, 1]],
  ['status=error', [3]],
  ['status=error&status=error', [3]],
  ['route=', [5, 4, 3, 2, 1]],
  ['status=ok', [5, 4, 2, 1]],
  ['status=ok&status=error', [5, 4, 3, 2, 1]],
  // Both bounds are included.
  ['minMillis=200', [4, 3, 2]],
  ['maxMillis=200', [5, 2, 1]],
  ['minMillis=100&maxMillis=200', [2, 1]],
  [`from=${START + 2000}&to=${START + 4000}`, [4, 3, 2]],
  ['attr=user.id', [4]],
  ['attr=user.id%3DAnn', [4]],
  ['attr=user.id%3DBob', []],
  ['attr=http.route&attr=http.response.status_code%3D502', [3]],
  // Words: of the name, a service, a route, an id, an attribute's value; in any order, and all of them.
  ['q=NIGHT', [4]],
  ['q=pay', [3]],
  ['q=/orders', [3]],
  [`q=${traceIdOf(5).slice(-8)}`, [5]],
  ['q=SELECT%20100', [1]],
  ['q=tents%20shop', [5]],
  // No patterns.
  ['q=100%25', [1]],
  ['q=%25', [1]],
  ['q=_ents', []],
  // Conditions on different things must all hold.
  ['service=web&status=ok&minMillis=150', [2]],
])('traces?%s', async (query, expected) => {
  const list = await ask<TraceList>(`traces?${query}`);
  const { traceIds } = await ask<Scatter>(`scatter?${query}`);
  expect([numbers(list), list.total, traceIds.map(Number)]).toEqual([expected, expected.length, expected]);
});

test.each<[query: string, facets: TraceList['facets']]>([
  [
    '',
    {
      type: [
        ['http', 4],
        ['internal', 2],
        ['database', 1],
        ['queue', 1],
      ],
      service: [
        ['web', 3],
        ['jobs', 1],
        ['pay', 1],
        ['shop', 1],
      ],
      route: [
        ['GET /tents', 3],
        ['POST /orders', 1],
      ],
      status: [
        ['ok', 4],
        ['error', 1],
      ],
    },
  ],
  // A facet is counted without its own condition: what another value would leave.
  [
    'service=web&status=error',
    {
      type: [
        ['http', 1],
        ['internal', 1],
        ['queue', 1],
      ],
      service: [
        ['pay', 1],
        ['web', 1],
      ],
      route: [['POST /orders', 1]],
      status: [
        ['ok', 2],
        ['error', 1],
      ],
    },
  ],
])('facets of traces?%s', async (query, facets) => {
  expect((await ask<TraceList>(`traces?${query}`)).facets).toEqual(facets);
});

test('pages go on where the last one ended, whatever comes meanwhile', async () => {
  // Three that start in one microsecond, between two others.
  const same = [11, 12, 13].map((trace): Told => ({ trace, span: 1, name: 'tick', at: 3000, takes: 1 }));
  const other = { span: 1, name: 'tick', takes: 1 };
  await withSpans([{ ...other, trace: 10, at: 1000 }, ...same, { ...other, trace: 14, at: 5000 }], async (viewer) => {
    const pages: string[] = [];
    let before = '';
    do {
      const list = await viewer.ask<TraceList>(`traces?limit=2${before}`);
      pages.push(`${list.traces.map(({ traceId }) => Number.parseInt(traceId, 16)).join(' ')} of ${list.total}`);
      before = list.next === undefined ? '' : `&before=${list.next}`;
      if (pages.length === 1) await viewer.tell([{ ...other, trace: 15, at: 9000 }]);
    } while (before !== '');
    expect(pages).toEqual(['14 13 of 5', '12 11 of 6', '10 of 6']);
  });
});

test.each([
  ['before=yesterday', 'before: expected `next` of another list'],
  ['limit=0', 'limit: expected a positive whole number'],
  ['limit=many', 'limit: expected a positive whole number'],
  ['type=colour', 'type: expected http, ai, database, queue, cache, kv, r2, d1, vectorize, auth, internal, got colour'],
  ['status=502', 'status: expected ok, error, got 502'],
  ['from=yesterday', 'from: expected a number, got yesterday'],
])('traces?%s is refused', async (query, error) => {
  await expect(ask(`traces?${query}`)).rejects.toThrow(`400 ${JSON.stringify({ error })}`);
});
