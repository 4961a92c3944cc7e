/** The small apps of `test/fixtures`: built once for a test file, started in each way that Next can be run. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { Collector } from './collector.ts';
import { freePort, printed } from './platform.ts';

const ROOT = resolve(__dirname, '../..');
const folderOf = (fixture: string): string => join(ROOT, '.throughline', fixture);
const NEXT = join(ROOT, 'node_modules/next/dist/bin/next');

/** How the app is run. */
export type Mode = 'start' | 'standalone' | 'dev' | 'custom server';

export interface NextApp {
  readonly port: number;
  readonly url: string;
  readonly collector: Collector;
  /** What the server has printed so far. */
  output(): string;
  /** Stops it; what it still had is sent before. The collector goes on. */
  stop(): Promise<void>;
}

function environment(variables: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { ...process.env, NEXT_TELEMETRY_DISABLED: '1', ...variables };
}

/** Copies the app to where it may write, below the repository so that its packages are found, and builds it. Gives what was printed. */
export async function buildNextApp(
  fixture = 'next-app',
  variables: Readonly<Record<string, string>> = {},
): Promise<string> {
  const app = folderOf(fixture);
  rmSync(app, { recursive: true, force: true });
  mkdirSync(app, { recursive: true });
  cpSync(join(ROOT, 'test/fixtures', fixture), app, { recursive: true });
  const build = spawn(process.execPath, [NEXT, 'build'], {
    cwd: app,
    env: environment({ NODE_ENV: 'production', ...variables }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [build.stdout, build.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(build, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the fixture app could not be built:\n${output}`);
  return output;
}

const COMMANDS: Readonly<Record<Mode, (port: number, app: string) => readonly string[]>> = {
  start: (port) => [NEXT, 'start', '-p', String(port)],
  standalone: (_port, app) => [join(app, '.next/standalone/.throughline', basename(app), 'server.js')],
  dev: (port) => [NEXT, 'dev', '-p', String(port)],
  'custom server': (_port, app) => [join(app, 'custom-server.js')],
};

/** Starts the built app, sending to a collector of its own. Resolves when it has printed `until`. */
export async function startNextApp(
  mode: Mode,
  variables: Readonly<Record<string, string>> = {},
  until = 'Ready',
  fixture = 'next-app',
): Promise<NextApp> {
  const app = folderOf(fixture);
  const collector = await new Collector().start();
  const port = await freePort();
  const server: ChildProcess = spawn(process.execPath, COMMANDS[mode](port, app), {
    cwd: app,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment({
      NODE_ENV: mode === 'dev' ? 'development' : 'production',
      PORT: String(port),
      HOSTNAME: 'localhost',
      OTEL_SERVICE_NAME: 'fixture',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: '50',
      ...variables,
    }),
  });
  let output = '';
  for (const stream of [server.stdout, server.stderr]) {
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  await printed(server, until).catch(async (error: unknown) => {
    server.kill('SIGKILL');
    await collector.close();
    throw error;
  });
  return {
    port,
    url: `http://localhost:${port}`,
    collector,
    output: () => output,
    async stop() {
      if (server.exitCode !== null || server.signalCode !== null) return;
      server.kill('SIGTERM');
      await once(server, 'exit');
    },
  };
}
