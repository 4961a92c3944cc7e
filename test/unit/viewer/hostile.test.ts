/** Input meant to harm: each gets its answer, nothing runs, the process lives. */
import { gzipSync } from 'node:zlib';
import { postJson, send, withViewer } from './http-client.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SCRIPT = `"><script>alert('x')</script><img src=x onerror="alert(1)">&amp;`;

function request(spans: readonly object[], service = 'web'): string {
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] };
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
}

const span = (spanId: string, changes: object = {}) => ({ traceId: TRACE_ID, spanId, name: 'n', ...changes });

test('script in every string field shows as text on every page', async () => {
  const attributes = [
    { key: SCRIPT, value: { stringValue: SCRIPT } },
    { key: 'list', value: { arrayValue: { values: [{ stringValue: SCRIPT }] } } },
    { key: 'map', value: { kvlistValue: { values: [{ key: SCRIPT, value: { stringValue: SCRIPT } }] } } },
  ];
  const hostile = span('00000000000000aa', {
    name: SCRIPT,
    traceState: SCRIPT,
    attributes,
    events: [{ name: SCRIPT, attributes }],
    links: [{ traceId: TRACE_ID, spanId: '00000000000000ab', traceState: SCRIPT, attributes }],
    status: { code: 2, message: SCRIPT },
  });
  await withViewer(async (viewer) => {
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: SCRIPT } }, ...attributes] };
    const scope = { name: SCRIPT, version: SCRIPT, attributes };
    const content = {
      resourceSpans: [{ resource, schemaUrl: SCRIPT, scopeSpans: [{ scope, schemaUrl: SCRIPT, spans: [hostile] }] }],
    };
    expect((await postJson(viewer, JSON.stringify(content))).status).toBe(200);
    for (const path of ['/', `/trace/${TRACE_ID}`]) {
      const page = (await send(`${viewer.queryUrl}${path}`, 'GET')).body.toString();
      expect(page).toContain('&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&lt;img');
      expect(page).not.toMatch(/<script|<img|javascript:/i);
      // No tag carries a handler: quotes in values never end an attribute.
      expect(page.match(/<[^>]*\son\w+=/g)).toBeNull();
    }
    const api = await send(`${viewer.queryUrl}/api/traces/${TRACE_ID}`, 'GET');
    expect([api.headers['content-type'], JSON.parse(api.body.toString())]).toMatchObject([
      'application/json',
      { data: [{ spans: [{ operationName: SCRIPT }] }] },
    ]);
  });
});

test('an attribute of 10 MB is kept whole and shown in part', async () => {
  await withViewer(async (viewer) => {
    const big = span('00000000000000aa', {
      attributes: [{ key: 'big', value: { stringValue: 'x'.repeat(10_000_000) } }],
    });
    expect((await postJson(viewer, request([big]))).status).toBe(200);
    const page = await send(`${viewer.queryUrl}/trace/${TRACE_ID}`, 'GET');
    expect(page.body.length).toBeLessThan(20_000);
    expect(page.body.toString()).toContain('… (9,995,904 more characters)');
    const api = await send(`${viewer.queryUrl}/api/traces/${TRACE_ID}`, 'GET');
    expect(api.body.length).toBeGreaterThan(10_000_000);
  });
});

test('a body of 100 MB is refused, packed or not, and the receiver goes on', async () => {
  await withViewer(async (viewer) => {
    const big = Buffer.alloc(100_000_000, ' ');
    const url = `${viewer.otlpUrl}/v1/traces`;
    const type = { 'content-type': 'application/json' };
    expect((await send(url, 'POST', { ...type, 'content-encoding': 'gzip' }, gzipSync(big))).status).toBe(413);
    // The receiver answers before the body has come; a client that still writes may see the connection close instead.
    const plain = await send(url, 'POST', type, big).then(
      (answer) => answer.status,
      (error: NodeJS.ErrnoException) => error.code,
    );
    expect([413, 'EPIPE', 'ECONNRESET']).toContain(plain);
    expect((await postJson(viewer, request([span('00000000000000aa')]))).status).toBe(200);
  });
});

test('cyclic parents and repeated ids end in a page', async () => {
  await withViewer(async (viewer) => {
    const cycle = [
      span('00000000000000aa', { parentSpanId: '00000000000000ab', name: 'a' }),
      span('00000000000000ab', { parentSpanId: '00000000000000aa', name: 'b' }),
      span('00000000000000ac', { parentSpanId: '00000000000000ac', name: 'own' }),
      span('00000000000000ac', { parentSpanId: '00000000000000ac', name: 'again' }),
    ];
    expect((await postJson(viewer, request(cycle))).status).toBe(200);
    const text = (await send(`${viewer.queryUrl}/trace/${TRACE_ID}.txt`, 'GET')).body.toString();
    expect(text.split('\n')).toEqual([
      'a  web · cycle      0.00 ms',
      '└─ b                0.00 ms',
      'again  web · cycle  0.00 ms',
      '',
    ]);
    expect((await send(`${viewer.queryUrl}/trace/${TRACE_ID}`, 'GET')).status).toBe(200);
    expect((await send(`${viewer.queryUrl}/`, 'GET')).status).toBe(200);
  });
});

test('times at both ends of what 64 bits hold are drawn', async () => {
  await withViewer(async (viewer) => {
    const spans = [
      span('00000000000000aa', { startTimeUnixNano: '0', endTimeUnixNano: '18446744073709551615' }),
      span('00000000000000ab', { startTimeUnixNano: '18446744073709551615', endTimeUnixNano: '0' }),
    ];
    expect((await postJson(viewer, request(spans))).status).toBe(200);
    for (const path of ['/', `/trace/${TRACE_ID}`, `/trace/${TRACE_ID}.txt`, `/api/traces/${TRACE_ID}`]) {
      expect((await send(`${viewer.queryUrl}${path}`, 'GET')).status).toBe(200);
    }
  });
});

test('the query port answers no other host', async () => {
  await withViewer(async (viewer) => {
    await postJson(viewer, request([span('00000000000000aa')]));
    for (const path of ['/', `/trace/${TRACE_ID}`, '/api/services', '/style.css']) {
      const foreign = await send(`${viewer.queryUrl}${path}`, 'GET', { host: 'evil.example' });
      expect([foreign.status, foreign.body.toString().includes('GET')]).toEqual([403, false]);
    }
    expect((await send(`${viewer.queryUrl}/`, 'GET', { host: 'localhost:16686' })).status).toBe(200);
  });
});
