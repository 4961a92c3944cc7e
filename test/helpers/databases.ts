/** A real Redis and a real MariaDB for tests, on free loopback ports, without rights; all of it is gone afterwards. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, printed } from './platform.ts';

/** The programs' files, where the machine has them (`scripts/test/tools.ts`). */
export const REDIS = process.env['REDIS_SERVER_PATH'];
export const MARIADB = process.env['MARIADBD_PATH'];

export interface Database {
  readonly url: string;
  stop(): Promise<void>;
}

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
/** MariaDB refuses to run as root, and nothing here needs its rights. */
const asNobody: SpawnOptions = isRoot ? { uid: NOBODY, gid: NOBODY } : {};

function dataFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `throughline-${name}-`));
  if (isRoot) chownSync(folder, NOBODY, NOBODY);
  return folder;
}

async function running(child: ChildProcess, ready: string, url: string, folder: string): Promise<Database> {
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  };
  await printed(child, ready).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { url, stop };
}

export async function startRedis(program: string): Promise<Database> {
  const folder = dataFolder('redis');
  const port = await freePort();
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const child = spawn(program, options, { ...asNobody, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  return running(child, 'Ready to accept connections', `redis://127.0.0.1:${port}`, folder);
}

export async function startMariadb(program: string): Promise<Database> {
  const folder = dataFolder('mariadb');
  const port = await freePort();
  const child = spawn(
    program,
    [
      '--no-defaults',
      `--datadir=${folder}`,
      // No tables of rights: nobody has to make them, and whoever reaches this port may do everything.
      '--skip-grant-tables',
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${join(folder, 'socket')}`,
      `--pid-file=${join(folder, 'pid')}`,
    ],
    { ...asNobody, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  return running(child, 'ready for connections', `mysql://root@127.0.0.1:${port}`, folder);
}
