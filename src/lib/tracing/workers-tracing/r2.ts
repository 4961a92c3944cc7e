/** Traces R2, Cloudflare's object store. */
import type { Span } from '@opentelemetry/api';
import * as CLOUDFLARE from '../semconv/cloudflare.ts';
import { allowedKey, recordOf, traceBinding } from './binding.ts';

function read(value: unknown, span: Span, isRead: boolean): void {
  const { size, objects } = recordOf(value);
  if (isRead) span.setAttribute(CLOUDFLARE.R2_FOUND, value != null);
  if (typeof size === 'number') span.setAttribute(CLOUDFLARE.R2_SIZE, size);
  if (Array.isArray(objects)) span.setAttribute(CLOUDFLARE.R2_OBJECTS, objects.length);
}

/**
 * Traces one operation on a bucket. The key is hashed, unless `capture.keys` allows it.
 *
 * @param operation the method, such as `get`, `put`, `list`
 * @param key of the object
 * @param fn calls the bucket
 * @returns what `fn` returned; of an object its size in bytes is recorded, of a list how many came
 * @throws whatever `fn` throws, unchanged
 * @example
 * const image = await traceR2Operation('get', 'images/attack-map.png', () => env.IMAGES.get('images/attack-map.png'));
 */
export function traceR2Operation<R>(operation: string, key: string, fn: () => R): R {
  return traceBinding(
    () => ({
      name: `r2_${operation}`,
      attributes: {
        [CLOUDFLARE.BINDING]: 'R2',
        [CLOUDFLARE.R2_OPERATION]: operation,
        ...allowedKey(key, CLOUDFLARE.R2_KEY),
      },
    }),
    (value, span) => read(value, span, operation === 'get' || operation === 'head'),
    fn,
  );
}
