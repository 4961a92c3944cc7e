/** A trace's line in the list while its spans arrive: late, out of order, and again. */
import type { TraceList, TraceRow, TraceSkeleton } from '../../../src/viewer/wire.ts';
import { type AskedViewer, CLIENT, SERVER, START, type Told, traceIdOf, withSpans } from './asked-viewer.ts';

const ROOT: Told = {
  trace: 1,
  span: 1,
  name: 'GET /tents',
  kind: SERVER,
  at: 0,
  takes: 100,
  attributes: { 'http.request.method': 'GET', 'http.route': '/tents', 'http.response.status_code': 200 },
};
const QUERY: Told = {
  trace: 1,
  span: 2,
  parent: 1,
  name: 'SELECT tents',
  service: 'api',
  kind: CLIENT,
  at: 10,
  takes: 20,
  attributes: { 'db.system.name': 'postgresql' },
};
const CALL: Told = {
  trace: 1,
  span: 3,
  parent: 1,
  name: 'chat gpt-4o',
  kind: CLIENT,
  at: 40,
  takes: 50,
  attributes: {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o',
    'gen_ai.usage.input_tokens': 1000,
    'gen_ai.usage.output_tokens': 100,
  },
};

/** The one line there is. */
async function row({ ask }: AskedViewer): Promise<string> {
  const { traces, total, facets } = await ask<TraceList>('traces');
  const { version } = await ask<TraceSkeleton>(`traces/${traceIdOf(1)}`);
  const [it] = traces as [TraceRow];
  const types = Object.entries(it.types).map(([type, count]) => `${count} ${type}`);
  const parts = [
    `${it.name} of ${it.services.join('+')}${it.open ? ', open' : ''}`,
    `${it.route ?? 'no route'} ${it.httpStatus ?? ''}`.trim(),
    `${it.startMillis - START}+${it.durationMillis} ms`,
    `${it.spanCount} spans (${types.join(', ')}), ${it.errorCount} failed`,
    ...(it.tokens === undefined
      ? []
      : [`${it.tokens.input}+${it.tokens.output} tokens, ${it.costUnknown ?? it.costUsd?.toFixed(4)}`]),
    `version ${version}, ${total} in ${facets.service.map(([service]) => service).join('+')}`,
  ];
  return parts.join('; ');
}

test.each<[what: string, requests: readonly (readonly Told[])[], rows: readonly string[]]>([
  [
    'a root that is late names the trace',
    [[QUERY], [ROOT]],
    [
      'SELECT tents of api, open; no route; 10+20 ms; 1 spans (1 database), 0 failed; version 1, 1 in api',
      'GET /tents of web+api; GET /tents 200; 0+100 ms; 2 spans (1 http, 1 database), 0 failed; version 2, 1 in api+web',
    ],
  ],
  [
    'without a root, the earliest span does',
    [[CALL], [QUERY]],
    [
      'chat gpt-4o of web, open; no route; 40+50 ms; 1 spans (1 ai), 0 failed; 1000+100 tokens, 0.0035; version 1, 1 in web',
      'SELECT tents of api+web, open; no route; 10+80 ms; 2 spans (1 ai, 1 database), 0 failed; 1000+100 tokens, 0.0035; version 2, 1 in api+web',
    ],
  ],
  [
    'a span that is late counts, fails and lengthens',
    [[ROOT], [{ ...QUERY, at: 90, takes: 30, failed: true }]],
    [
      'GET /tents of web; GET /tents 200; 0+100 ms; 1 spans (1 http), 0 failed; version 1, 1 in web',
      'GET /tents of web+api; GET /tents 200; 0+120 ms; 2 spans (1 http, 1 database), 1 failed; version 2, 1 in api+web',
    ],
  ],
  [
    'a root that comes again is as it was said last',
    [
      [{ ...ROOT, name: 'GET', takes: 5, attributes: { 'http.request.method': 'GET' } }, QUERY],
      [{ ...ROOT, failed: true }],
    ],
    [
      'GET of web+api; no route; 0+30 ms; 2 spans (1 http, 1 database), 0 failed; version 1, 1 in api+web',
      'GET /tents of web+api; GET /tents 200; 0+100 ms; 2 spans (1 http, 1 database), 1 failed; version 2, 1 in api+web',
    ],
  ],
  [
    'a root that has lost its route has none',
    [[ROOT], [{ ...ROOT, name: 'GET', attributes: { 'http.request.method': 'GET' } }]],
    [
      'GET /tents of web; GET /tents 200; 0+100 ms; 1 spans (1 http), 0 failed; version 1, 1 in web',
      'GET of web; no route; 0+100 ms; 1 spans (1 http), 0 failed; version 2, 1 in web',
    ],
  ],
  [
    'tokens of a call that comes again are counted once',
    [[ROOT, CALL], [{ ...CALL, attributes: { ...CALL.attributes, 'gen_ai.usage.output_tokens': 200 } }]],
    [
      'GET /tents of web; GET /tents 200; 0+100 ms; 2 spans (1 http, 1 ai), 0 failed; 1000+100 tokens, 0.0035; version 1, 1 in web',
      'GET /tents of web; GET /tents 200; 0+100 ms; 2 spans (1 http, 1 ai), 0 failed; 1000+200 tokens, 0.0045; version 2, 1 in web',
    ],
  ],
  [
    'a failure, a service and a type that were taken back are gone',
    [[ROOT, { ...QUERY, failed: true }], [{ ...QUERY, service: 'web', attributes: {} }]],
    [
      'GET /tents of web+api; GET /tents 200; 0+100 ms; 2 spans (1 http, 1 database), 1 failed; version 1, 1 in api+web',
      'GET /tents of web; GET /tents 200; 0+100 ms; 2 spans (1 http, 1 internal), 0 failed; version 2, 1 in web',
    ],
  ],
  [
    'a span twice in one request counts once',
    [[ROOT, QUERY, { ...QUERY, takes: 40 }]],
    [
      'GET /tents of web+api; GET /tents 200; 0+100 ms; 2 spans (1 http, 1 database), 0 failed; version 1, 1 in api+web',
    ],
  ],
])('%s', async (_what, requests, rows) => {
  await withSpans([], async (viewer) => {
    const seen: string[] = [];
    for (const request of requests) {
      await viewer.tell(request);
      seen.push(await row(viewer));
    }
    expect(seen).toEqual(rows);
  });
});
