/**
 * The attribute names that are written in a Worker too, one constant each: a bundler keeps those that are used, where of an
 * object it keeps all. `ATTR` in `names.ts` holds them with all others.
 */

/** General ones. */
export const ERROR_TYPE = 'error.type',
  EXCEPTION_TYPE = 'exception.type',
  EXCEPTION_MESSAGE = 'exception.message',
  EXCEPTION_STACKTRACE = 'exception.stacktrace',
  SERVER_ADDRESS = 'server.address',
  SERVER_PORT = 'server.port',
  FAAS_TRIGGER = 'faas.trigger';

/** Of HTTP, stable. */
export const HTTP_METHOD = 'http.request.method',
  HTTP_METHOD_ORIGINAL = 'http.request.method_original',
  HTTP_ROUTE = 'http.route',
  HTTP_STATUS = 'http.response.status_code',
  HTTP_REQUEST_HEADER = 'http.request.header.',
  HTTP_RESPONSE_HEADER = 'http.response.header.',
  URL_FULL = 'url.full',
  URL_PATH = 'url.path',
  URL_QUERY = 'url.query',
  URL_SCHEME = 'url.scheme';

/** Of databases, stable. */
export const DB_SYSTEM = 'db.system.name',
  DB_OPERATION = 'db.operation.name',
  DB_COLLECTION = 'db.collection.name',
  DB_QUERY_TEXT = 'db.query.text',
  DB_QUERY_SUMMARY = 'db.query.summary',
  DB_STATUS = 'db.response.status_code',
  DB_RETURNED_ROWS = 'db.response.returned_rows';

/** Of generative AI, v1.41. */
export const GEN_AI_OPERATION = 'gen_ai.operation.name',
  GEN_AI_PROVIDER = 'gen_ai.provider.name',
  GEN_AI_REQUEST_MODEL = 'gen_ai.request.model',
  GEN_AI_REQUEST_MAX_TOKENS = 'gen_ai.request.max_tokens',
  GEN_AI_REQUEST_TEMPERATURE = 'gen_ai.request.temperature',
  GEN_AI_REQUEST_STREAM = 'gen_ai.request.stream',
  GEN_AI_RESPONSE_MODEL = 'gen_ai.response.model',
  GEN_AI_RESPONSE_ID = 'gen_ai.response.id',
  GEN_AI_FINISH_REASONS = 'gen_ai.response.finish_reasons',
  GEN_AI_INPUT_TOKENS = 'gen_ai.usage.input_tokens',
  GEN_AI_OUTPUT_TOKENS = 'gen_ai.usage.output_tokens',
  GEN_AI_CACHE_READ_TOKENS = 'gen_ai.usage.cache_read.input_tokens',
  GEN_AI_CACHE_CREATION_TOKENS = 'gen_ai.usage.cache_creation.input_tokens',
  GEN_AI_CACHE_WRITE_TOKENS = 'gen_ai.usage.cache_write.input_tokens',
  GEN_AI_REASONING_TOKENS = 'gen_ai.usage.reasoning.output_tokens',
  OPENAI_SERVICE_TIER = 'openai.response.service_tier',
  OPENAI_FINGERPRINT = 'openai.response.system_fingerprint';

/** Ours: no convention exists. */
export const CLIENT_ABORTED = 'throughline.client.aborted',
  CONTROL_FLOW = 'throughline.next.control_flow',
  MESSAGE_COUNT = 'throughline.gen_ai.message_count',
  STREAM_CHUNKS = 'throughline.gen_ai.stream.chunks',
  STREAM_OUTCOME = 'throughline.gen_ai.stream.outcome';
