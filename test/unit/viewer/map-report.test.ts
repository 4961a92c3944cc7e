/** The map over HTTP: who calls whom, by spans of both sides and by what one side says. */
import type { ServiceMap } from '../../../src/viewer/wire.ts';
import { CLIENT, CONSUMER, PRODUCER, SERVER, type Told, viewerOf, withSpans } from './asked-viewer.ts';

const POSTGRES = { 'db.system.name': 'postgresql', 'db.namespace': 'shop' };
const ORDERS = { 'messaging.system': 'rabbitmq', 'messaging.destination.name': 'orders' };
const GET = { 'http.request.method': 'GET' };
const TO_API = { ...GET, 'server.address': 'api.internal' };
const TO_PAY = { ...GET, 'server.address': 'pay.example' };

const below = (
  trace: number,
  span: number,
  parent: number,
  name: string,
  more: Omit<Told, 'trace' | 'span' | 'name'>,
) => ({ trace, span, parent, name, ...more }) satisfies Told;

const SPANS: readonly Told[] = [
  // Two requests a minute apart; the second fails in the service that is called.
  { trace: 1, span: 1, name: 'GET /', kind: SERVER, at: 0, takes: 100, attributes: GET },
  below(1, 2, 1, 'GET', { kind: CLIENT, at: 5, takes: 40, attributes: TO_API }),
  below(1, 3, 2, 'GET /items', { service: 'api', kind: SERVER, at: 8, takes: 30, attributes: GET }),
  below(1, 4, 3, 'SELECT', { service: 'api', kind: CLIENT, at: 10, takes: 10, attributes: POSTGRES }),
  below(1, 5, 1, 'chat', { kind: CLIENT, at: 50, takes: 40, attributes: { 'gen_ai.provider.name': 'openai' } }),
  below(1, 6, 1, 'cache get', { kind: CLIENT, at: 92, takes: 1, attributes: { 'db.system.name': 'redis' } }),
  { trace: 2, span: 1, name: 'GET /', kind: SERVER, at: 60_000, takes: 60, attributes: GET, failed: true },
  below(2, 2, 1, 'GET', { kind: CLIENT, at: 60_005, takes: 50, attributes: TO_API }),
  below(2, 3, 2, 'GET /items', { service: 'api', kind: SERVER, at: 60_008, takes: 20, attributes: GET, failed: true }),
  below(2, 4, 1, 'POST', { kind: CLIENT, at: 60_030, takes: 5, attributes: TO_PAY }),
  // A message: sent in one trace, consumed in another.
  { trace: 3, span: 1, name: 'send orders', kind: PRODUCER, at: 30_000, takes: 2, attributes: ORDERS },
  { trace: 4, span: 1, name: 'process', service: 'worker', kind: CONSUMER, at: 30_100, takes: 80, attributes: ORDERS },
];
const { ask } = viewerOf(SPANS);

type Row = ServiceMap['calls'][number] | ServiceMap['services'][number];

function line(row: Row): string {
  const name = 'from' in row ? `${row.from} > ${row.to} (${row.type})` : `${row.name} (${row.kind})`;
  return `${name}: ${row.count}, ${row.errors} failed, p50 ${row.p50Millis} p95 ${row.p95Millis}, ${row.ratePerMinute.toFixed(1)}/min`;
}

test('services, what they call, and how that went', async () => {
  const { services, calls } = await ask<ServiceMap>('map');
  expect({ services: services.map(line), calls: calls.map(line) }).toEqual({
    services: [
      'api (service): 2, 1 failed, p50 20 p95 30, 2.0/min',
      'openai (ai): 1, 0 failed, p50 40 p95 40, 1.0/min',
      'orders (queue): 2, 0 failed, p50 2 p95 80, 2.0/min',
      'pay.example (external): 1, 0 failed, p50 5 p95 5, 1.0/min',
      'postgresql shop (database): 1, 0 failed, p50 10 p95 10, 1.0/min',
      'redis (cache): 1, 0 failed, p50 1 p95 1, 1.0/min',
      'web (service): 3, 1 failed, p50 60 p95 100, 3.0/min',
      'worker (service): 1, 0 failed, p50 80 p95 80, 1.0/min',
    ],
    // `api.internal` is no node: what it is called sent spans of its own.
    calls: [
      'api > postgresql shop (database): 1, 0 failed, p50 10 p95 10, 1.0/min',
      'orders > worker (queue): 1, 0 failed, p50 80 p95 80, 1.0/min',
      'web > api (http): 2, 1 failed, p50 20 p95 30, 2.0/min',
      'web > openai (ai): 1, 0 failed, p50 40 p95 40, 1.0/min',
      'web > orders (queue): 1, 0 failed, p50 2 p95 2, 1.0/min',
      'web > pay.example (http): 1, 0 failed, p50 5 p95 5, 1.0/min',
      'web > redis (cache): 1, 0 failed, p50 1 p95 1, 1.0/min',
    ],
  });
});

test('a filter draws the traces that it leaves', async () => {
  const { services, calls } = await ask<ServiceMap>('map?service=worker');
  expect([services.map(({ name }) => name), calls.map(({ from, to }) => `${from} > ${to}`)]).toEqual([
    ['orders', 'worker'],
    ['orders > worker'],
  ]);
});

test('nothing is an empty map', async () => {
  await withSpans([], async (empty) => {
    expect(await empty.ask('map')).toEqual({ services: [], calls: [] });
  });
});
