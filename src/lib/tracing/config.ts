/**
 * Options and environment become one resolved object, once. What was written in code wins over the environment; a wrong
 * option fails at the start and says what it got, a wrong variable warns and falls back.
 */
import { type Environment, EnvironmentReader, type Warn } from './environment.ts';
import { defaultEndpoint, honeycombHeaders } from './honeycomb.ts';
import { type ConfigOptions, headerName, headerValue, isHttpUrl, validateOptions } from './options.ts';
import { redactText } from './redaction.ts';
import type { RuntimeSettings } from './runtime.ts';
import { type ResolvedKeep, type ResolvedSampling, resolveKeep, resolveSampling } from './sampling.ts';

/** What the code reads: nothing is optional that has a default. */
export interface ResolvedConfig {
  readonly enabled: boolean;
  readonly serviceName: string;
  readonly serviceVersion: string | undefined;
  readonly environment: string;
  /** Everything else that describes this service. */
  readonly resourceAttributes: Readonly<Record<string, string | number | boolean>>;
  /** The whole URL that batches go to. */
  readonly tracesUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly protocol: 'http/json' | 'http/protobuf';
  readonly compression: 'none' | 'gzip';
  readonly otlp: boolean;
  readonly console: boolean;
  readonly sampling: ResolvedSampling;
  /** What is kept of the traces that were not sampled; `undefined` when nothing is. */
  readonly keep: ResolvedKeep | undefined;
  readonly batch: {
    readonly scheduledDelayMillis: number;
    readonly exportTimeoutMillis: number;
    readonly maxQueueSize: number;
    readonly maxExportBatchSize: number;
  };
  /** Milliseconds that sending one batch may take, retries included. */
  readonly exportTimeoutMillis: number;
  readonly limits: { readonly eventCount: number; readonly linkCount: number };
  /** Hosts that trace context is sent to; `undefined` for every one. */
  readonly propagateTo: readonly string[] | undefined;
  /** Hosts, besides loopback, that baggage may be sent to. */
  readonly baggageTargets: readonly string[];
  /** Also write the older attribute names of these conventions. */
  readonly duplicateNames: { readonly http: boolean; readonly database: boolean; readonly genAi: boolean };
  readonly logLevel: 'none' | 'error' | 'warn' | 'info' | 'debug' | 'verbose' | 'all';
  readonly handleSignals: boolean;
  /** How much of Next's own view of a request is kept under its SERVER span. */
  readonly nextSpans: 'none' | 'useful' | 'all';
  /** The part that the helpers read while the application runs. */
  readonly settings: RuntimeSettings;
}

/** The URL for traces from a base that may or may not carry the path already (the documents use both). */
function toTracesUrl(endpoint: string): string {
  const url = new URL(endpoint);
  if (!/\/v1\/traces\/?$/.test(url.pathname)) url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/traces`;
  return url.href;
}

function resolveUrl(endpoint: string | undefined, env: EnvironmentReader, warn: Warn): string {
  const specific = env.text('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT');
  if (endpoint !== undefined) return toTracesUrl(endpoint);
  if (specific !== undefined && isHttpUrl(specific)) return specific;
  const general = env.text('OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_URL');
  const wrong = [specific, general].find((value) => value !== undefined && !isHttpUrl(value));
  if (wrong !== undefined)
    warn(`the collector's address should be an http(s) URL, got "${redactText(wrong.slice(0, 80))}"`);
  return toTracesUrl(general !== undefined && isHttpUrl(general) ? general : defaultEndpoint(env));
}

function resolveHeaders(env: EnvironmentReader, warn: Warn, tracesUrl: string): Record<string, string> {
  const beside = env.text('OTEL_EXPORTER_URL') ?? '';
  const all = {
    ...honeycombHeaders(env, tracesUrl, isHttpUrl(beside) && toTracesUrl(beside) === tracesUrl),
    ...env.pairs('OTEL_EXPORTER_OTLP_HEADERS'),
    ...env.pairs('OTEL_EXPORTER_OTLP_TRACES_HEADERS'),
  };
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(all)) {
    if (headerName.safeParse(name).success && headerValue.safeParse(value).success) out[name] = value;
    else {
      // What stands where the name should be may be the credential itself: `Authorization: Bearer ...=`.
      const which = headerName.safeParse(name).success ? `"${name.slice(0, 40)}"` : 'its name is none';
      warn(`a header for the collector is malformed and left out: ${which}`);
    }
  }
  return out;
}

