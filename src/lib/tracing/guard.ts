/** Runs what belongs to tracing alone, so that its failures stay there. */
import { diag } from '@opentelemetry/api';

/**
 * Runs a piece of tracing's own work. What it throws is said through `diag` and goes no further.
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
    diag.error(`throughline: ${what} failed`, error);
    return undefined;
  }
}
