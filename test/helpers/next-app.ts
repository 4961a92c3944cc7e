/**
 * The small app of `test/fixtures/next-app`: built once for everything that is tested on it, started in each way that Next
 * can be run.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { generate } from 'selfsigned';
import { inTurn } from '../../scripts/launch/turn.mjs';
import { Client, type Protocol } from './client.ts';
import { Collector } from './collector.ts';
import { freePort, printed } from './platform.ts';

const ROOT = resolve(__dirname, '../..');
const FIXTURE = join(ROOT, 'test/fixtures/next-app');
const APP = join(ROOT, '.throughline', 'next-app');
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

async function build(bundler: Bundler): Promise<void> {
  const made = inputs();
  const stamps = join(APP, 'stamps');
  const stamp = (name: string): string => join(stamps, name);
  const isMade = (name: string): boolean => existsSync(stamp(name)) && readFileSync(stamp(name), 'utf8') === made;
  if (isMade(bundler)) return;
  // Copied to where it may write, below the repository so that its packages are found.
  if (!isMade('copy')) {
    rmSync(APP, { recursive: true, force: true });
    mkdirSync(stamps, { recursive: true });
    cpSync(FIXTURE, APP, { recursive: true });
    writeFileSync(stamp('copy'), made);
  }
  const next = spawn(process.execPath, [NEXT, 'build', `--${bundler}`], {
    cwd: APP,
    env: environment({ NODE_ENV: 'production', TEST_DIST_DIR: FOLDERS[bundler] }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [next.stdout, next.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(next, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the fixture app could not be built with ${bundler}:\n${output}`);
  writeFileSync(stamp(bundler), made);
}

/** Builds the app, unless just this has been built already: all test files share one build of each kind. */
export async function buildNextApp(bundler: Bundler = 'turbopack'): Promise<void> {
  await inTurn(`${APP}.lock`, () => build(bundler));
}

const COMMANDS: Readonly<Record<Mode, (port: number) => readonly string[]>> = {
  start: (port) => [NEXT, 'start', '-p', String(port)],
  webpack: (port) => [NEXT, 'start', '-p', String(port)],
  standalone: () => [join(APP, '.next/standalone/.throughline/next-app/server.js')],
  dev: (port) => [NEXT, 'dev', '-p', String(port)],
  'custom server': () => [join(APP, 'custom-server.js')],
  https: () => [join(APP, 'custom-server.js')],
  http2: () => [join(APP, 'custom-server.js')],
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
  flags: readonly string[] = [],
): Promise<NextApp> {
  const collector = await new Collector().start();
  const upstream = await startUpstream();
  const port = await freePort();
  const protocol = PROTOCOLS[mode] ?? 'http';
  const tls = protocol === 'http' ? undefined : await certificate();
  const server: ChildProcess = spawn(process.execPath, [...flags, ...COMMANDS[mode](port)], {
    cwd: APP,
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
