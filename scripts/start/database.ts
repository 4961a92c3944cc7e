import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { Fault } from '../launch/fault.mjs';
import { run } from '../launch/run.mjs';
import { quietNode } from './kept.ts';
import { startPostgres, type Postgres } from './postgres.ts';
import type { Environment } from '../launch/environment.mjs';

/** The database of one run: ours, or the one that DATABASE_URL names. */
export interface Database {
  readonly url: string;
  /** How the screen calls it. */
  readonly name: string;
  /** Ours, when we started it. */
  readonly postgres?: Postgres;
}

function withoutPrismaParameters(url: string): string {
  const plain = new URL(url);
  for (const name of ['schema', 'connection_limit', 'pool_timeout', 'pgbouncer']) plain.searchParams.delete(name);
  return String(plain);
}

async function onDatabase<Result>(url: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ connectionString: withoutPrismaParameters(url), connectionTimeoutMillis: 5000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

/** Says where a database is, without its password. */
function placeOf(url: URL): string {
  return `${url.hostname}:${url.port || '5432'}${url.pathname}`;
}

/** @throws {Fault} in one sentence when nothing answers there */
async function verify(text: string): Promise<Database> {
  const url = URL.parse(text);
  if (!url || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw new Fault(
      'DATABASE_URL is not an address of a PostgreSQL database: write postgresql://user:password@host:5432/name, or unset it to use the one that npm start brings.',
    );
  }
  try {
    await onDatabase(text, (client) => client.query('SELECT 1'));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    // A database that does not exist yet is created by the migrations.
    if (code !== '3D000') {
      const why = error instanceof Error && error.message ? error.message : code;
      throw new Fault(
        `The database of DATABASE_URL (${placeOf(url)}) cannot be used (${why}): start it or correct the address, or unset DATABASE_URL to use the one that npm start brings.`,
      );
    }
  }
  return { url: text, name: `the database at ${placeOf(url)} (DATABASE_URL)` };
}

/**
 * DATABASE_URL if it is set, else a PostgreSQL of our own with its data in `.throughline/postgres`.
 *
 * @throws {Fault} in one sentence
 */
export async function openDatabase(root: string, env: Environment, log: (line: string) => void): Promise<Database> {
  if (env['DATABASE_URL']) return verify(env['DATABASE_URL']);
  const postgres = await startPostgres({ root, dataDir: join(root, '.throughline', 'postgres'), log });
  return { url: postgres.url, name: postgres.name, postgres };
}

interface Migration {
  readonly name: string;
  readonly checksum: string;
}

function migrationsIn(root: string): Migration[] {
  const folder = join(root, 'prisma', 'migrations');
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'migration.sql')))
    .toSorted()
    .map((name) => {
      const sql = readFileSync(join(folder, name, 'migration.sql'));
      return { name, checksum: createHash('sha256').update(sql).digest('hex') };
    });
}

async function pending(root: string, url: string): Promise<string[]> {
  const applied = await onDatabase(url, async (client) => {
    const { rows } = await client.query<{ migration_name: string; checksum: string }>(
      'SELECT migration_name, checksum FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
    );
    return new Map(rows.map((row) => [row.migration_name, row.checksum]));
  }).catch(() => new Map<string, string>()); // no such table, or no such database: nothing is applied
  return migrationsIn(root)
    .filter(({ name, checksum }) => applied.get(name) !== checksum)
    .map(({ name }) => name);
}

/**
 * Applies the migrations, and looks afterwards whether they are there: an engine that does nothing must not pass for one
 * that did.
 *
 * @returns how many were applied
 * @throws {Fault} with Prisma's words
 */
export async function migrate(root: string, url: string): Promise<number> {
  const before = await pending(root, url);
  if (before.length === 0) return 0;
  const prisma = join(root, 'node_modules', 'prisma', 'build', 'index.js');
  const env = {
    ...process.env,
    DATABASE_URL: url,
    CHECKPOINT_DISABLE: '1',
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    NO_COLOR: '1',
  };
  const { code, output } = await run(process.execPath, [prisma, 'migrate', 'deploy'], { cwd: root, env });
  if (code !== 0) {
    throw new Fault(
      'The migrations could not be applied: mend what Prisma names above, then run the same command again.',
      output,
    );
  }
  const after = await pending(root, url);
  if (after.length > 0) {
    throw new Fault(
      `Prisma reported success, but ${after.join(', ')} is not in the database: check that prisma/engine/schema-engine.mjs is executable and PRISMA_SCHEMA_ENGINE_BINARY does not point elsewhere.`,
      output,
    );
  }
  return before.length;
}

/** Puts the shop's products and the demo account in place. May run any number of times. */
export async function seed(root: string, url: string, env: Environment): Promise<string> {
  const args = [quietNode, join(root, 'prisma', 'seed.ts')];
  const { code, output } = await run(process.execPath, args, { cwd: root, env: { ...env, DATABASE_URL: url } });
  if (code !== 0)
    throw new Fault(
      'The database could not be filled: mend what is named above, then run the same command again.',
      output,
    );
  return output.trim();
}
