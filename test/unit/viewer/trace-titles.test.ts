/** What a trace is called that a page's request began, in whichever order its spans arrive. */
import { EPOCH, id, MILLI, resourceOf, sampleSpan, text, TRACE_ID, withStore, write } from './sample-span.ts';

const CLIENT = 3;
const SERVER = 2;
const method = (name: string) => text('http.request.method', name);
const request = (...more: ReturnType<typeof text>[]) =>
  sampleSpan({ name: 'POST', kind: CLIENT, resource: resourceOf('page'), attributes: [method('POST'), ...more] });
const PAGE = request(text('url.path', '/api/products/ridgeline-tent'));
const served = (short: string, after: bigint, route: string, verb = 'POST') =>
  sampleSpan({
    spanId: id(short),
    parentSpanId: id('1'),
    name: `${verb} ${route}`,
    kind: SERVER,
    startTimeUnixNano: EPOCH + after * MILLI,
    attributes: [method(verb), text('http.route', route)],
  });
const ANSWER = served('2', 1n, '/api/products/[id]');
const INNER = served('3', 2n, '/stock');

test.each([
  ['no answer yet: its path', [[PAGE]], 'POST /api/products/ridgeline-tent', undefined],
  ['the answer comes with it', [[PAGE, ANSWER]], 'POST /api/products/[id]', 'POST /api/products/[id]'],
  ['the answer comes later', [[PAGE], [ANSWER]], 'POST /api/products/[id]', 'POST /api/products/[id]'],
  ['the answer came before', [[ANSWER], [PAGE]], 'POST /api/products/[id]', 'POST /api/products/[id]'],
  ['of two answers the outer', [[INNER], [ANSWER], [PAGE]], 'POST /api/products/[id]', 'POST /api/products/[id]'],
  ['sent again', [[PAGE, ANSWER], [PAGE]], 'POST /api/products/[id]', 'POST /api/products/[id]'],
  [
    'a preflight is no answer',
    [[PAGE, served('4', 1n, '/x', 'OPTIONS')]],
    'POST /api/products/ridgeline-tent',
    undefined,
  ],
  [
    'an address alone',
    [[request(text('url.full', 'https://shop.example/api/chat?secret=1'))]],
    'POST /api/chat',
    undefined,
  ],
  ['a template', [[request(text('url.template', '/products/{id}'))]], 'POST /products/{id}', undefined],
  ['no address', [[request()]], 'POST', undefined],
  [
    'a name of its own stays, under the route that answered',
    [[{ ...PAGE, name: 'add to cart' }, ANSWER]],
    'add to cart',
    'POST /api/products/[id]',
  ],
  ['a root that is no request has no route', [[sampleSpan({ name: 'nightly' }), ANSWER]], 'nightly', undefined],
])('%s', async (_case, batches, name, route) => {
  await withStore([], async (store) => {
    for (const batch of batches) await write(store, batch);
    const [row] = await store.query('rows', [TRACE_ID]);
    expect([row?.name, row?.route]).toEqual([name, route]);
  });
});

test('the usual run of a page’s request is that of its route', async () => {
  const trace = (number: number, route: string) => {
    const traceId = number.toString(16).padStart(32, '0');
    return [PAGE, served('2', 1n, route)].map((span) => ({ ...span, traceId }));
  };
  const spans = [trace(1, '/a'), trace(2, '/a'), trace(3, '/b')].flat();
  await withStore(spans, async (store) => {
    const usual = await store.query('usual', '1'.padStart(32, '0'));
    expect([usual?.traces, usual?.operations.map(({ name }) => name)]).toEqual([1, ['POST', 'POST /a']]);
  });
});
