/** What nobody should send and no handler should do: the app answers as it does unwrapped, and the trace says what happened. */
import { createHash } from 'node:crypto';
import { type NextApp, buildNextApp, startNextApp } from '../../helpers/next-app.ts';
import { exchange } from '../../helpers/client.ts';
import { formatTree, tree } from '../../helpers/trace-tree.ts';
import { spansNamed } from '../../helpers/served.ts';
import { arrived, literalOf } from './traces.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const VALID = `00-${TRACE}-${SPAN}-01`;

let app: NextApp;
/** The same app, where nobody traces. */
let bare: NextApp;
beforeAll(async () => {
  await buildNextApp();
  app = await startNextApp('start');
  bare = await startNextApp('start', { OTEL_SDK_DISABLED: 'true' });
}, 300_000);
afterAll(async () => {
  for (const one of [app, bare]) {
    await one?.stop();
    await one?.collector.close();
  }
}, 30_000);

describe('A malformed `traceparent`', () => {
  it.each<readonly [what: string, header: string | readonly string[], outcome: 'continued' | 'a new trace']>([
    ['well-formed', VALID, 'continued'],
    ['white space around', ` ${VALID} `, 'continued'],
    ['version ff', `ff-${TRACE}-${SPAN}-01`, 'a new trace'],
    ['no version', `${TRACE}-${SPAN}-01`, 'a new trace'],
    ['a later version', `cc-${TRACE}-${SPAN}-01`, 'continued'],
    ['a later version with more fields', `cc-${TRACE}-${SPAN}-01-what-the-future-brings`, 'continued'],
    ['a later version whose flags go on', `cc-${TRACE}-${SPAN}-01.what`, 'a new trace'],
    ['a fifth field', `${VALID}-extra`, 'a new trace'],
    ['a field is missing', `00-${TRACE}-${SPAN}`, 'a new trace'],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`, 'a new trace'],
    ['a span id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`, 'a new trace'],
    ['a trace id that is too short', `00-${TRACE.slice(1)}-${SPAN}-01`, 'a new trace'],
    ['a trace id that is too long', `00-${TRACE}0-${SPAN}-01`, 'a new trace'],
    ['upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`, 'a new trace'],
    ['no hexadecimal digits', `00-${'g'.repeat(32)}-${SPAN}-01`, 'a new trace'],
    ['flags of one digit', `00-${TRACE}-${SPAN}-1`, 'a new trace'],
    ['unknown flags beside sampled', `00-${TRACE}-${SPAN}-ff`, 'continued'],
    ['empty', '', 'a new trace'],
    ['a word', 'traceparent', 'a new trace'],
    ['other letters', 'Ünïcödé', 'a new trace'],
    ['over-long', `${VALID}${'-x'.repeat(4500)}`, 'a new trace'],
    ['over-long, of a later version', `cc-${TRACE}-${SPAN}-01-${'x'.repeat(9000)}`, 'a new trace'],
    ['sent twice', [VALID, VALID], 'a new trace'],
    ['sent twice, with two values', [VALID, `00-${'a'.repeat(32)}-${SPAN}-01`], 'a new trace'],
  ])('%s', async (what, header, outcome) => {
    const name = `traceparent ${what}`;
    const { status, body } = await app.client.ask('/api/echo/7', { headers: { 'x-case': name, traceparent: header } });
    await app.collector.until(name, () => spansNamed(app.collector, name).length > 0);
    const server = spansNamed(app.collector, name).find(({ attributes }) => attributes['http.request.header.x-case']);
    const parent = `${server?.traceId} ${server?.parentSpanId}`;
    const came =
      parent === `${TRACE} ${SPAN}` ? 'continued' : server?.parentSpanId === undefined ? 'a new trace' : parent;
    expect([status, body, came]).toEqual([200, '{"id":"7"}', outcome]);
  });
});

describe('Malformed `tracestate` and `baggage`: what goes on from here', () => {
  const many = Array.from({ length: 33 }, (_one, index) => `k${index}=v`).join(',');
  it.each<readonly [what: string, headers: Record<string, string | readonly string[]>, sent: Record<string, string>]>([
    ['a good state', { tracestate: 'rojo=1,congo=t61' }, { tracestate: 'rojo=1,congo=t61' }],
    ['a state sent twice', { tracestate: ['rojo=1', 'congo=t61'] }, { tracestate: 'rojo=1,congo=t61' }],
    ['a state without values', { tracestate: 'rojo,=,;' }, { tracestate: '' }],
    ['a state of 33 members: the last is let go', { tracestate: many }, { tracestate: many.replace(',k32=v', '') }],
    ['a state that is over-long', { tracestate: `rojo=${'x'.repeat(9000)}` }, {}],
    ['good baggage', { baggage: 'tenant=acme' }, { baggage: 'tenant=acme' }],
    ['baggage without values', { baggage: 'tenant,=,;;' }, {}],
    ['baggage with a broken escape', { baggage: 'tenant=%E0%A4%A,plan=pro' }, { baggage: 'plan=pro' }],
    ['baggage that is over-long', { baggage: `tenant=${'x'.repeat(9000)}` }, {}],
  ])('%s', async (_what, headers, sent) => {
    const answer = await app.client.ask('/api/calling', { headers: { ...headers, traceparent: VALID } });
    const { traceparent, ...others } = JSON.parse(answer.body) as Record<string, string>;
    expect([answer.status, traceparent?.slice(0, 35), others]).toEqual([200, `00-${TRACE}`, sent]);
  });
});

