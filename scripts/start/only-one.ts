import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf, Fault } from '../launch/fault.mjs';
import { isAlive } from '../launch/turn.mjs';

/** The command line of a process; empty when it cannot be read. */
export function commandOf(pid: number): string {
  const file = `/proc/${pid}/cmdline`;
  if (existsSync(file)) return readFileSync(file, 'utf8').replaceAll('\0', ' ');
  return spawnSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' }).stdout ?? '';
}

/**
 * Marks this folder as running, until the process ends. What a killed run left behind does not count.
 *
 * @param file the mark
 * @throws {Fault} when another run of this folder is alive: the two would share one database folder
 */
export function claim(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  for (;;) {
    try {
      const handle = openSync(file, 'wx');
      writeSync(handle, String(process.pid));
      closeSync(handle);
      process.once('exit', () => rmSync(file, { force: true }));
      return;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    const pid = Number(readFileSync(file, 'utf8'));
    if (pid > 0 && isAlive(pid) && commandOf(pid).includes('start.ts')) {
      throw new Fault(
        `npm start already runs in this folder (process ${pid}): use it, or stop it with Ctrl-C in its terminal first.`,
      );
    }
    rmSync(file, { force: true });
  }
}
