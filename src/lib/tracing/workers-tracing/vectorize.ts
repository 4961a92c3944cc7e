/** Traces Vectorize, Cloudflare's vector database. */
import * as CLOUDFLARE from '../semconv/cloudflare.ts';
import * as ATTR from '../semconv/worker-names.ts';
import { recordOf, traceBinding } from './binding.ts';

/** What is known of an operation besides its name. */
export interface VectorizeDetails {
  /** How many neighbours are asked for. */
  readonly topK?: number;
}

/**
 * Traces one operation on a vector index. Neither vectors nor metadata are looked at.
 *
 * @param operation the method, such as `query`, `upsert`
 * @param index the index
 * @param fn calls it
 * @param details `topK`, which the result does not tell
 * @returns what `fn` returned; of a query the number of matches is recorded
 * @throws whatever `fn` throws, unchanged
 * @example
 * const found = await traceVectorizeOperation(
 *   'query',
 *   'security-knowledge-base',
 *   () => env.VECTORIZE_INDEX.query(embedding, { topK: 10 }),
 *   { topK: 10 },
 * );
 */
export function traceVectorizeOperation<R>(
  operation: string,
  index: string,
  fn: () => R,
  details: VectorizeDetails = {},
): R {
  return traceBinding(
    () => ({
      name: `vectorize_${operation}`,
      attributes: {
        [ATTR.DB_SYSTEM]: 'cloudflare-vectorize',
        [ATTR.DB_OPERATION]: operation,
        [ATTR.DB_COLLECTION]: index,
        [CLOUDFLARE.BINDING]: 'Vectorize',
        [CLOUDFLARE.TOP_K]: details?.topK,
      },
    }),
    (value, span) => {
      const { matches } = recordOf(value);
      if (Array.isArray(matches)) span.setAttribute(CLOUDFLARE.MATCHES, matches.length);
    },
    fn,
  );
}
