import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Fault } from '../launch/fault.mjs';

/** A user and group that PostgreSQL runs as; undefined: as whoever we are. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** How PostgreSQL's programs are started: never as root, and in a folder that any user may enter. */
export function asAccount(account: Account | undefined): { cwd: string; uid?: number; gid?: number } {
  return account ? { cwd: '/', uid: account.uid, gid: account.gid } : { cwd: '/' };
}

function isOurs(folder: string): boolean {
  const { uid, mode } = lstatSync(folder);
  return lstatSync(folder).isDirectory() && uid === process.getuid?.() && (mode & 0o022) === 0;
}

/**
 * A folder of the system's own for this checkout, the same on every run: used when the checkout cannot be entered by the
 * user that PostgreSQL runs as (root's home is closed), or cannot hold its files' rights.
 */
export function systemFolder(root: string): string {
  const base = existsSync('/var/tmp') ? '/var/tmp' : tmpdir(); // unlike /tmp it survives a restart
  const folder = join(base, `throughline-${createHash('sha256').update(root).digest('hex').slice(0, 12)}`);
  if (!existsSync(folder)) {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o755);
  }
  // Everybody may create files in /var/tmp: never use a folder that somebody else has prepared.
  if (!isOurs(folder)) throw new Fault(`${folder} belongs to another user: remove it and run the same command again.`);
  return folder;
}

const nobody = 65_534;

/** PostgreSQL refuses to run as root. Root lends it the user that owns the data, else the one without any rights. */
export function accountFor(dataDir: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = existsSync(dataDir) ? statSync(dataDir) : undefined;
  return owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : { uid: nobody, gid: nobody };
}

function canEnter(folder: string, account: Account | undefined): boolean {
  if (!account) return true;
  return spawnSync('/bin/sh', ['-c', 'cd "$0"', folder], { ...asAccount(account), stdio: 'ignore' }).status === 0;
}

/** Whether the folder's disk can hold a folder that is closed to others: shared and Windows disks often cannot. */
function holdsRights(parent: string): boolean {
  if (process.platform === 'win32') return true;
  const probe = join(parent, `rights-${process.pid}`);
  try {
    mkdirSync(probe, { mode: 0o700 });
    return (statSync(probe).mode & 0o077) === 0;
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
}

/**
 * Where the data goes: where it was asked for, if PostgreSQL can use that, else a folder of the system's own.
 *
 * @param log gets the sentence that names the other folder
 */
export function placeFor(
  root: string,
  dataDir: string,
  account: Account | undefined,
  log: (line: string) => void,
): string {
  const parent = dirname(dataDir);
  mkdirSync(parent, { recursive: true });
  if (canEnter(parent, account) && holdsRights(parent)) return dataDir;
  const elsewhere = join(systemFolder(root), basename(dataDir));
  log(`The database's files are in ${elsewhere}: the user that PostgreSQL runs as cannot use ${parent}.`);
  return elsewhere;
}
