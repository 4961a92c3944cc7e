/** A bare Next application outside the repository's sources, with the packed library in it: as a stranger would have it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { freePort, printed } from './platform.ts';

const ROOT = resolve(__dirname, '../..');
const NEXT = join(ROOT, 'node_modules/next/dist/bin/next');

/** What every application has. */
export const LAYOUT = `export default function Layout({ children }: { children: React.ReactNode }) {
  return <html lang="en"><body>{children}</body></html>;
}
`;

/** Files by their paths from the application's folder. */
export type Files = Readonly<Record<string, string>>;

export interface StrangerApp {
  readonly folder: string;
  /** Runs `next build`; rejects with what it printed when it fails. */
  build(...args: string[]): Promise<void>;
  /** Runs `next start`, or another program with its arguments; resolves when it is ready. */
  start(env?: Readonly<Record<string, string>>, command?: StartCommand): Promise<RunningApp>;
  /** Removes the application's folder. */
  remove(): void;
}

export interface StartCommand {
  readonly cwd: string;
  readonly args: readonly string[];
}

export interface RunningApp {
  readonly url: string;
  readonly child: ChildProcess;
  /** What it has printed so far. */
  output(): string;
  stop(): Promise<void>;
}

/**
 * Packs the library.
 *
 * @param folder where the tarball goes
 * @returns the tarball's path
 */
export function packLibrary(folder: string): string {
  const packages = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).replace(/^[^[]*(?=\[)/, ''),
  ) as { filename: string }[];
  return join(folder, packages[0]?.filename ?? '');
}

/** A folder of its own for one test, in the repository's place for what is not kept. */
export function temporaryFolder(prefix: string): string {
  mkdirSync(join(ROOT, '.throughline'), { recursive: true });
  return mkdtempSync(join(ROOT, '.throughline', `${prefix}-`));
}

/** The packed library; packed once for each file of tests. */
let packed: Buffer | undefined;

/** What `npm install` would do, without a registry: the packed files, beside the packages that are here already. */
export function installLibrary(folder: string): void {
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  packed ??= readFileSync(packLibrary(folder));
  execFileSync('tar', ['-xz'], { cwd: folder, input: packed });
  cpSync(join(folder, 'package'), join(modules, 'throughline'), { recursive: true });
  rmSync(join(folder, 'package'), { recursive: true });
}

async function run(args: readonly string[], cwd: string): Promise<void> {
  const child = spawn(process.execPath, [NEXT, ...args], {
    cwd,
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`next ${args.join(' ')} ended with ${code}:\n${output}`);
}

/**
 * Makes the application. A `package.json`, a layout and a `tsconfig.json` come by themselves.
 *
 * @param prefix of the folder's name
 * @param files the application's own
 */
export function createApp(prefix: string, files: Files): StrangerApp {
  const folder = temporaryFolder(prefix);
  installLibrary(folder);
  const all = {
    'package.json': '{ "name": "stranger", "private": true }',
    'src/app/layout.tsx': LAYOUT,
    'tsconfig.json': '{ "compilerOptions": { "experimentalDecorators": true } }',
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return {
    folder,
    build: (...args) => run(['build', ...args], folder),
    async start(env = {}, command) {
      const port = await freePort();
      const { cwd, args } = command ?? { cwd: folder, args: [NEXT, 'start', '-p', String(port)] };
      const child = spawn(process.execPath, args, {
        cwd,
        env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', PORT: String(port), ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
      await printed(child, 'Ready');
      return {
        url: `http://localhost:${port}`,
        child,
        output: () => output,
        async stop() {
          if (child.exitCode !== null || child.signalCode !== null) return;
          child.kill('SIGTERM');
          await once(child, 'exit');
        },
      };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
