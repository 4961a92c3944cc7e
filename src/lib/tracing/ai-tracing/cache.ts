/** Traces a semantic cache. */
import { SpanKind } from '@opentelemetry/api';
import { guarded } from '../guard.ts';
import { hashKey } from '../semconv/key.ts';
import { ATTR } from '../semconv/names.ts';
import { withActiveSpan } from '../span.ts';

/**
 * Traces one step at a semantic cache. The key may hold a prompt, so only a hash of it is recorded. A lookup that gives
 * `null` or `undefined` is a miss.
 *
 * @param operation `lookup` or `store`
 * @param key the cache's key; it does not leave
 * @param fn asks or fills the cache
 * @returns what `fn` returned
 * @throws whatever `fn` throws, unchanged
 * @example
 * const cached = await traceSemanticCache('lookup', 'question-1', async () => cache.get('question-1'));
 */
export function traceSemanticCache<R>(operation: 'lookup' | 'store', key: string, fn: () => R): R {
  return withActiveSpan(
    `semantic_cache ${operation}`,
    {
      kind: SpanKind.CLIENT,
      attributes: {
        [ATTR.CACHE_OPERATION]: operation,
        [ATTR.CACHE_KEY_HASH]: guarded('hashing a key', () => hashKey(key)),
      },
      settle: (value, open) => {
        if (operation === 'lookup') open.span.setAttribute(ATTR.CACHE_HIT, value !== null && value !== undefined);
        return { value, later: false };
      },
    },
    () => fn(),
  );
}
