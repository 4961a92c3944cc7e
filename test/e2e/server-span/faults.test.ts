/** Whatever fails in the tracing, pages answer and the process ends as without it. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { SpanKind } from '@opentelemetry/api';
import { type Mode, type NextApp, buildNextApp, startNextApp } from '../../helpers/next-app.ts';

beforeAll(() => buildNextApp(), 300_000);

const PATHS = ['/api/echo/1', '/products/p-1', '/about', '/api/throw', '/api/go', '/api/hooked', '/gone/broken'];
/** What is ours to add, and what never repeats. */
const OURS = new Set(['date', 'x-trace-id', 'server-timing']);
/** Asked for in `next.config.js`: whose trace the page belongs to. */
const TRACE_OF_PAGE = /<meta name="traceparent" content="[0-9a-f-]*"\/>/;

/** What the app answers, but for what is ours. */
async function answersOf(app: NextApp): Promise<unknown[]> {
  const answers = [];
  for (const path of PATHS) {
    const { status, headers, body } = await app.client.ask(path);
    answers.push([
      path,
      status,
      Object.entries(headers).filter(([name]) => !OURS.has(name)),
      body.replace(TRACE_OF_PAGE, ''),
    ]);
  }
  return answers;
}

type Exit = readonly [code: number | null, signal: NodeJS.Signals | null];

async function end(app: NextApp, signal: NodeJS.Signals): Promise<Exit> {
  app.client.close();
  app.server.kill(signal);
  if (app.server.exitCode === null && app.server.signalCode === null) await once(app.server, 'exit');
  await app.stop();
  await app.collector.close();
  return [app.server.exitCode, app.server.signalCode];
}

/** SERVER spans that came, by what they are called. */
const served = (app: NextApp): number => app.collector.spans.filter(({ kind }) => kind === SpanKind.SERVER).length;

describe('A part of the tracing that fails: pages answer as without it', () => {
  let answers: unknown[];
  let exit: Exit;
  beforeAll(async () => {
    const bare = await startNextApp('start', { OTEL_SDK_DISABLED: 'true' });
    answers = await answersOf(bare);
    exit = await end(bare, 'SIGTERM');
  }, 60_000);

  const ALL = PATHS.length;
  it.each<readonly [what: string, variables: Record<string, string>, spans: number | undefined]>([
    ['an exporter that throws', { TEST_BOOT: 'throwing exporter' }, 0],
    ['a redactor that throws: nothing leaves that it has not seen', { TEST_BOOT: 'throwing redactor' }, ALL],
    ['a span processor that throws', { TEST_BOOT: 'throwing span processor' }, ALL],
    ['an id generator that throws', { TEST_BOOT: 'throwing id generator' }, ALL],
    ['a sampler that throws: nothing is sampled', { TEST_BOOT: 'throwing sampler' }, 0],
    ['an `onRequestError` that throws', { TEST_BOOT: 'throwing onRequestError' }, ALL],
    ['a collector that is not there', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }, 0],
    ['headers for the collector that are malformed', { OTEL_EXPORTER_OTLP_HEADERS: '=,;%zz,a=b=c\u00e9' }, ALL],
    ['an SDK of somebody else, there before, which sends what it likes', { TEST_BOOT: 'after another SDK' }, undefined],
    ['`startTracing` called twice', { TEST_BOOT: 'twice' }, ALL],
    ['a `startTracing` that is never reached', { TEST_BOOT: 'after a hang' }, 0],
  ])(
    '%s',
    async (_what, variables, spans) => {
      const app = await startNextApp('start', variables);
      const got = await answersOf(app);
      const left = await end(app, 'SIGTERM');
      expect([got, left, spans === undefined ? undefined : served(app)]).toEqual([answers, exit, spans]);
    },
    30_000,
  );
});

/** Takes connections and says nothing. */
async function silentCollector(): Promise<{ url: string; close: () => void }> {
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  server.unref();
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

describe('The end of the process: spans that wait are sent, and it ends as without tracing', () => {
  const modes: readonly Mode[] = ['start', 'standalone', 'custom server'];
  it.each(modes.flatMap((mode) => (['SIGTERM', 'SIGINT'] as const).map((signal) => [signal, mode] as const)))(
    '%s, %s',
    async (signal, mode) => {
      const bare = await startNextApp(mode, { OTEL_SDK_DISABLED: 'true' });
      await bare.client.ask('/api/echo/1');
      const exit = await end(bare, signal);
      const app = await startNextApp(mode, { OTEL_BSP_SCHEDULE_DELAY: '600000' });
      await Promise.all(Array.from({ length: 20 }, (_one, index) => app.client.ask(`/api/echo/${index}`)));
      const left = await end(app, signal);
      expect([left, served(app)]).toEqual([exit, 20]);
    },
    30_000,
  );

  it('SIGTERM while a batch is under way to a collector that answers late', async () => {
    const app = await startNextApp('start');
    const { collector } = app;
    let release = (): void => {};
    // The first batch waits for its answer until the process has been told to end; what comes then is taken.
    collector.reply = (_request, response) => {
      collector.reply = undefined;
      release = () => response.writeHead(503, { 'retry-after': '0' }).end();
    };
    await app.client.ask('/api/echo/1');
    await collector.until('the first batch', () => collector.requests.length === 1);
    await app.client.ask('/api/echo/2');
    app.server.kill('SIGTERM');
    release();
    const left = await end(app, 'SIGTERM');
    expect([left, served(app)]).toEqual([[143, null], 2]);
  }, 30_000);

  it('SIGTERM with a collector that never answers: the end is held up within its bound', async () => {
    const silent = await silentCollector();
    const app = await startNextApp('start', { OTEL_EXPORTER_OTLP_ENDPOINT: silent.url });
    await app.client.ask('/api/echo/1');
    const left = await end(app, 'SIGTERM');
    silent.close();
    expect(left).toEqual([143, null]);
  }, 30_000);
});
