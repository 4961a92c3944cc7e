/**
 * `npm start`, once Node and the packages are there: database, model, viewer, build, Next, a first round of traffic and
 * its trace on the screen. Everything it starts ends with it.
 */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { demoPassword } from '../prisma/demo-user.ts';
import { Fault } from './launch/fault.mjs';
import { step } from './launch/progress.mjs';
import { startStandIn } from './model-stand-in.ts';
import { build, isBuilt } from './start/build.ts';
import { migrate, openDatabase, seed } from './start/database.ts';
import { firstTrace } from './start/first-trace.ts';
import { startNext } from './start/next-server.ts';
import { startPipeline } from './start/pipeline.ts';
import { claim } from './start/only-one.ts';
import { portFrom, requireFree } from './start/ports.ts';
import { Running } from './start/running.ts';
import { planTraces, type TracePlan } from './start/traces.ts';
import { firstRound, type Visit } from './start/traffic.ts';
import { startViewerProcess } from './start/viewer-process.ts';
import type { Environment } from './launch/environment.mjs';

const root = join(import.meta.dirname, '..');
const standInPaceMs = 12;

function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}

function readOptions(args: readonly string[]): { dev: boolean; traffic: boolean } {
  const unknown = args.find((arg) => arg !== '--dev' && arg !== '--no-traffic');
  if (unknown)
    throw new Fault(
      `npm start does not know "${unknown}": it takes --dev and --no-traffic (npm start -- --dev).`,
      '',
      2,
    );
  return { dev: args.includes('--dev'), traffic: !args.includes('--no-traffic') };
}

/** The stand-in takes the place of what the environment does not name. */
async function standIn(running: Running, env: Environment): Promise<Environment> {
  const model = !env['OPENAI_API_KEY'] && !env['OPENAI_BASE_URL'];
  const carrier = !env['SHIPPING_API_URL'];
  if (!model && !carrier) return {};
  const server = await startStandIn({ paceMs: standInPaceMs });
  running.add('The stand-in', () => server.close());
  if (model) say(`✓ No OPENAI_API_KEY or OPENAI_BASE_URL: a local stand-in answers for the model, at ${server.url}/v1`);
  return {
    ...(model
      ? {
          OPENAI_BASE_URL: `${server.url}/v1`,
          OPENAI_API_KEY: 'stand-in',
          OPENAI_MODEL: env['OPENAI_MODEL'] ?? 'stand-in-1',
        }
      : {}),
    ...(carrier ? { SHIPPING_API_URL: `${server.url}/shipping` } : {}),
  };
}

async function traces(running: Running, plan: TracePlan): Promise<Environment> {
  if (plan.kind === 'elsewhere') {
    say(`✓ Traces go to ${plan.endpoint} (OTEL_EXPORTER_OTLP_ENDPOINT), so the local viewer is not started`);
    return {};
  }
  if (plan.kind === 'running') {
    say(
      `✓ Something already takes OTLP on port ${plan.otlpPort} (a running Jaeger?): traces go there, and the local viewer is not started`,
    );
  } else {
    const viewer = await step('Starting the trace viewer', () =>
      startViewerProcess(root, { otlp: plan.otlpPort, query: plan.queryPort }),
    );
    running.watch('The trace viewer', viewer, viewer.log);
  }
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] || `http://127.0.0.1:${plan.otlpPort}`,
    TRACE_VIEWER_URL: process.env['TRACE_VIEWER_URL'] || `http://localhost:${plan.queryPort}`,
  };
}

async function database(running: Running, env: Environment): Promise<Environment> {
  const lines: string[] = [];
  const opened = await step('Starting the database', async (note) => {
    const found = await openDatabase(root, env, (line) => lines.push(line));
    note(found.name);
    return found;
  });
  for (const line of lines) say(`  ${line}`);
  if (opened.postgres) running.watch('PostgreSQL', opened.postgres, `${opened.postgres.dataDir}.log`);
  await step('Bringing the database up to date', async (note) => {
    const applied = await migrate(root, opened.url);
    note(applied === 0 ? 'nothing to migrate' : `${applied} migration${applied === 1 ? '' : 's'} applied`);
    await seed(root, opened.url, { ...env, DEMO_PASSWORD: demoPassword(root, env) });
  });
  return { DATABASE_URL: opened.url };
}

async function traffic(url: string, password: string): Promise<readonly Visit[]> {
  return step('A first round of traffic', async (note) => {
    const visits = await firstRound(url, password, note);
    const good = visits.filter(({ expected }) => expected).length;
    note(`${good} of ${visits.length} requests answered as expected`);
    return visits;
  });
}

async function showTrace(plan: TracePlan, visits: readonly Visit[]): Promise<void> {
  for (const { name, status } of visits.filter(({ expected }) => !expected)) {
    say(`  ${name} ${status === 0 ? 'was not answered' : `answered ${status}`}: see .throughline/logs/next.log`);
  }
  if (plan.kind === 'elsewhere') return;
  const chat = visits.find(({ name }) => name === 'POST /api/chat') ?? visits.find(({ traceId }) => traceId);
  if (!chat?.traceId)
    return say('  No answer carried a trace id (x-trace-id): is tracing switched off (OTEL_ENABLED)?');
  const viewer = `http://127.0.0.1:${plan.queryPort}`;
  const id = chat.traceId;
  const tree = await step(`Waiting for the trace of ${chat.name}`, () =>
    firstTrace(viewer, id, plan.kind === 'running' ? 4000 : undefined),
  );
  say(tree ? `\n${tree}\n` : `  It is at http://localhost:${plan.queryPort}/trace/${id}`);
}

async function main(running: Running): Promise<void> {
  const envFile = join(root, '.env');
  if (existsSync(envFile)) process.loadEnvFile(envFile); // what is set already wins
  const { dev, traffic: withTraffic } = readOptions(process.argv.slice(2));
  claim(join(root, '.throughline', 'run.lock'));
  const port = portFrom(process.env, 'PORT', 3000);
  await requireFree(port, 'the storefront', 'PORT');
  const plan = await planTraces(process.env);

  const env: Environment = { OTEL_SERVICE_NAME: 'storefront', ...process.env };
  Object.assign(env, await database(running, env));
  Object.assign(env, await standIn(running, env));
  Object.assign(env, await traces(running, plan));
  if (!dev) {
    if (isBuilt(root, env)) say('✓ The app is built already: its sources have not changed');
    else await step('Building the app', () => build(root, env));
  }
  const next = await step(`Starting Next${dev ? ' (next dev)' : ''}`, () => startNext(root, port, env, dev));
  running.watch('Next', next, next.log);
  for (const worker of startPipeline(root, env)) running.watch(worker.name, worker, worker.log);
  if (withTraffic) await showTrace(plan, await traffic(next.url, demoPassword(root, env)));
  if (running.isEnding) return;
  running.ready();

  say(`\n  ${next.url}   the storefront`);
  if (plan.kind !== 'elsewhere') say(`  http://localhost:${plan.queryPort}  its traces`);
  say(`  ${next.url}/admin   a pipeline of three workers; their logs are beside Next's`);
  say(`\nCtrl-C stops everything. Next writes to ${relative(process.cwd(), next.log)}.`);
}

const running = new Running(root);
try {
  await main(running);
} catch (error) {
  await running.fail(error);
}
