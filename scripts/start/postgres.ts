import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, escapeIdentifier } from 'pg';
import { Fault, fileSentence } from '../launch/fault.mjs';
import { toProcessEnv } from '../launch/environment.mjs';
import { keep, lastLines, type Kept } from './kept.ts';
import { freePort, isFree } from './ports.ts';
import { findPostgres, type PostgresBinaries } from './postgres-binaries.ts';
import { accountFor, asAccount, placeFor, type Account } from './postgres-place.ts';
import { stopLeftOver } from './postgres-left-over.ts';

/** What `startPostgres` takes. */
export interface PostgresOptions {
  /** The checkout's folder: packages are looked for in its `node_modules`. */
  readonly root: string;
  /** Where the data lives. When PostgreSQL's user cannot enter it, a folder of the system's own is used instead. */
  readonly dataDir: string;
  /** 0: the one used last time if it is still free, else any free one. */
  readonly port?: number;
  /** The database that the URL names; created when missing. `throughline` by default. */
  readonly database?: string;
  /** False: faster, and the data does not survive a crash of the machine. For tests. True by default. */
  readonly fsync?: boolean;
  /** Gets what a person should know, a line at a time. */
  readonly log?: (line: string) => void;
}

/** A running PostgreSQL of ours. */
export interface Postgres {
  readonly url: string;
  /** `PostgreSQL 18.4 (npm)` */
  readonly name: string;
  /** Where its data is: not always where it was asked for. */
  readonly dataDir: string;
  /** Settles when the server has ended, asked for or not. */
  readonly exited: Promise<number>;
  /** Fast shutdown: open transactions are rolled back, the data is written, nothing is left running. */
  stop(): Promise<void>;
  /** Ends it at once; the next start recovers the data. */
  kill(): void;
}

interface Settings {
  readonly port: number;
  readonly password: string;
}

const readyMs = 60_000;
const settingsIn = (dataDir: string) => join(dataDir, 'throughline.json');

