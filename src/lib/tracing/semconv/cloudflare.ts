/**
 * Names for what happens in a Cloudflare Worker alone, one constant each, as in `worker-names.ts`.
 */

/** Cloudflare's own (developers.cloudflare.com/workers/observability/traces/spans-and-attributes). */
export const HANDLER = 'cloudflare.handler_type',
  RAY = 'cloudflare.ray_id',
  COLO = 'cloudflare.colo',
  BINDING = 'cloudflare.binding.type',
  R2_OPERATION = 'cloudflare.r2.operation',
  R2_KEY = 'cloudflare.r2.request.key',
  R2_SIZE = 'cloudflare.r2.response.size',
  R2_OBJECTS = 'cloudflare.r2.response.returned_objects',
  KV_KEYS = 'cloudflare.kv.query.keys',
  KV_ROWS = 'cloudflare.kv.response.returned_rows',
  KV_CACHE = 'cloudflare.kv.response.cache_status',
  D1_RESPONSE = 'cloudflare.d1.response.',
  BATCH_SIZE = 'db.operation.batch.size';

/** Ours: Cloudflare has none. Times are in milliseconds, `topK` and matches are counts. */
export const CLOCK_FROZEN = 'throughline.clock.frozen',
  KEY_HASH = 'throughline.key.hash',
  R2_FOUND = 'throughline.r2.found',
  TOP_K = 'throughline.vectorize.top_k',
  MATCHES = 'throughline.vectorize.matches',
  AUTH_OPERATION = 'throughline.auth.operation',
  AUTH_METHOD = 'throughline.auth.method',
  AUTH_OUTCOME = 'throughline.auth.outcome';
