/**
 * Which database, cache and HTTP calls have spans in a stranger's app, without a flag, against real servers: both bundlers,
 * drivers outside and inside the bundle, taken by `import` and by `require`, in every way of running. A standalone build
 * runs where no package of this repository can be found from.
 */
import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { SpanKind } from '@opentelemetry/api';
import { Collector } from '../helpers/collector.ts';
import { type Database, MARIADB, REDIS, startMariadb, startRedis } from '../helpers/databases.ts';
import { type Files, type StartCommand, type StrangerApp, createApp } from '../helpers/stranger-app.ts';
import { formatTree, tree } from '../helpers/trace-tree.ts';

const ROOT = resolve(__dirname, '../..');
const NEXT = join(ROOT, 'node_modules/next/dist/bin/next');

/** How a driver is taken and called. The routes are this table. */
const CALLS: Readonly<Record<string, { readonly names: string; readonly from: string; readonly call: string }>> = {
  pg: {
    names: '{ Pool }',
    from: 'pg',
    call: `const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 1 });
const call = () => pool.query('SELECT 1 AS one');`,
  },
  ioredis: {
    names: '{ Redis }',
    from: 'ioredis',
    call: `const redis = new Redis(process.env.REDIS_URL, { lazyConnect: true });
const call = () => redis.set('one', 'planted-value');`,
  },
  mysql2: {
    names: '{ createPool }',
    from: 'mysql2/promise',
    // It reads the address at once, and a build has none.
    call: `let pool;
const call = () => (pool ??= createPool(process.env.MYSQL_URL)).query('SELECT 1 AS one');`,
  },
  // Nothing but ES modules, with an instrumentation of the application's own: there is nothing here but the hooks.
  'pure-driver': { names: '{ ask }', from: 'pure-driver', call: `const call = () => ask('SELECT 1 AS one');` },
};

const RUN = `
export const dynamic = 'force-dynamic';
export async function GET() {
  await call();
  const response = await fetch(process.env.ORIGIN);
  await response.arrayBuffer();
  return Response.json({});
}
`;

const PURE_DRIVER: Files = {
  'node_modules/pure-driver/package.json': JSON.stringify({
    name: 'pure-driver',
    version: '1.0.0',
    type: 'module',
    exports: { import: './index.mjs' },
  }),
  'node_modules/pure-driver/index.mjs': 'export async function ask(sql) { return sql.length; }\n',
};

const INSTRUMENTATION = `export async function register() {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const { startTracing } = await import('throughline/boot');
  const { InstrumentationBase, InstrumentationNodeModuleDefinition } = await import('@opentelemetry/instrumentation');
  class PureDriverInstrumentation extends InstrumentationBase {
    constructor() {
      super('pure-driver-instrumentation', '1.0.0', {});
    }
    init() {
      return new InstrumentationNodeModuleDefinition('pure-driver', ['*'], (exports) => {
        this._wrap(exports, 'ask', (ask) => async (sql) => {
          const span = this.tracer.startSpan('ask', { kind: 2, attributes: { 'db.system.name': 'other_sql' } });
          try {
            return await ask(sql);
          } finally {
            span.end();
          }
        });
        return exports;
      });
    }
  }
  startTracing({ serviceName: 'stranger', instrumentations: [new PureDriverInstrumentation()] });
}
`;

/** The handler that is counted: one call each of fetch, \`pg\` and Prisma, the latter two through the helpers. */
const THREE = `import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '@prisma/client';
import { Pool } from 'pg';
import { traceDatabaseQuery, tracePrismaClient, withTracing } from 'throughline';
const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 1 });
const prisma = tracePrismaClient(new PrismaClient({ adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL }) }));
const TEXT = 'SELECT id FROM carts LIMIT 1';
export const dynamic = 'force-dynamic';
export const GET = withTracing(async () => {
  const response = await fetch(process.env.ORIGIN);
  await response.arrayBuffer();
  await traceDatabaseQuery('SELECT', TEXT, () => pool.query(TEXT));
  return Response.json(await prisma.cart.count());
});
`;

function files(settings: object): Files {
  const config = { output: 'standalone', outputFileTracingRoot: ROOT, turbopack: { root: ROOT }, ...settings };
  const routes = Object.entries(CALLS).flatMap(([driver, { names, from, call }]) => [
    [`src/app/api/import/${driver}/route.js`, `import ${names} from '${from}';\n${call}${RUN}`],
    [`src/app/api/require/${driver}/route.js`, `const ${names} = require('${from}');\n${call}${RUN}`],
  ]);
  return {
    ...PURE_DRIVER,
    ...(Object.fromEntries(routes.filter(([path]) => path !== 'src/app/api/require/pure-driver/route.js')) as Files),
    'src/instrumentation.js': INSTRUMENTATION,
    'src/app/api/three/route.js': THREE,
    'next.config.mjs': `import { withTracingConfig } from 'throughline/next';
export default withTracingConfig(${JSON.stringify(config)});
`,
  };
}

/** Takes the build away from everything that it was made of. */
function takeOut(app: StrangerApp): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'throughline-standalone-')));
  cpSync(join(app.folder, '.next/standalone'), folder, { recursive: true, verbatimSymlinks: true });
  return folder;
}

