/** Sends what waits, for hosts that freeze or end a process before its batches are due. */
import { trace } from '@opentelemetry/api';
import { guarded } from './guard.ts';
import { getRuntime } from './runtime.ts';

interface Flushable {
  forceFlush?(): Promise<unknown>;
}

/**
 * Sends every span that has ended, now: hand it to `after()` or `waitUntil()` where the host stops a function as soon as
 * it has answered. Works with `startTracing` and with another SDK; without either there is nothing to send.
 *
 * @returns resolves when the collector has answered, or did not; never rejects
 * @example
 * await forceFlush();
 */
export async function forceFlush(): Promise<void> {
  const provider = trace.getTracerProvider() as Flushable & { getDelegate?: () => Flushable };
  const target: Flushable | undefined = guarded('flushing', () => getRuntime().boot ?? provider.getDelegate?.());
  try {
    await target?.forceFlush?.();
  } catch {
    // What could not be delivered has been counted and said.
  }
}
