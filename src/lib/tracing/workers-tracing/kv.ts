/** Traces KV, Cloudflare's key-value store. */
import type { Span } from '@opentelemetry/api';
import * as CLOUDFLARE from '../semconv/cloudflare.ts';
import * as ATTR from '../semconv/worker-names.ts';
import { allowedKey, recordOf, traceBinding } from './binding.ts';

function rowsOf(operation: string, value: unknown): number | undefined {
  if (operation === 'list') {
    const { keys } = recordOf(value);
    return Array.isArray(keys) ? keys.length : undefined;
  }
  if (!operation.startsWith('get')) return undefined;
  if (value instanceof Map) return value.size;
  return (operation === 'getWithMetadata' ? recordOf(value)['value'] : value) == null ? 0 : 1;
}

function read(operation: string, value: unknown, span: Span): void {
  const rows = rowsOf(operation, value);
  if (rows !== undefined) span.setAttribute(CLOUDFLARE.KV_ROWS, rows);
  // Of a plain `get` the result is the user's own value.
  const { cacheStatus } = operation === 'get' ? {} : recordOf(value);
  if (typeof cacheStatus === 'string') span.setAttribute(CLOUDFLARE.KV_CACHE, cacheStatus);
}

/**
 * Traces one operation on a KV namespace. The key is hashed, unless `capture.keys` allows it; values are not looked at.
 *
 * @param operation the method, such as `get`, `put`, `list`
 * @param key the key
 * @param fn calls the namespace
 * @returns what `fn` returned; of a `get` it is recorded whether there was something, of a list how many keys came
 * @throws whatever `fn` throws, unchanged
 * @example
 * const cached = await traceKVOperation('get', 'cache:attack-patterns', () => env.QUANTUM_KV.get('cache:attack-patterns'));
 */
export function traceKVOperation<R>(operation: string, key: string, fn: () => R): R {
  return traceBinding(
    () => ({
      name: `kv_${operation}`,
      attributes: {
        [ATTR.DB_SYSTEM]: 'cloudflare-kv',
        [ATTR.DB_OPERATION]: operation,
        [CLOUDFLARE.BINDING]: 'KV',
        ...allowedKey(key, CLOUDFLARE.KV_KEYS),
      },
    }),
    (value, span) => read(operation, value, span),
    fn,
  );
}
