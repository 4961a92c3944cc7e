/**
 * The small apps of `test/fixtures`, started in each way that Next can be run. `next-app` is built once for everything that is
 * tested on it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join, resolve } from 'node:path';
import { generate } from 'selfsigned';
import { inTurn } from '../../scripts/launch/turn.mjs';
import { Client, type Protocol } from './client.ts';
import { Collector } from './collector.ts';
import { freePort, printed } from './platform.ts';

const ROOT = resolve(__dirname, '../..');
const folderOf = (fixture: string): string => join(ROOT, '.throughline', fixture);
const APP = folderOf('next-app');
const NEXT = join(ROOT, 'node_modules/next/dist/bin/next');

/** How the app is run: `https` and `http2` are custom servers too, `webpack` is `next start` on a build of webpack. */
export type Mode = 'start' | 'standalone' | 'dev' | 'custom server' | 'webpack' | 'https' | 'http2';
export const MODES: readonly Mode[] = ['start', 'standalone', 'dev', 'custom server', 'webpack', 'https', 'http2'];

export interface NextApp {
  readonly port: number;
  readonly url: string;
  readonly client: Client;
  readonly collector: Collector;
  readonly server: ChildProcess;
  /** What the server has printed so far. */
  output(): string;
  /** Stops it; what it still had is sent before. The collector goes on. */
  stop(): Promise<void>;
}

function environment(variables: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { ...process.env, NEXT_TELEMETRY_DISABLED: '1', ...variables };
}

/** Changes with whatever a build is made from, so that one that is there can be used again. */
function inputs(): string {
  const files = ['test/fixtures/next-app/**/*', 'src/lib/tracing/**/*', 'next.config.js', 'package-lock.json']
    .flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
    .sort()
    .filter((file) => statSync(join(ROOT, file)).isFile());
  const hash = createHash('sha256').update(process.version);
  for (const file of files) hash.update(file).update(readFileSync(join(ROOT, file)));
  return hash.digest('hex');
}

type Bundler = 'turbopack' | 'webpack';
const FOLDERS: Readonly<Record<Bundler, string>> = { turbopack: '.next', webpack: '.next-webpack' };

/** To where it may write, below the repository so that its packages are found. */
function copy(fixture: string): void {
  rmSync(folderOf(fixture), { recursive: true, force: true });
  cpSync(join(ROOT, 'test/fixtures', fixture), folderOf(fixture), { recursive: true });
}

/** Gives what was printed. */
async function runBuild(app: string, bundler: Bundler, variables: Readonly<Record<string, string>>): Promise<string> {
  const next = spawn(process.execPath, [NEXT, 'build', `--${bundler}`], {
    cwd: app,
    env: environment({ NODE_ENV: 'production', ...variables }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [next.stdout, next.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(next, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the fixture app could not be built with ${bundler}:\n${output}`);
  return output;
}

async function build(bundler: Bundler): Promise<void> {
  const made = inputs();
  const stamps = join(APP, 'stamps');
  const stamp = (name: string): string => join(stamps, name);
  const isMade = (name: string): boolean => existsSync(stamp(name)) && readFileSync(stamp(name), 'utf8') === made;
  if (isMade(bundler)) return;
  if (!isMade('copy')) {
    copy('next-app');
    mkdirSync(stamps);
    writeFileSync(stamp('copy'), made);
  }
  await runBuild(APP, bundler, { TEST_DIST_DIR: FOLDERS[bundler] });
  writeFileSync(stamp(bundler), made);
}

/** Builds the app, unless just this has been built already: all test files share one build of each kind. */
export async function buildNextApp(bundler: Bundler = 'turbopack'): Promise<void> {
  await inTurn(`${APP}.lock`, () => build(bundler));
}

/** Builds another app of `test/fixtures`, for the one test that looks at it. Gives what was printed. */
export async function buildFixture(fixture: string, variables: Readonly<Record<string, string>>): Promise<string> {
  copy(fixture);
  return runBuild(folderOf(fixture), 'turbopack', variables);
}

const COMMANDS: Readonly<Record<Mode, (port: number, app: string) => readonly string[]>> = {
  start: (port) => [NEXT, 'start', '-p', String(port)],
  webpack: (port) => [NEXT, 'start', '-p', String(port)],
  standalone: (_port, app) => [join(app, '.next/standalone/.throughline', basename(app), 'server.js')],
  dev: (port) => [NEXT, 'dev', '-p', String(port)],
  'custom server': (_port, app) => [join(app, 'custom-server.js')],
  https: (_port, app) => [join(app, 'custom-server.js')],
  http2: (_port, app) => [join(app, 'custom-server.js')],
};

const PROTOCOLS: Partial<Readonly<Record<Mode, Protocol>>> = { https: 'https', http2: 'http2' };

/** A key of its own for each server: none is kept anywhere. */
async function certificate(): Promise<{ key: string; cert: string }> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec' });
  return { key, cert };
}

/** What handlers of the app call: says what it was told of the trace. */
async function startUpstream(): Promise<Server> {
  const upstream = createServer(({ headers: { traceparent, tracestate, baggage } }, response) =>
    response.end(JSON.stringify({ traceparent, tracestate, baggage })),
  );
  upstream.listen(0, '127.0.0.1').unref();
  await once(upstream, 'listening');
  return upstream;
}

/** Starts the built app, sending to a collector of its own. Resolves when it has printed `until`. */
export async function startNextApp(
  mode: Mode,
  variables: Readonly<Record<string, string>> = {},
  until = 'Ready',
  { flags = [], fixture = 'next-app' }: { readonly flags?: readonly string[]; readonly fixture?: string } = {},
): Promise<NextApp> {
  const app = folderOf(fixture);
  const collector = await new Collector().start();
  const upstream = await startUpstream();
  const port = await freePort();
  const protocol = PROTOCOLS[mode] ?? 'http';
  const tls = protocol === 'http' ? undefined : await certificate();
  const server: ChildProcess = spawn(process.execPath, [...flags, ...COMMANDS[mode](port, app)], {
    cwd: app,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment({
      NODE_ENV: mode === 'dev' ? 'development' : 'production',
      PORT: String(port),
      HOSTNAME: 'localhost',
      OTEL_SERVICE_NAME: 'fixture',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: '50',
      TEST_DIST_DIR: FOLDERS[mode === 'webpack' ? 'webpack' : 'turbopack'],
      TEST_PROTOCOL: protocol,
      TEST_TLS: JSON.stringify(tls ?? {}),
      TEST_UPSTREAM: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/stock`,
      ...variables,
    }),
  });
  let output = '';
  for (const stream of [server.stdout, server.stderr]) {
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  const client = new Client(protocol, port, tls?.cert);
  await printed(server, until).catch(async (error: unknown) => {
    server.kill('SIGKILL');
    await collector.close();
    throw error;
  });
  return {
    port,
    url: `${protocol === 'http' ? 'http' : 'https'}://localhost:${port}`,
    client,
    collector,
    server,
    output: () => output,
    async stop() {
      client.close();
      upstream.close();
      if (server.exitCode !== null || server.signalCode !== null) return;
      server.kill('SIGTERM');
      await once(server, 'exit');
    },
  };
}
