/**
 * Hosts that freeze a process when its response is out (serverless functions): they wait for what they are told to wait for,
 * and nothing else. So each request asks them to wait until its spans are sent.
 */
import { guarded } from '../guard.ts';
import { forceFlush } from '../flush.ts';
import { EXIT_HOLD_MILLIS } from './shutdown.ts';

type WaitUntil = (work: Promise<unknown>) => void;

/** Where a host leaves its `waitUntil` for Next (`next/dist/server/after/builtin-request-context.js`); Vercel has its own. */
const HOSTS = [Symbol.for('@next/request-context'), Symbol.for('@vercel/request-context')];

function waitUntilOfHost(): WaitUntil | undefined {
  for (const symbol of HOSTS) {
    const host = Reflect.get(globalThis, symbol) as { get?: () => { waitUntil?: WaitUntil } | undefined } | undefined;
    const given = host?.get?.();
    if (typeof given?.waitUntil === 'function') return (work) => given.waitUntil?.(work);
  }
  return undefined;
}

/**
 * Asks the host of a request to wait until the spans of the request are sent, at most 3 seconds after its end. To be called
 * while the request begins: only then does the host know which one is meant.
 *
 * @returns to be called when the request has ended; `undefined` where no host freezes anything
 */
export function holdForFlush(): (() => void) | undefined {
  const waitUntil = guarded('asking the host to wait', waitUntilOfHost);
  if (waitUntil === undefined) return undefined;
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const flushed = ended.then(() => Promise.race([forceFlush(), bound()]));
  guarded('asking the host to wait', () => waitUntil(flushed));
  return end;
}

function bound(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, EXIT_HOLD_MILLIS).unref());
}
