import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../launch/turn.mjs';
import { startStandIn } from '../model-stand-in.ts';
import { migrate, seed } from '../start/database.ts';
import { startPostgres } from '../start/postgres.ts';
import { stopLeftOver } from '../start/postgres-left-over.ts';
import type { Environment } from '../launch/environment.mjs';

/** What earlier runs could not remove because they were killed. */
async function removeLeftOvers(parent: string): Promise<void> {
  for (const name of existsSync(parent) ? readdirSync(parent) : []) {
    const pid = Number(/^run-(\d+)/.exec(name)?.[1]);
    if (pid > 0 && isAlive(pid)) continue;
    await stopLeftOver(join(parent, name)).catch(() => {});
    rmSync(join(parent, name), { recursive: true, force: true });
  }
}

/**
 * What the end-to-end tests stand on: a fresh PostgreSQL with the migrations and the seed, and the stand-in, named in the
 * environment that the work gets. All of it is gone afterwards.
 */
export async function withPlatform<Result>(
  root: string,
  env: Environment,
  work: (env: Environment) => Promise<Result>,
): Promise<Result> {
  const parent = join(root, '.throughline', 'test-postgres');
  mkdirSync(parent, { recursive: true });
  await removeLeftOvers(parent);
  const postgres = await startPostgres({ root, dataDir: join(parent, `run-${process.pid}`), fsync: false });
  const standIn = await startStandIn();
  try {
    const demo = env['DEMO_PASSWORD'] || 'only-for-this-run';
    await migrate(root, postgres.url);
    await seed(root, postgres.url, { ...env, DEMO_PASSWORD: demo });
    return await work({
      ...env,
      DATABASE_URL: postgres.url,
      DEMO_PASSWORD: demo,
      OPENAI_BASE_URL: `${standIn.url}/v1`,
      OPENAI_API_KEY: 'stand-in',
      OPENAI_MODEL: 'stand-in-1',
      SHIPPING_API_URL: `${standIn.url}/shipping`,
    });
  } finally {
    await standIn.close();
    await postgres.stop();
    for (const path of [postgres.dataDir, `${postgres.dataDir}.log`]) rmSync(path, { recursive: true, force: true });
  }
}