/** An answer as it came, but for its date; of a page the digest is enough to tell two apart. */
function undated(answer: string): string {
  const [head = '', ...body] = answer.replace(/^Date: .*\r\n/gim, '').split('\r\n\r\n');
  return `${head}\n${createHash('sha256').update(body.join('\r\n\r\n')).digest('hex')}`;
}
const raw = (line: string, name: string): string =>
  `${line} HTTP/1.1\r\nHost: localhost\r\nx-case: ${name}\r\nConnection: close\r\n\r\n`;

describe('A target that no route is for', () => {
  it.each<readonly [what: string, line: string, expected: string]>([
    ['`//`', 'GET //', 'GET SERVER http.response.status_code=308'],
    ['`/%`', 'GET /%', 'GET /_not-found SERVER http.route="/_not-found" http.response.status_code=404'],
    ['`/%00`', 'GET /%00', 'GET /_not-found SERVER http.route="/_not-found" http.response.status_code=404'],
    [
      'a broken escape in a route',
      'GET /api/echo/%E0%A4%A',
      'GET /_error SERVER http.route="/_error" http.response.status_code=400',
    ],
    [
      'a path of 8 KB',
      `GET /${'x'.repeat(8192)}`,
      'GET /_not-found SERVER http.route="/_not-found" http.response.status_code=404',
    ],
    // 500 is what Next says to it, with tracing or not.
    [
      '`OPTIONS *`',
      'OPTIONS *',
      'OPTIONS /_error SERVER ERROR http.route="/_error" http.response.status_code=500 error.type="500"',
    ],
    ['an absolute URL', 'GET http://localhost/api/plain', 'GET SERVER http.response.status_code=308'],
    [
      'a method that nobody knows',
      'PROPFIND /api/plain',
      'HTTP /api/plain SERVER http.route="/api/plain" http.response.status_code=400',
    ],
  ])('%s', async (what, line, expected) => {
    const name = `target ${what}`;
    const [ours, theirs] = await Promise.all([app, bare].map(({ port }) => exchange(port, raw(line, name))));
    const literal = literalOf(expected, false);
    const came = await arrived(app.collector, name, literal);
    expect([undated(String(ours)), came]).toEqual([undated(String(theirs)), literal]);
  });
});

/** What is ours to add, and what never repeats. */
const OURS = new Set(['date', 'x-trace-id', 'server-timing']);

describe('A handler that does what it should not, wrapped and bare', () => {
  const failed = 'GET /api/odd/[kind] SERVER ERROR http.route="/api/odd/[kind]" http.response.status_code=500';
  const fine = 'GET /api/odd/[kind] SERVER http.route="/api/odd/[kind]" http.response.status_code=200';
  it.each<readonly [kind: string, expected: string]>([
    ['returns-nothing', `${failed} error.type="500"`],
    ['returns-null', `${failed} error.type="500"`],
    ['returns-text', `${failed} error.type="500"`],
    ['returns-a-locked-stream', `${failed} error.type="500"`],
    ['returns-a-read-response', `${failed} error.type="500"`],
    ['returns-a-thenable', fine],
    ['returns-an-error-response', `${failed} error.type="500"`],
    ['throws-null', `${failed} error.type="500"`],
    ['throws-undefined', `${failed} error.type="500"`],
    ['throws-text', `${failed} error.type="500"`],
    ['throws-a-response', `${failed} error.type="500"`],
    ['throws-frozen', `${failed} error.type="500"`],
    ['rejects-with-null', `${failed} error.type="500"`],
    ['sets-headers', fine],
  ])('%s', async (kind, expected) => {
    const name = `odd ${kind}`;
    const [ours, theirs] = await Promise.all(
      ['odd', 'bare'].map((path) =>
        app.client.ask(`/api/${path}/${kind}`, { headers: { 'x-case': path === 'odd' ? name : path } }),
      ),
    );
    const seen = (answer: typeof ours) => ({
      status: answer?.status,
      body: answer?.body,
      headers: Object.entries(answer?.headers ?? {}).filter(([header]) => !OURS.has(header)),
    });
    const literal = literalOf(expected, false);
    await arrived(app.collector, name, literal);
    const shown = ['http.route', 'http.response.status_code', 'error.type'];
    expect([seen(ours), formatTree(spansNamed(app.collector, name), shown)]).toEqual([seen(theirs), tree(literal)]);
  });
});