const DURATION = { min: 1, max: 600_000, integer: true };
const SIZE = { min: 1, max: 1_000_000, integer: true };

/** The document's switch is for development: printing costs more than the span. The standard variable and the option are obeyed anywhere. */
function consoleSwitch(env: EnvironmentReader, warn: Warn): boolean {
  if (env.flag('OTEL_ENABLE_CONSOLE') !== true) return false;
  if (env.text('NODE_ENV') !== 'production') return true;
  warn('OTEL_ENABLE_CONSOLE prints nothing where NODE_ENV is production; OTEL_TRACES_EXPORTER=otlp,console does');
  return false;
}

function resolveExporters(
  options: ConfigOptions,
  env: EnvironmentReader,
  warn: Warn,
): { otlp: boolean; console: boolean } {
  const listed = env.choices(['otlp', 'console', 'none'], 'OTEL_TRACES_EXPORTER');
  const standard = listed.length > 0;
  return {
    otlp: options.otlp ?? (standard ? listed.includes('otlp') : (env.flag('OTEL_ENABLE_OTLP') ?? true)),
    console: options.console ?? (standard ? listed.includes('console') : consoleSwitch(env, warn)),
  };
}

function resolveBatch(options: ConfigOptions, env: EnvironmentReader): ResolvedConfig['batch'] {
  const batch = options.batch ?? {};
  const maxQueueSize = batch.maxQueueSize ?? env.number(SIZE, 'OTEL_BSP_MAX_QUEUE_SIZE') ?? 4096;
  const wanted = batch.maxExportBatchSize ?? env.number(SIZE, 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE') ?? 512;
  return {
    scheduledDelayMillis: batch.scheduledDelayMillis ?? env.number(DURATION, 'OTEL_BSP_SCHEDULE_DELAY') ?? 500,
    exportTimeoutMillis: batch.exportTimeoutMillis ?? env.number(DURATION, 'OTEL_BSP_EXPORT_TIMEOUT') ?? 5000,
    maxQueueSize,
    maxExportBatchSize: Math.min(wanted, maxQueueSize),
  };
}

function lowerCase(names: readonly string[] = []): string[] {
  return names.map((name) => name.toLowerCase());
}

function resolveSettings(options: ConfigOptions, env: EnvironmentReader, enabled: boolean): RuntimeSettings {
  const { capture = {}, limits = {} } = options;
  const optIn = env.list('OTEL_SEMCONV_STABILITY_OPT_IN');
  return {
    enabled,
    attributeValueLengthLimit:
      limits.attributeValueLength ??
      env.number(SIZE, 'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT') ??
      4096,
    attributeCountLimit:
      limits.attributeCount ?? env.number(SIZE, 'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT') ?? 128,
    capturedRequestHeaders: lowerCase(capture.requestHeaders),
    capturedResponseHeaders: lowerCase(capture.responseHeaders),
    traceIdHeader: options.traceIdHeader ?? 'x-trace-id',
    serverTiming: options.serverTiming ?? true,
    trustIncoming: options.trustIncoming ?? 'all',
    capturedQueryParameters: capture.queryParameters ?? [],
    captureMessageContent:
      capture.messageContent ?? env.flag('OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT') ?? false,
    genAiConvention: optIn.includes('gen_ai_latest_experimental') ? 'latest' : 'v1.41',
  };
}

function resolveResource(
  options: ConfigOptions,
  env: EnvironmentReader,
): Pick<ResolvedConfig, 'serviceName' | 'serviceVersion' | 'environment' | 'resourceAttributes'> {
  const standard = env.pairs('OTEL_RESOURCE_ATTRIBUTES') ?? {};
  const own = Object.fromEntries(
    Object.entries(options.resourceAttributes ?? {}).map(([name, value]) => [name, String(value)]),
  );
  const region = env.text('AWS_REGION');
  return {
    serviceName:
      options.serviceName ??
      own['service.name'] ??
      env.text('OTEL_SERVICE_NAME') ??
      standard['service.name'] ??
      env.text('DD_SERVICE', 'SERVICE_NAME') ??
      'unknown_service',
    serviceVersion:
      options.serviceVersion ??
      own['service.version'] ??
      standard['service.version'] ??
      env.text('OTEL_SERVICE_VERSION', 'DD_VERSION'),
    environment:
      options.environment ??
      own['deployment.environment.name'] ??
      standard['deployment.environment.name'] ??
      standard['deployment.environment'] ??
      env.text('DD_ENV', 'NODE_ENV') ??
      'development',
    resourceAttributes: {
      ...(region === undefined ? {} : { 'cloud.provider': 'aws', 'cloud.region': region }),
      ...standard,
      ...options.resourceAttributes,
    },
  };
}

/**
 * Makes one resolved configuration out of options and environment.
 *
 * @param options what was written in code; wins over the environment
 * @param environment the variables; `process.env` in a program
 * @param warn is told, once each, which variables could not be used
 * @returns the configuration; every duration in milliseconds
 * @throws TracingOptionsError for a wrong option, naming it and what it got
 * @example
 * resolveConfig({ sampling: { ratio: 0.1 } }, { OTEL_SERVICE_NAME: 'shop' }, console.warn).serviceName; // 'shop'
 */
export function resolveConfig(options: unknown, environment: Environment, warn: Warn): ResolvedConfig {
  const given = validateOptions(options ?? {});
  const env = new EnvironmentReader(environment, warn);
  const atLeastNone = { ...SIZE, min: 0 };
  const optIn = env.list('OTEL_SEMCONV_STABILITY_OPT_IN');
  const batch = resolveBatch(given, env);
  const tracesUrl = resolveUrl(given.endpoint, env, warn);
  const enabled =
    given.enabled ?? (env.flag('OTEL_SDK_DISABLED') === true ? false : (env.flag('OTEL_ENABLED') ?? true));
  return {
    enabled,
    ...resolveResource(given, env),
    tracesUrl,
    headers: given.headers ?? resolveHeaders(env, warn, tracesUrl),
    protocol:
      given.protocol ??
      env.choice(['http/json', 'http/protobuf'], 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL') ??
      'http/json',
    compression:
      given.compression ??
      env.choice(['none', 'gzip'], 'OTEL_EXPORTER_OTLP_TRACES_COMPRESSION', 'OTEL_EXPORTER_OTLP_COMPRESSION') ??
      'none',
    ...resolveExporters(given, env, warn),
    sampling: resolveSampling(given, env),
    keep: resolveKeep(given),
    batch,
    exportTimeoutMillis:
      env.number(DURATION, 'OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT') ??
      batch.exportTimeoutMillis,
    limits: {
      eventCount: given.limits?.eventCount ?? env.number(atLeastNone, 'OTEL_SPAN_EVENT_COUNT_LIMIT') ?? 128,
      linkCount: given.limits?.linkCount ?? env.number(atLeastNone, 'OTEL_SPAN_LINK_COUNT_LIMIT') ?? 128,
    },
    propagateTo: given.propagateTo,
    baggageTargets: given.baggage?.targets ?? [],
    duplicateNames: {
      http: optIn.includes('http/dup'),
      database: optIn.includes('database/dup'),
      genAi: optIn.includes('gen_ai/dup'),
    },
    logLevel:
      env.choice(['none', 'error', 'warn', 'info', 'debug', 'verbose', 'all'], 'OTEL_LOG_LEVEL') ??
      (environment['NODE_ENV'] === 'development' ? 'info' : 'warn'),
    handleSignals: given.handleSignals ?? true,
    nextSpans: given.nextSpans ?? 'useful',
    settings: resolveSettings(given, env, enabled),
  };
}
