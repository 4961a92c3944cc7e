import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../launch/fault.mjs';
import { keep, lastLines, type Kept } from './kept.ts';
import type { Environment } from '../launch/environment.mjs';

/** A running Next. */
export interface NextServer extends Kept {
  readonly url: string;
  /** Where its output goes. */
  readonly log: string;
}

const readyMs = 90_000;
/** Next finishes open requests and the last spans are sent: bounded, so that Ctrl-C is. */
const stopMs = 8000;

/**
 * Starts Next on the built app (`next start`), or with `dev` on the sources, and waits until it answers.
 *
 * @param env what the app reads
 * @throws {Fault} with the end of its output when it does not come up
 */
export async function startNext(root: string, port: number, env: Environment, dev: boolean): Promise<NextServer> {
  const log = join(root, '.throughline', 'logs', 'next.log');
  rmSync(log, { force: true });
  const next = join(root, 'node_modules', 'next', 'dist', 'bin', 'next');
  const server = keep(
    root,
    {
      command: process.execPath,
      args: [next, dev ? 'dev' : 'start', '--port', String(port), '--hostname', env['HOST'] || '127.0.0.1'],
      cwd: root,
      stopSignal: 'SIGTERM',
      graceMs: stopMs,
      hardSignal: 'SIGKILL',
    },
    { ...env, PORT: String(port), NODE_ENV: dev ? 'development' : 'production', NEXT_TELEMETRY_DISABLED: '1' },
    log,
  );
  const url = `http://localhost:${port}`;
  let ended = false;
  void server.exited.then(() => (ended = true));
  for (
    const until = Date.now() + readyMs;
    !(await isReady(port));
    await new Promise((resolve) => setTimeout(resolve, 100))
  ) {
    if (ended) throw new Fault('Next ended while it was starting: see its last lines above.', lastLines(log));
    if (Date.now() > until) {
      await server.stop();
      throw new Fault('Next did not answer within 90 seconds: see its last lines above.', lastLines(log));
    }
  }
  return { ...server, url, log };
}

/** Any answer will do, but for "no such host": the path is one that costs no span worth keeping. */
async function isReady(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/_next/static/ready`, {
      method: 'HEAD',
      signal: AbortSignal.timeout(20_000),
    });
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}
