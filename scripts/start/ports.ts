import { connect, createServer } from 'node:net';
import { Fault } from '../launch/fault.mjs';
import type { Environment } from '../launch/environment.mjs';

const probeMs = 1000;

/** Whether this process can listen there, and nobody answers there on another address. */
export async function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  // Listening alone is not enough: beside a server on one address, another may listen on the wildcard address.
  if (await answers(port)) return false;
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function answers(port: number): Promise<boolean> {
  const attempt = (host: string) =>
    new Promise<boolean>((resolve) => {
      const socket = connect({ port, host });
      const finish = (open: boolean) => {
        socket.destroy();
        resolve(open);
      };
      socket.setTimeout(probeMs, () => finish(false));
      socket.once('connect', () => finish(true));
      socket.once('error', () => finish(false));
    });
  return Promise.all([attempt('127.0.0.1'), attempt('::1')]).then((open) => open.includes(true));
}

/** A port that nobody uses at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/**
 * A port from the environment.
 *
 * @throws {Fault} when the variable holds something else; the sentence says what it got
 */
export function portFrom(env: Environment, variable: string, byDefault: number): number {
  const text = env[variable]?.trim();
  if (!text) return byDefault;
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Fault(
    `${variable} must be a port between 1 and 65535, got "${text}": correct it and run the same command again.`,
  );
}

/** The sentence for a port that somebody else has. */
export function takenSentence(port: number, what: string, variable: string): string {
  return `Port ${port} is taken, and ${what} needs it: stop the program that uses it, or choose another port, for example \`${variable}=${port + 1} npm start\`.`;
}

/** @throws {Fault} naming the port and what to do */
export async function requireFree(port: number, what: string, variable: string): Promise<void> {
  if (!(await isFree(port))) throw new Fault(takenSentence(port, what, variable));
}

/** Whether a server there takes OTLP over HTTP: an empty export is answered with success. */
export async function takesOtlp(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"resourceSpans":[]}',
      signal: AbortSignal.timeout(3 * probeMs),
    });
    return response.ok && /json|protobuf/.test(response.headers.get('content-type') ?? '');
  } catch {
    return false;
  }
}
