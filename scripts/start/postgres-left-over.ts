import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../launch/fault.mjs';
import { isAlive } from '../launch/turn.mjs';
import { commandOf } from './only-one.ts';

async function gone(pid: number, ms: number): Promise<boolean> {
  for (const until = Date.now() + ms; isAlive(pid); await new Promise((resolve) => setTimeout(resolve, 50))) {
    if (Date.now() > until) return false;
  }
  return true;
}

/**
 * Ends a PostgreSQL that an earlier run has left on this data folder (its keeper was killed too): found by the file that
 * every server writes. A file whose process is something else, after a restart of the machine, is removed.
 */
export async function stopLeftOver(dataDir: string, log: (line: string) => void = () => {}): Promise<void> {
  const file = join(dataDir, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n', 1)[0]);
  if (!(pid > 0) || !isAlive(pid) || !commandOf(pid).includes(dataDir)) {
    rmSync(file, { force: true });
    return;
  }
  log(`Stopping a PostgreSQL that an earlier run left behind (process ${pid}).`);
  process.kill(pid, 'SIGINT');
  if (await gone(pid, 10_000)) return;
  process.kill(pid, 'SIGQUIT');
  if (await gone(pid, 5000)) return;
  throw new Fault(
    `A PostgreSQL of an earlier run does not end (process ${pid}): end it and run the same command again.`,
  );
}
