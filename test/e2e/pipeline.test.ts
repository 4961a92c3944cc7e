/** The reference pipeline: the built platform and its three workers, each a process of its own, on real queues. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { Client } from 'pg';
import { type Pipeline, startPipeline } from '../helpers/pipeline.ts';
import { type Platform, startPlatform } from '../helpers/platform.ts';
import { formatTree, tree } from '../helpers/trace-tree.ts';

/** A database of its own: jobs of other tests are not for these workers. */
async function createDatabase(name: string): Promise<string> {
  const url = new URL(process.env['DATABASE_URL'] ?? '');
  const client = new Client({ connectionString: url.href });
  await client.connect();
  await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  url.pathname = name;
  return url.href;
}

let folder: string;
let platform: Platform;
let pipeline: Pipeline;
const asked: string[] = [];
const weather = createServer((request, response) => {
  asked.push(request.url ?? '');
  response.end(JSON.stringify({ celsius: 21, clouds: 0.2, rain_mm: 0 }));
});

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'landscapes-'));
  weather.listen(0, '127.0.0.1');
  await once(weather, 'listening');
  const DATABASE_URL = await createDatabase('pipeline_test');
  platform = await startPlatform({ DATABASE_URL });
  pipeline = await startPipeline({
    DATABASE_URL,
    OTEL_EXPORTER_OTLP_ENDPOINT: platform.collector.url,
    LANDSCAPES_DIR: folder,
    LANDSCAPE_FORMATS: 'rgb_dark,eink',
    WEATHER_API_URL: `http://127.0.0.1:${(weather.address() as AddressInfo).port}/current?key=planted-key`,
  });
}, 60_000);

afterAll(async () => {
  await pipeline?.stop();
  await platform?.stop();
  weather.closeAllConnections();
  weather.close();
  rmSync(folder, { recursive: true, force: true });
}, 30_000);

interface Line {
  readonly trace_id: string;
  readonly span_id: string;
  readonly worker: string;
  readonly action: string;
  readonly request_id?: string;
}

/** What `grep` for the trace id finds in the logs of all four processes. */
function linesOf(traceId: string): Line[] {
  return `${platform.output()}\n${pipeline.output()}`
    .split('\n')
    .filter((line) => line.startsWith('{') && line.includes(traceId))
    .map((line) => JSON.parse(line) as Line);
}

it('one request goes through four processes and three queues in one trace, and the logs tell of each step', async () => {
  const response = await fetch(`${platform.url}/admin/generate?zip=78729`, {
    method: 'POST',
    headers: { 'x-request-id': 'req-7' },
  });
  const answer = (await response.json()) as { trace_id: string };
  const { trace_id: traceId } = answer;
  const processed = (): number =>
    platform.collector.ofTrace(traceId).filter(({ name }) => name === 'process landscape-jobs').length;
  await platform.collector.until('both landscapes', () => processed() === 2);
  expect([response.status, answer, response.headers.get('x-trace-id')]).toEqual([
    200,
    {
      success: true,
      zip: '78729',
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      message: 'Generation queued for ZIP 78729',
    },
    traceId,
  ]);

  // Of automatic instrumentations pg tells of each statement of the queues, and undici not where traceFetch does.
  const ours = platform.collector.ofTrace(traceId).filter(({ scope }) => scope === 'throughline');
  expect(
    formatTree(
      ours.map((span) => Object.assign(span, { name: `${span.name} (${String(span.resource['service.name'])})` })),
    ),
  ).toBe(
    tree(`
      POST /admin/generate (storefront) SERVER
        send fetch-jobs (storefront) PRODUCER
          process fetch-jobs (weather-fetcher) CONSUMER
            GET (weather-fetcher) CLIENT
            send weather-ready (weather-fetcher) PRODUCER
              process weather-ready (job-dispatcher) CONSUMER
                send landscape-jobs (job-dispatcher) PRODUCER
                  process landscape-jobs (landscape-generator) CONSUMER
                    draw landscape (landscape-generator) INTERNAL
                send landscape-jobs (job-dispatcher) PRODUCER
                  process landscape-jobs (landscape-generator) CONSUMER
                    draw landscape (landscape-generator) INTERNAL
    `),
  );

  const lines = linesOf(traceId);
  const spans = new Set(ours.map(({ spanId }) => spanId));
  expect([
    lines.map(({ worker, action }) => `${worker} ${action}`).toSorted(),
    lines.filter(({ span_id }) => !spans.has(span_id)),
    lines.find(({ worker }) => worker === 'web')?.request_id,
  ]).toEqual([
    [
      'job_dispatcher dispatch_jobs',
      'landscape_generator generate_image',
      'landscape_generator generate_image',
      'landscape_generator generation_complete',
      'landscape_generator generation_complete',
      'weather_fetcher fetch_weather',
      'weather_fetcher weather_ready',
      'web enqueue_fetch_job',
    ],
    [],
    'req-7',
  ]);
  expect([asked, platform.collector.text.includes('planted-key')]).toEqual([
    ['/current?key=planted-key&zip=78729'],
    false,
  ]);
}, 60_000);

it('the landscapes are pictures', () => {
  const seen = readdirSync(folder)
    .toSorted()
    .map((name) => {
      const bytes = readFileSync(join(folder, name));
      const data = inflateSync(bytes.subarray(41, 41 + bytes.readUInt32BE(33)));
      return [name, bytes.subarray(1, 4).toString(), bytes.readUInt32BE(16), bytes.readUInt32BE(20), data.length];
    });
  expect(seen).toEqual([
    ['78729-eink.png', 'PNG', 320, 200, 200 * 321],
    ['78729-rgb_dark.png', 'PNG', 320, 200, 200 * 961],
  ]);
});

it.each(['', '?zip=7872', '?zip=787290', '?zip=../..', '?zip=7872a'])(
  'a ZIP code that is none is refused: %s',
  async (query) => {
    const response = await fetch(`${platform.url}/admin/generate${query}`, { method: 'POST' });
    expect([response.status, await response.json()]).toEqual([400, { error: 'Invalid ZIP code. Must be 5 digits.' }]);
  },
);

it('the page offers it', async () => {
  const page = await (await fetch(`${platform.url}/admin`)).text();
  expect([page.includes('<h1>Landscapes</h1>'), page.includes('name="zip"')]).toEqual([true, true]);
});
