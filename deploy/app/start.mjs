/**
 * What the platform's container runs: brings the database up to date (both steps may run any number of times), starts the
 * local stand-in for what the environment does not name, then Next and the pipeline's workers, and hands every signal on to it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { demoEmail } from '../../prisma/demo-user.ts';
import { pipelineWorkers } from '../../scripts/start/pipeline.ts';
import { startStandIn } from '../../scripts/model-stand-in.ts';

const root = join(import.meta.dirname, '../..');
const env = { OTEL_SERVICE_NAME: 'storefront', ...process.env };

/** The arguments that run the command of a package with this Node. */
const command = (path, ...args) => [join(root, 'node_modules', path), ...args];

for (const step of [
  ['migrate', 'deploy'],
  ['db', 'seed'],
]) {
  const { status } = spawnSync(process.execPath, command('prisma/build/index.js', ...step), {
    cwd: root,
    env,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}
if (!env.DEMO_PASSWORD) {
  console.log(`The account is ${demoEmail}; its password: docker compose exec app cat .throughline/demo-password`);
}

const needsModel = !env.OPENAI_API_KEY && !env.OPENAI_BASE_URL;
if (needsModel || !env.SHIPPING_API_URL) {
  const { url } = await startStandIn({ paceMs: 12 });
  if (needsModel) {
    console.log('No OPENAI_API_KEY or OPENAI_BASE_URL: a local stand-in answers for the model.');
    Object.assign(env, {
      OPENAI_BASE_URL: `${url}/v1`,
      OPENAI_API_KEY: 'stand-in',
      OPENAI_MODEL: env.OPENAI_MODEL || 'stand-in-1',
    });
  }
  env.SHIPPING_API_URL ||= `${url}/shipping`;
}

const next = spawn(
  process.execPath,
  command('next/dist/bin/next', 'start', '--hostname', '0.0.0.0', '--port', env.PORT || '3000'),
  { cwd: root, env, stdio: 'inherit' },
);
const workers = pipelineWorkers.map((name) =>
  spawn(process.execPath, [join(root, 'src/pipeline/main.ts'), name], {
    cwd: root,
    env: { ...env, OTEL_SERVICE_NAME: name },
    stdio: 'inherit',
  }),
);
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    for (const child of [next, ...workers]) child.kill(signal);
  });
}
next.on('exit', (code) => process.exit(code ?? 1));