const WAYS = ['start', 'standalone', 'dev'] as const;
type Way = (typeof WAYS)[number];

function commandOf(app: StrangerApp, way: Way, standalone: string): StartCommand {
  if (way !== 'standalone') return { cwd: app.folder, args: [NEXT, way] };
  return { cwd: join(standalone, relative(ROOT, app.folder)), args: ['server.js'] };
}

let databases: Database[] = [];
let env: Record<string, string> = {};
beforeAll(async () => {
  const redis = REDIS === undefined ? undefined : await startRedis(REDIS);
  const mysql = MARIADB === undefined ? undefined : await startMariadb(MARIADB);
  databases = [redis, mysql].filter((each) => each !== undefined);
  env = { REDIS_URL: redis?.url ?? '', MYSQL_URL: mysql?.url ?? '' };
}, 60_000);
afterAll(() => Promise.all(databases.map((database) => database.stop())), 30_000);

const LEFT_OUT = [REDIS === undefined ? 'ioredis' : '', MARIADB === undefined ? 'mysql2' : ''];
const forms: readonly (readonly [form: string, driver: string])[] = ['import', 'require'].flatMap((form) =>
  Object.keys(CALLS)
    .filter((driver) => !LEFT_OUT.includes(driver) && !(form === 'require' && driver === 'pure-driver'))
    .map((driver) => [form, driver] as const),
);
const isThere = (key: string): boolean => !LEFT_OUT.some((driver) => driver !== '' && key.endsWith(driver));

/** The client spans of one request to each route, and the whole tree of the handler with three calls. */
async function spansOf(app: StrangerApp, command: StartCommand, way: Way): Promise<Record<string, string>> {
  const collector = await new Collector().start();
  const mode = way === 'dev' ? { NODE_ENV: 'development' } : {};
  const running = await app.start(
    {
      ...env,
      ...mode,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: '50',
      ORIGIN: collector.url,
    },
    command,
  );
  let count = 0;
  const ask = async (path: string): Promise<typeof collector.spans> => {
    const traceId = (++count).toString(16).padStart(32, 'a');
    const headers = { traceparent: `00-${traceId}-${'1'.repeat(16)}-01` };
    const response = await fetch(running.url + path, { headers });
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`${path}: ${response.status}\n${running.output()}`);
    const spans = () => collector.ofTrace(traceId);
    await collector.until(path, () => spans().some((span) => span.kind === SpanKind.SERVER));
    return spans();
  };
  const seen: Record<string, string> = {};
  try {
    for (const [form, driver] of forms) {
      const calls = (await ask(`/api/${form}/${driver}`)).filter((span) => span.kind === SpanKind.CLIENT);
      seen[`${form} ${driver}`] = calls.map((span) => span.name).join(', ');
    }
    seen['three calls'] = formatTree(await ask('/api/three'));
  } finally {
    await running.stop();
    await collector.close();
  }
  expect(collector.text).not.toContain('planted-value');
  return seen;
}

/** Four spans for a handler with three calls. The plain SDK gave 31 for the same calls. */
const FOUR = tree(`
  ^ GET /api/three SERVER
    GET CLIENT
    SELECT carts CLIENT
    count Cart CLIENT
`);
const FULL: Readonly<Record<string, string>> = {
  'import pg': 'SELECT, GET',
  'import ioredis': 'set, GET',
  'import mysql2': 'SELECT, GET',
  'import pure-driver': 'ask, GET',
  'require pg': 'SELECT, GET',
  'require ioredis': 'set, GET',
  'require mysql2': 'SELECT, GET',
  'three calls': FOUR,
};
/** Inside the bundle nothing can be seen but what the helpers tell. */
const BUNDLED: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.keys(FULL).map((key) => [key, 'GET'])),
  'three calls': FOUR,
};
const INSIDE = { transpilePackages: ['pg', 'ioredis', 'mysql2', 'pure-driver'] };
const OUTSIDE = { serverExternalPackages: ['pure-driver'] };

it.each([
  ['turbopack', 'outside', OUTSIDE, { start: FULL, standalone: FULL, dev: FULL }],
  ['turbopack', 'inside', INSIDE, { standalone: BUNDLED }],
  ['webpack', 'outside', OUTSIDE, { start: FULL, standalone: FULL }],
  ['webpack', 'inside', INSIDE, { standalone: BUNDLED }],
] as const)(
  'sees the calls of a %s build with drivers %s the bundle',
  async (bundler, _place, settings, expected) => {
    const app = createApp('drivers', files(settings));
    let folder = '';
    try {
      await app.build(`--${bundler}`);
      folder = takeOut(app);
      const seen: Partial<Record<Way, Record<string, string>>> = {};
      for (const way of WAYS.filter((each) => each in expected)) {
        seen[way] = await spansOf(app, commandOf(app, way, folder), way);
      }
      const known = Object.entries(expected).map(([way, spans]) => [
        way,
        Object.fromEntries(Object.entries(spans).filter(([key]) => isThere(key))),
      ]);
      expect(seen).toEqual(Object.fromEntries(known));
    } finally {
      app.remove();
      if (folder !== '') rmSync(folder, { recursive: true, force: true });
    }
  },
  240_000,
);
