import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault, fileSentence } from '../launch/fault.mjs';
import { stampOf } from '../launch/packages.mjs';
import { run } from '../launch/run.mjs';
import { inTurn } from '../launch/turn.mjs';
import type { Environment } from '../launch/environment.mjs';

/** What the built app depends on; a folder stands for every file in it. */
const inputs = [
  'src',
  'public',
  'instrumentation.ts',
  'instrumentation-client.ts',
  'next.config.js',
  'next.config.ts',
  'postcss.config.mjs',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'prisma/schema.prisma',
  'prisma/password-hash.ts',
  '.env',
  '.env.local',
  '.env.production',
];

function filesIn(path: string): string[] {
  if (!existsSync(path)) return [];
  try {
    return readdirSync(path, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted();
  } catch {
    return [path]; // a file
  }
}

/** One hash over everything that the build reads: names, contents, the variables that Next writes into pages, Node. */
export function buildHash(root: string, env: Environment): string {
  const files = inputs.flatMap((input) => filesIn(join(root, input)));
  const variables = Object.entries(env).filter(([name]) => name.startsWith('NEXT_PUBLIC_'));
  return stampOf([
    process.version,
    JSON.stringify(variables.toSorted(([a], [b]) => (a < b ? -1 : 1))),
    ...files.flatMap((file) => [file.slice(root.length), readFileSync(file, 'latin1')]),
  ]);
}

function stampText(root: string, hash: string): string {
  const id = join(root, '.next', 'BUILD_ID');
  return existsSync(id) ? `${hash} ${readFileSync(id, 'utf8')}` : '';
}

/** Whether `.next` holds a finished build of exactly these sources. */
export function isBuilt(root: string, env: Environment): boolean {
  const stamp = join(root, '.next', 'throughline-build');
  if (!existsSync(stamp)) return false;
  return readFileSync(stamp, 'utf8') === stampText(root, buildHash(root, env));
}

/**
 * `next build`, unless the sources are those of the last one. An interrupted build leaves no stamp.
 *
 * @throws {Fault} with the end of Next's output
 */
export async function build(root: string, env: Environment): Promise<void> {
  await inTurn(join(root, '.throughline', 'build.lock'), async () => {
    if (isBuilt(root, env)) return;
    const stamp = join(root, '.next', 'throughline-build');
    rmSync(stamp, { force: true });
    const hash = buildHash(root, env);
    const logs = join(root, '.throughline', 'logs');
    mkdirSync(logs, { recursive: true });
    const next = join(root, 'node_modules', 'next', 'dist', 'bin', 'next');
    const buildEnv = { ...env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1' };
    const { code, output } = await run(process.execPath, [next, 'build'], {
      cwd: root,
      env: buildEnv,
      log: join(logs, 'build.log'),
    });
    if (code !== 0) {
      const known = /ENOSPC|no space left/i.test(output) ? fileSentence({ code: 'ENOSPC' }, root) : undefined;
      throw new Fault(
        known ?? 'Next could not build the app: mend what it names above, then run the same command again.',
        output,
      );
    }
    writeFileSync(stamp, stampText(root, hash));
  });
}
