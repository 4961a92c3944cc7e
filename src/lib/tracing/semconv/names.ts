/**
 * Every attribute name that Throughline emits, in one place. Stable names follow the OpenTelemetry semantic conventions
 * 1.4x; the GenAI ones are the v1.41 set (the npm constants for them are frozen and deprecated). What no convention
 * covers carries our own prefix.
 */

/** Attribute names, by the convention they come from. */
export const ATTR = {
  // general
  ERROR_TYPE: 'error.type',
  EXCEPTION_TYPE: 'exception.type',
  EXCEPTION_MESSAGE: 'exception.message',
  EXCEPTION_STACKTRACE: 'exception.stacktrace',
  SERVER_ADDRESS: 'server.address',
  SERVER_PORT: 'server.port',
  CLIENT_ADDRESS: 'client.address',
  USER_ID: 'user.id',
  USER_AGENT: 'user_agent.original',
  // http, stable
  HTTP_METHOD: 'http.request.method',
  HTTP_METHOD_ORIGINAL: 'http.request.method_original',
  HTTP_ROUTE: 'http.route',
  HTTP_STATUS: 'http.response.status_code',
  NETWORK_PROTOCOL_VERSION: 'network.protocol.version',
  HTTP_REQUEST_HEADER: 'http.request.header.',
  HTTP_RESPONSE_HEADER: 'http.response.header.',
  URL_FULL: 'url.full',
  URL_PATH: 'url.path',
  URL_QUERY: 'url.query',
  URL_SCHEME: 'url.scheme',
  URL_TEMPLATE: 'url.template',
  // database, stable
  DB_SYSTEM: 'db.system.name',
  DB_OPERATION: 'db.operation.name',
  DB_COLLECTION: 'db.collection.name',
  DB_QUERY_TEXT: 'db.query.text',
  DB_QUERY_SUMMARY: 'db.query.summary',
  DB_STATUS: 'db.response.status_code',
  DB_RETURNED_ROWS: 'db.response.returned_rows',
  // generative AI, v1.41
  GEN_AI_OPERATION: 'gen_ai.operation.name',
  GEN_AI_PROVIDER: 'gen_ai.provider.name',
  GEN_AI_REQUEST_MODEL: 'gen_ai.request.model',
  GEN_AI_REQUEST_MAX_TOKENS: 'gen_ai.request.max_tokens',
  GEN_AI_REQUEST_TEMPERATURE: 'gen_ai.request.temperature',
  GEN_AI_REQUEST_STREAM: 'gen_ai.request.stream',
  GEN_AI_RESPONSE_MODEL: 'gen_ai.response.model',
  GEN_AI_RESPONSE_ID: 'gen_ai.response.id',
  GEN_AI_FINISH_REASONS: 'gen_ai.response.finish_reasons',
  GEN_AI_TIME_TO_FIRST_CHUNK: 'gen_ai.response.time_to_first_chunk',
  GEN_AI_INPUT_TOKENS: 'gen_ai.usage.input_tokens',
  GEN_AI_OUTPUT_TOKENS: 'gen_ai.usage.output_tokens',
  GEN_AI_CACHE_READ_TOKENS: 'gen_ai.usage.cache_read.input_tokens',
  GEN_AI_CACHE_CREATION_TOKENS: 'gen_ai.usage.cache_creation.input_tokens',
  GEN_AI_CACHE_WRITE_TOKENS: 'gen_ai.usage.cache_write.input_tokens',
  GEN_AI_REASONING_TOKENS: 'gen_ai.usage.reasoning.output_tokens',
  OPENAI_SERVICE_TIER: 'openai.response.service_tier',
  OPENAI_FINGERPRINT: 'openai.response.system_fingerprint',
  // ours: no convention exists
  CLIENT_ABORTED: 'throughline.client.aborted',
  CONTROL_FLOW: 'throughline.next.control_flow',
  RENDER_SOURCE: 'throughline.next.render_source',
  LINK_REASON: 'throughline.link.reason',
  ORGANIZATION_ID: 'throughline.organization.id',
  API_CLIENT: 'throughline.api_client.name',
  API_OPERATION: 'throughline.api_client.operation',
  API_PARAMETERS: 'throughline.api_client.parameters',
  DB_PARAMETER_COUNT: 'throughline.db.parameter_count',
  DB_TRANSACTION_ID: 'throughline.db.transaction.id',
  DB_ISOLATION_LEVEL: 'throughline.db.transaction.isolation_level',
  DB_READ_ONLY: 'throughline.db.transaction.read_only',
  PRISMA_ARGUMENTS: 'throughline.prisma.arguments',
  MESSAGE_COUNT: 'throughline.gen_ai.message_count',
  STREAM_CHUNKS: 'throughline.gen_ai.stream.chunks',
  STREAM_OUTCOME: 'throughline.gen_ai.stream.outcome',
  CACHE_OPERATION: 'throughline.cache.operation',
  CACHE_HIT: 'throughline.cache.hit',
  CACHE_KEY_HASH: 'throughline.cache.key_hash',
  ML_OPERATION: 'throughline.ml.operation',
  ML_MODEL: 'throughline.ml.model',
  ML_PARAMETER: 'throughline.ml.',
} as const;

/**
 * The older name of each current one, where there is one. The duplicate set (`OTEL_SEMCONV_STABILITY_OPT_IN=http/dup`,
 * `database/dup`, `gen_ai/dup`) adds these, and spans of instrumentations that still write them are brought up to date.
 * `url.path` stands for `http.target`, whose query never leaves.
 */
export const OLDER_NAMES: Readonly<Record<string, string>> = {
  [ATTR.HTTP_METHOD]: 'http.method',
  [ATTR.HTTP_STATUS]: 'http.status_code',
  [ATTR.URL_FULL]: 'http.url',
  [ATTR.URL_PATH]: 'http.target',
  [ATTR.URL_SCHEME]: 'http.scheme',
  [ATTR.USER_AGENT]: 'http.user_agent',
  [ATTR.DB_SYSTEM]: 'db.system',
  [ATTR.DB_QUERY_TEXT]: 'db.statement',
  [ATTR.DB_OPERATION]: 'db.operation',
  [ATTR.DB_COLLECTION]: 'db.sql.table',
  'db.namespace': 'db.name',
  [ATTR.GEN_AI_PROVIDER]: 'llm.vendor',
  [ATTR.GEN_AI_REQUEST_MODEL]: 'llm.request.model',
  [ATTR.GEN_AI_REQUEST_MAX_TOKENS]: 'llm.request.max_tokens',
  [ATTR.GEN_AI_REQUEST_TEMPERATURE]: 'llm.request.temperature',
  [ATTR.GEN_AI_INPUT_TOKENS]: 'llm.usage.prompt_tokens',
  [ATTR.GEN_AI_OUTPUT_TOKENS]: 'llm.usage.completion_tokens',
};
