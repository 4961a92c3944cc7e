/** Runs what belongs to tracing alone, so that its failures stay there; and says each thing once. */
import { diag } from '@opentelemetry/api';
import { getRuntime } from './runtime.ts';

const SAID_LIMIT = 200;

/**
 * Says something through `diag`, the first time only: what fails for one span fails for every span.
 *
 * @param level how bad it is
 * @param message a fixed sentence, without anything of the request in it
 * @param error what was thrown, for the log
 */
export function sayOnce(level: 'error' | 'warn', message: string, error?: unknown): void {
  const { said } = getRuntime();
  if (said.has(message) || said.size >= SAID_LIMIT) return;
  said.add(message);
  const text = `throughline: ${message}`;
  if (error === undefined) diag[level](text);
  else diag[level](text, error);
}

/**
 * Runs a piece of tracing's own work. What it throws is said through `diag`, once for each kind of work, and goes no
 * further.
 *
 * @param what the work, in words, for the message
 * @param fn the work
 * @returns what `fn` returned, or `undefined` when it threw
 * @example
 * guarded('reading the usage', () => readUsage(answer.usage, 'v1.41'));
 */
export function guarded<T>(what: string, fn: () => T): T | undefined {
  try {
    return fn();
  } catch (error) {
    sayOnce('error', `${what} failed`, error);
    return undefined;
  }
}
