/**
 * Which database and HTTP calls have spans in a stranger's app, without a flag: both bundlers, drivers inside and outside
 * the bundle, taken by `import` and by `require`, from a standalone build that stands alone.
 */
import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { Collector } from '../helpers/collector.ts';
import { type Files, type StrangerApp, createApp } from '../helpers/stranger-app.ts';

const ROOT = resolve(__dirname, '../..');

const route = (name: string, statement: string, ask = ''): string => `${statement}
const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 1 });
export const dynamic = 'force-dynamic';
export async function GET() {
  await pool.query('SELECT 1 AS ${name}');
  ${ask}
  await fetch(process.env.ORIGIN).then((response) => response.arrayBuffer());
  return Response.json({});
}
`;

/** A driver that is an ES module and nothing else, and the instrumentation that its author would write. */
const MODULE_DRIVER: Files = {
  'node_modules/module-driver/package.json':
    '{ "name": "module-driver", "version": "1.0.0", "type": "module", "exports": "./index.js" }',
  'node_modules/module-driver/index.js': 'export async function ask() {}\n',
};
const instrumentation = `export async function register() {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const { startTracing } = await import('throughline/boot');
  const { trace } = await import('@opentelemetry/api');
  const { InstrumentationBase, InstrumentationNodeModuleDefinition } = await import('@opentelemetry/instrumentation');
  class ModuleDriverInstrumentation extends InstrumentationBase {
    constructor() { super('module-driver', '1.0.0', {}); }
    init() {
      return [new InstrumentationNodeModuleDefinition('module-driver', ['*'], (exports) => {
        this._wrap(exports, 'ask', (ask) => () => trace.getTracer('module-driver').startActiveSpan('ask', async (span) => {
          await ask();
          span.end();
        }));
        return exports;
      })];
    }
  }
  if (process.env.HOOKS === 'on') {
    const { register } = await import('import-in-the-middle/register-hooks.mjs');
    register({ include: [/node_modules\\/(?:pg|pg-pool|module-driver)\\//] });
  }
  startTracing({ serviceName: 'stranger', instrumentations: [new ModuleDriverInstrumentation()] });
}
`;

const files = (compiled: readonly string[]): Files => ({
  ...MODULE_DRIVER,
  'src/instrumentation.js': instrumentation,
  'src/app/api/imported/route.js': route(
    'imported',
    "import { Pool } from 'pg';\nimport { ask } from 'module-driver';",
  ),
  'src/app/api/required/route.js': route('required', "const { Pool } = require('pg');"),
  'next.config.mjs': `import { withTracingConfig } from 'throughline/next';
export default withTracingConfig({
  output: 'standalone',
  outputFileTracingRoot: ${JSON.stringify(ROOT)},
  turbopack: { root: ${JSON.stringify(ROOT)} },
  ${compiled.length > 0 ? `transpilePackages: ${JSON.stringify(compiled)},` : `serverExternalPackages: ['module-driver'],`}
});
`,
});

/** The build alone, where no package of the repository can be found from. */
function takeOut(app: StrangerApp): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'throughline-standalone-')));
  cpSync(join(app.folder, '.next/standalone'), folder, { recursive: true, verbatimSymlinks: true });
  return folder;
}

async function spansOf(app: StrangerApp, folder: string, hooks: string): Promise<Record<string, string>> {
  const collector = await new Collector().start();
  const cwd = join(folder, relative(ROOT, app.folder));
  const running = await app.start(
    { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '50', ORIGIN: collector.url, HOOKS: hooks },
    { cwd, args: ['server.js'] },
  );
  const seen: Record<string, string> = {};
  try {
    for (const form of ['imported', 'required']) {
      const traceId = form === 'imported' ? 'a'.repeat(32) : 'b'.repeat(32);
      const headers = { traceparent: `00-${traceId}-${'1'.repeat(16)}-01` };
      const response = await fetch(`${running.url}/api/${form}`, { headers });
      await response.arrayBuffer();
      if (response.status !== 200) throw new Error(running.output());
      await collector.until(form, () => collector.ofTrace(traceId).some((span) => span.name.includes(`/api/${form}`)));
      const names = collector
        .ofTrace(traceId)
        .filter((span) => !span.scope.startsWith('next'))
        .map((span) => span.name);
      seen[form] = names.join(', ');
    }
  } finally {
    await running.stop();
    await collector.close();
  }
  return seen;
}

it('has a span for each call', async () => {
  const table: Record<string, unknown> = {};
  for (const bundler of ['turbopack', 'webpack']) {
    for (const [packaging, compiled] of [
      ['external', []],
      ['bundled', ['pg', 'module-driver']],
    ] as const) {
      const app = createApp('drivers', files(compiled));
      try {
        await app.build(`--${bundler}`);
        const folder = takeOut(app);
        for (const hooks of ['off', 'on']) {
          table[`${bundler}, ${packaging}, hooks ${hooks}`] = await spansOf(app, folder, hooks).catch((e) =>
            String(e).slice(0, 1500),
          );
        }
        rmSync(folder, { recursive: true });
      } catch (e) {
        table[`${bundler}, ${packaging}`] = String(e).slice(0, 3000);
      } finally {
        if (!process.env.KEEP) app.remove();
      }
      console.log(JSON.stringify(table, null, 1));
    }
  }
  expect(table).toEqual({});
}, 600_000);
