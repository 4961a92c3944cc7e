/**
 * Which database and HTTP calls have spans in a stranger's app, without a flag: both bundlers, `pg` outside and inside the
 * bundle, taken by `import` and by `require`, without and with Node's synchronous module hooks. Each build is `standalone`,
 * and runs where no package of this repository can be found from.
 */
import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { SpanKind } from '@opentelemetry/api';
import { Collector } from '../helpers/collector.ts';
import { type Files, type StrangerApp, createApp } from '../helpers/stranger-app.ts';

const ROOT = resolve(__dirname, '../..');
const TRACES = { imported: 'a'.repeat(32), required: 'b'.repeat(32) } as const;

const route = (name: string, statement: string): string => `${statement}
const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 1 });
export const dynamic = 'force-dynamic';
export async function GET() {
  await pool.query('SELECT 1 AS ${name}');
  const response = await fetch(process.env.ORIGIN);
  await response.arrayBuffer();
  return Response.json({});
}
`;

const INSTRUMENTATION = `export async function register() {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const { startTracing } = await import('throughline/boot');
  startTracing({ serviceName: 'stranger' });
  if (process.env.HOOKS !== 'on') return;
  const { register } = await import('import-in-the-middle/register-hooks.mjs');
  register({ include: [/node_modules\\/(?:pg|pg-pool)\\//] });
}
`;

function files(settings: object): Files {
  const config = { output: 'standalone', outputFileTracingRoot: ROOT, turbopack: { root: ROOT }, ...settings };
  return {
    'src/instrumentation.js': INSTRUMENTATION,
    'src/app/api/imported/route.js': route('imported', "import { Pool } from 'pg';"),
    'src/app/api/required/route.js': route('required', "const { Pool } = require('pg');"),
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

/** The client spans of one request to each route. */
async function spansOf(app: StrangerApp, folder: string, hooks: 'off' | 'on'): Promise<Record<string, string>> {
  const collector = await new Collector().start();
  const running = await app.start(
    { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '50', ORIGIN: collector.url, HOOKS: hooks },
    { cwd: join(folder, relative(ROOT, app.folder)), args: ['server.js'] },
  );
  const seen: Record<string, string> = {};
  try {
    for (const [form, traceId] of Object.entries(TRACES)) {
      const headers = { traceparent: `00-${traceId}-${'1'.repeat(16)}-01` };
      const response = await fetch(`${running.url}/api/${form}`, { headers });
      await response.arrayBuffer();
      if (response.status !== 200) throw new Error(running.output());
      const spans = () => collector.ofTrace(traceId);
      await collector.until(form, () => spans().some((span) => span.kind === SpanKind.SERVER));
      const calls = spans().filter((span) => span.kind === SpanKind.CLIENT);
      seen[form] = calls.map((span) => span.name).join(', ');
    }
  } finally {
    await running.stop();
    await collector.close();
  }
  return seen;
}

const FULL = { imported: 'SELECT, GET', required: 'SELECT, GET' };
const WITHOUT_PG = { imported: 'GET', required: 'GET' };

/** `pg` is hooked wherever it is outside the bundle, hooks or no hooks; inside, nothing can see it. */
it.each([
  ['turbopack', 'outside', {}, { off: FULL, on: FULL }],
  ['turbopack', 'inside', { transpilePackages: ['pg'] }, { off: WITHOUT_PG, on: WITHOUT_PG }],
  ['webpack', 'outside', {}, { off: FULL, on: FULL }],
  ['webpack', 'inside', { transpilePackages: ['pg'] }, { off: WITHOUT_PG, on: WITHOUT_PG }],
] as const)(
  'sees the calls of a %s build with pg %s the bundle',
  async (bundler, _place, settings, expected) => {
    const app = createApp('drivers', files(settings));
    let folder: string | undefined;
    try {
      await app.build(`--${bundler}`);
      folder = takeOut(app);
      expect({ off: await spansOf(app, folder, 'off'), on: await spansOf(app, folder, 'on') }).toEqual(expected);
    } finally {
      app.remove();
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    }
  },
  240_000,
);