/** Creates the cluster beside its place and moves it there in one step: an interrupted start leaves no half of one. */
function createCluster(
  binaries: PostgresBinaries,
  dataDir: string,
  account: Account | undefined,
  fsync: boolean,
): void {
  const fresh = `${dataDir}.new`;
  const passwordFile = `${dataDir}.new-password`;
  const password = randomBytes(24).toString('base64url');
  rmSync(fresh, { recursive: true, force: true });
  rmSync(passwordFile, { force: true });
  mkdirSync(fresh, { recursive: true, mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account) for (const path of [fresh, passwordFile]) chownSync(path, account.uid, account.gid);
  const args = [
    '-D',
    fresh,
    '-U',
    'postgres',
    '-E',
    'UTF8',
    '--locale=C',
    '-A',
    'scram-sha-256',
    `--pwfile=${passwordFile}`,
  ];
  const made = spawnSync(binaries.initdb, fsync ? args : [...args, '--no-sync'], {
    ...asAccount(account),
    env: toProcessEnv({ PATH: process.env['PATH'], LC_ALL: 'C', HOME: fresh }),
    encoding: 'utf8',
  });
  rmSync(passwordFile, { force: true });
  if (made.status !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    throw databaseFault('PostgreSQL could not create its data folder', made.stderr ?? String(made.error), dataDir);
  }
  writeFileSync(settingsIn(fresh), JSON.stringify({ port: 0, password } satisfies Settings), { mode: 0o600 });
  renameSync(fresh, dataDir);
}

function databaseFault(what: string, output: string, dataDir: string): Fault {
  const codes = [
    [/No space left|disk full/i, 'ENOSPC'],
    [/Permission denied|Operation not permitted/i, 'EACCES'],
    [/Read-only file system/i, 'EROFS'],
  ] as const;
  const code = codes.find(([symptom]) => symptom.test(output))?.[1];
  const sentence = code && fileSentence({ code }, dataDir);
  return new Fault(
    sentence ?? `${what}: mend what it names above, or set DATABASE_URL to a database that you have.`,
    output,
  );
}

function readSettings(dataDir: string): Settings {
  try {
    return JSON.parse(readFileSync(settingsIn(dataDir), 'utf8')) as Settings;
  } catch {
    throw new Fault(
      `The data in ${dataDir} is not ours or is damaged: move that folder away and run the same command again.`,
    );
  }
}

async function choosePort(dataDir: string, settings: Settings, wanted: number): Promise<number> {
  if (wanted > 0) return wanted;
  const port = settings.port > 0 && (await isFree(settings.port)) ? settings.port : await freePort();
  writeFileSync(settingsIn(dataDir), JSON.stringify({ ...settings, port } satisfies Settings), { mode: 0o600 });
  return port;
}

function launch(
  options: PostgresOptions,
  binaries: PostgresBinaries,
  dataDir: string,
  account: Account | undefined,
  port: number,
): Kept {
  const careless = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'shared_buffers=64MB',
    ...(options.fsync === false ? careless : []),
  ];
  const program = {
    command: binaries.postgres,
    args: ['-D', dataDir, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    ...asAccount(account),
    stopSignal: 'SIGINT', // "fast shutdown" in PostgreSQL's manual, section 18.5
    hardSignal: 'SIGQUIT', // "immediate shutdown"
    graceMs: 10_000,
  } as const;
  const env = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
  return keep(options.root, program, env, `${dataDir}.log`);
}

/** Connects until the server takes connections, then makes sure that the database is there. */
async function prepare(server: Kept, url: URL, database: string, dataDir: string): Promise<void> {
  const admin = new URL(url);
  admin.pathname = '/postgres';
  let ended = false;
  void server.exited.then(() => (ended = true));
  for (const until = Date.now() + readyMs; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const client = new Client({ connectionString: String(admin), connectionTimeoutMillis: 5000 });
    client.on('error', () => {}); // a connection lost while waiting: the next round tells
    try {
      await client.connect();
      const known = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
      if (known.rowCount === 0) await client.query(`CREATE DATABASE ${escapeIdentifier(database)}`);
      return;
    } catch (error) {
      if (ended) throw databaseFault('PostgreSQL ended while it was starting', lastLines(`${dataDir}.log`), dataDir);
      if (Date.now() > until) {
        await server.stop();
        throw new Fault(
          'PostgreSQL did not take connections within a minute: see its last lines above.',
          `${String(error)}\n${lastLines(`${dataDir}.log`)}`,
        );
      }
    } finally {
      await client.end().catch(() => {});
    }
  }
}

/**
 * Starts a PostgreSQL of our own, from npm packages where the platform has one: no Docker, no installation, as root too
 * (then under an unprivileged user). It listens on 127.0.0.1 alone, with a password made up for this data folder.
 *
 * @example
 * const database = await startPostgres({ root, dataDir: join(root, '.throughline/postgres') });
 * const client = new Client({ connectionString: database.url });
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const account = accountFor(options.dataDir);
  const dataDir = placeFor(options.root, options.dataDir, account, options.log ?? (() => {}));
  const version = join(dataDir, 'PG_VERSION');
  const binaries = findPostgres(
    options.root,
    account,
    existsSync(version) ? readFileSync(version, 'utf8').trim() : undefined,
  );
  if (existsSync(version)) await stopLeftOver(dataDir, options.log);
  else createCluster(binaries, dataDir, account, options.fsync ?? true);
  if (process.platform !== 'win32') chmodSync(dataDir, 0o700);

  const settings = readSettings(dataDir);
  const port = await choosePort(dataDir, settings, options.port ?? 0);
  rmSync(`${dataDir}.log`, { force: true });
  const server = launch(options, binaries, dataDir, account, port);
  const database = options.database ?? 'throughline';
  const url = new URL(`postgresql://postgres:${settings.password}@127.0.0.1:${port}/${database}`);
  await prepare(server, url, database, dataDir);
  return {
    url: String(url),
    name: binaries.name,
    dataDir,
    exited: server.exited,
    stop: () => server.stop(),
    kill: () => server.kill(),
  };
}
