/**
 * Every attribute name that Throughline emits, in one place. Stable names follow the OpenTelemetry semantic conventions
 * 1.4x; the GenAI ones are the v1.41 set (the npm constants for them are frozen and deprecated). What no convention
 * covers carries our own prefix.
 */

import * as WORKER_NAMES from './worker-names.ts';

/** Attribute names, by the convention they come from. */
export const ATTR = {
  // what a Worker writes too
  ...WORKER_NAMES,
  // general
  CLIENT_ADDRESS: 'client.address',
  USER_ID: 'user.id',
  USER_AGENT: 'user_agent.original',
  SERVICE_PEER: 'service.peer.name',
  RPC_SYSTEM: 'rpc.system.name',
  RPC_METHOD: 'rpc.method',
  CODE_FUNCTION: 'code.function.name',
  CODE_FILE: 'code.file.path',
  // http, stable
  NETWORK_PROTOCOL_VERSION: 'network.protocol.version',
  URL_TEMPLATE: 'url.template',
  // messaging, v1.44 (status: development)
  MESSAGING_SYSTEM: 'messaging.system',
  MESSAGING_OPERATION: 'messaging.operation.name',
  MESSAGING_OPERATION_TYPE: 'messaging.operation.type',
  MESSAGING_DESTINATION: 'messaging.destination.name',
  MESSAGING_MESSAGE_ID: 'messaging.message.id',
  MESSAGING_BATCH_COUNT: 'messaging.batch.message_count',
  // generative AI, v1.41
  GEN_AI_TIME_TO_FIRST_CHUNK: 'gen_ai.response.time_to_first_chunk',
  // Cloudflare's own: the id as Workers tracing writes it, the name beside it
  DURABLE_OBJECT_ID: 'cloudflare.durable_object.id',
  DURABLE_OBJECT_NAME: 'cloudflare.durable_object.name',
  // ours: no convention exists
  ACTION_ID: 'throughline.next.action.id',
  ACTION_NAME: 'throughline.next.action.name',
  ACTION_FILE: 'throughline.next.action.file',
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
  MESSAGE_ATTEMPT: 'throughline.messaging.attempt',
  MESSAGE_ORIGIN: 'throughline.messaging.origin_queue',
  MESSAGE_WAITED: 'throughline.messaging.waited_ms',
  QUEUE_BACKLOG_COUNT: 'throughline.messaging.backlog_count',
  QUEUE_BACKLOG_BYTES: 'throughline.messaging.backlog_bytes',
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
  [ATTR.SERVICE_PEER]: 'peer.service',
  [ATTR.DURABLE_OBJECT_ID]: 'durable_object.id',
  [ATTR.DURABLE_OBJECT_NAME]: 'durable_object.name',
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
