/** The built platform as a process of its own, with everything it talks to, for end-to-end tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { resolve } from 'node:path';
import { type StandIn, startStandIn } from '../../scripts/model-stand-in.ts';
import { Collector } from './collector.ts';

const ROOT = resolve(__dirname, '../..');

/** A port that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Resolves when the process has printed the text, rejects when it ends before. */
export function printed(child: ChildProcess, text: string): Promise<void> {
  return new Promise((done, failed) => {
    let output = '';
    const look = (chunk: Buffer): void => {
      output += chunk.toString();
      if (output.includes(text)) done();
    };
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    child.once('exit', (code) => failed(new Error(`ended with ${code} before it printed "${text}":\n${output}`)));
  });
}

export interface Platform {
  readonly url: string;
  readonly collector: Collector;
  readonly standIn: StandIn;
  readonly server: ChildProcess;
  /** What the server has printed so far. */
  output(): string;
  stop(): Promise<void>;
}

/** Environment variables on top of the usual ones, and how slowly the model writes. */
export type PlatformOptions = { readonly paceMillis?: string } & { readonly [variable: string]: string };

/** Starts `next start` on the build that is there, sending to a collector of its own. */
export async function startPlatform({ paceMillis = '0', ...env }: PlatformOptions = {}): Promise<Platform> {
  const collector = await new Collector().start();
  const standIn = await startStandIn({ paceMs: Number(paceMillis) });
  const port = await freePort();
  const server = spawn(
    process.execPath,
    [resolve(ROOT, 'node_modules/next/dist/bin/next'), 'start', '-p', String(port)],
    {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        NODE_ENV: 'production',
        NEXT_TELEMETRY_DISABLED: '1',
        OTEL_SERVICE_NAME: 'storefront',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_BSP_SCHEDULE_DELAY: '50',
        OPENAI_API_KEY: 'stand-in',
        OPENAI_BASE_URL: `${standIn.url}/v1`,
        OPENAI_MODEL: 'stand-in-1',
        SHIPPING_API_URL: `${standIn.url}/shipping`,
        SESSION_SECRET: 'end-to-end-session-secret-0123456789',
        ...env,
      },
    },
  );
  let output = '';
  server.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  server.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await printed(server, 'Ready').catch(async (error: unknown) => {
    server.kill('SIGKILL');
    await Promise.all([standIn.close(), collector.close()]);
    throw error;
  });
  return {
    url: `http://localhost:${port}`,
    collector,
    standIn,
    server,
    output: () => output,
    async stop() {
      if (server.exitCode === null && server.signalCode === null) {
        server.kill('SIGTERM');
        await once(server, 'exit');
      }
      await Promise.all([standIn.close(), collector.close()]);
    },
  };
}
