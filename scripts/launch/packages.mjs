// @ts-check
/** What must be in place before TypeScript can run: the packages of the lock file, and the generated Prisma client. */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Fault } from './fault.mjs';
import { npm, registryAnswers } from './npm.mjs';
import { step } from './progress.mjs';
import { run } from './run.mjs';
import { inTurn } from './turn.mjs';

/** @typedef {{ version?: string, integrity?: string, optional?: boolean, devOptional?: boolean, peer?: boolean, link?: boolean }} LockEntry */

/** @param {string} file @returns {string} the file's text, empty when there is none */
function textOf(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** @param {readonly string[]} parts @returns {string} one hash over texts, whose borders count */
export function stampOf(parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest('hex');
}

/**
 * Whether the list that npm leaves in `node_modules` at the end of an installation is the lock file's: the case of
 * packages that somebody installed with npm itself. Optional packages (other platforms' binaries) may be missing.
 *
 * @param {Record<string, LockEntry>} wanted `packages` of package-lock.json
 * @param {Record<string, LockEntry>} found `packages` of node_modules/.package-lock.json
 */
export function sameTree(wanted, found) {
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    const there = found[path];
    if (!there) {
      if (entry.optional || entry.devOptional || entry.peer) continue;
      return false;
    }
    if (there.version !== entry.version || (there.integrity && entry.integrity && there.integrity !== entry.integrity))
      return false;
  }
  return Object.keys(found).every((path) => path in wanted);
}

/** @param {string} root @returns {string} the file whose presence and content say that the packages are complete */
function packageStamp(root) {
  return join(root, 'node_modules', '.throughline-packages');
}

/** @param {string} root @returns {string} changes with the lock file and with the platform that binaries were chosen for */
function packageHash(root) {
  return stampOf([readFileSync(join(root, 'package-lock.json'), 'utf8'), process.platform, process.arch]);
}

/**
 * @param {string} root the project's folder
 * @returns {boolean} whether `node_modules` holds what package-lock.json lists
 */
export function packagesMatch(root) {
  const stamp = packageStamp(root);
  if (textOf(stamp) === packageHash(root)) return true;
  const list = textOf(join(root, 'node_modules', '.package-lock.json'));
  if (!list) return false;
  try {
    const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
    if (!sameTree(wanted.packages, JSON.parse(list).packages)) return false;
  } catch {
    return false;
  }
  writeFileSync(stamp, packageHash(root));
  return true;
}

/**
 * Installs the packages when they are missing or others than the lock file's. An interrupted installation leaves no
 * stamp, so the next command begins it again.
 *
 * @param {string} root
 * @param {Record<string, string | undefined>} env
 */
export async function ensurePackages(root, env) {
  if (packagesMatch(root)) return;
  await inTurn(
    join(root, '.throughline', 'install.lock'),
    async () => {
      if (packagesMatch(root)) return;
      const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
      rmSync(packageStamp(root), { force: true });
      rmSync(join(root, 'node_modules', '.package-lock.json'), { force: true });
      // Prisma's installation script would look for a native engine on a download host; naming ours keeps it from that.
      const installEnv = { ...env, PRISMA_SCHEMA_ENGINE_BINARY: engineOf(root) };
      await step(`Installing ${Object.keys(packages).length - 1} packages (once; about a minute)`, async () => {
        const args = (await registryAnswers(root, installEnv)) ? ['ci'] : ['ci', '--offline'];
        await npm(args, { cwd: root, env: installEnv, what: 'The packages could not be installed' });
      });
      writeFileSync(packageStamp(root), packageHash(root));
    },
    sayWaiting,
  );
}

function sayWaiting() {
  process.stdout.write('Another command is installing in this folder: waiting for it.\n');
}

/** @param {string} root @returns {string} the program that stands in for Prisma's native engine, made executable */
function engineOf(root) {
  const engine = join(root, 'prisma', 'engine', 'schema-engine.mjs');
  try {
    chmodSync(engine, 0o755); // an archive or a shared disk may have lost the bit
  } catch {
    // somebody else's file: it is executable or Prisma will say so
  }
  return engine;
}

/**
 * Generates the Prisma client when it is missing or older than the schema.
 *
 * @param {string} root
 * @param {Record<string, string | undefined>} env
 */
export async function ensureClient(root, env) {
  const schema = join(root, 'prisma', 'schema.prisma');
  if (!existsSync(schema)) return;
  const prisma = join(root, 'node_modules', 'prisma');
  const stamp = join(root, 'node_modules', '.prisma', 'client', '.throughline-schema');
  const hash = stampOf([readFileSync(schema, 'utf8'), textOf(join(prisma, 'package.json'))]);
  if (textOf(stamp) === hash) return;
  engineOf(root);
  await inTurn(join(root, '.throughline', 'install.lock'), () =>
    step('Generating the database client', async () => {
      rmSync(stamp, { force: true });
      const clientEnv = { ...env, CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1', NO_COLOR: '1' };
      const { code, output } = await run(process.execPath, [join(prisma, 'build', 'index.js'), 'generate'], {
        cwd: root,
        env: clientEnv,
      });
      if (code !== 0) {
        throw new Fault(
          'Prisma could not generate its client from prisma/schema.prisma: mend what it names above, then run the same command again.',
          output,
        );
      }
      mkdirSync(dirname(stamp), { recursive: true });
      writeFileSync(stamp, hash);
    }),
  );
}
