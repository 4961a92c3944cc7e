import { type ResolvedConfig, resolveConfig } from '@/lib/tracing/config.ts';
import { VARIABLES } from '@/lib/tracing/environment.ts';
import { TracingOptionsError } from '@/lib/tracing/options.ts';

type Environment = Readonly<Record<string, string>>;

function resolve(
  environment: Environment = {},
  options: unknown = {},
): { config: ResolvedConfig; warnings: readonly string[] } {
  const warnings: string[] = [];
  return { config: resolveConfig(options, environment, (message) => warnings.push(message)), warnings };
}

/** What differs from the defaults, as paths: one literal for each row. */
function difference(config: ResolvedConfig): Record<string, unknown> {
  const flat = (value: unknown, path: string): [string, unknown][] =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
      ? Object.entries(value).flatMap(([key, inner]) => flat(inner, path === '' ? key : `${path}/${key}`))
      : [[path, value]];
  const defaults = new Map(flat(resolve().config, '').map(([path, value]) => [path, JSON.stringify(value)]));
  return Object.fromEntries(flat(config, '').filter(([path, value]) => defaults.get(path) !== JSON.stringify(value)));
}

it('has these defaults', () => {
  expect(resolve()).toEqual({
    warnings: [],
    config: {
      enabled: true,
      serviceName: 'unknown_service',
      serviceVersion: undefined,
      environment: 'development',
      resourceAttributes: {},
      tracesUrl: 'http://localhost:4318/v1/traces',
      headers: {},
      protocol: 'http/json',
      compression: 'none',
      otlp: true,
      console: false,
      sampling: { ratio: 1, routes: {}, parentBased: true },
      keep: undefined,
      batch: { scheduledDelayMillis: 500, exportTimeoutMillis: 5000, maxQueueSize: 4096, maxExportBatchSize: 512 },
      exportTimeoutMillis: 5000,
      limits: { eventCount: 128, linkCount: 128 },
      propagateTo: undefined,
      baggageTargets: [],
      duplicateNames: { http: false, database: false, genAi: false },
      logLevel: 'warn',
      handleSignals: true,
      nextSpans: 'useful',
      settings: {
        enabled: true,
        attributeValueLengthLimit: 4096,
        attributeCountLimit: 128,
        capturedRequestHeaders: [],
        capturedResponseHeaders: [],
        traceIdHeader: 'x-trace-id',
        serverTiming: true,
        trustIncoming: 'all',
        capturedQueryParameters: [],
        captureMessageContent: false,
        genAiConvention: 'v1.41',
      },
    },
  });
});

const OFF = { enabled: false, 'settings/enabled': false };
const URL_OF = (base: string): Record<string, unknown> => ({ tracesUrl: base });

const tried = new Set<string>();

describe('a variable', () => {
  const rows: readonly (readonly [environment: Environment, changes: Record<string, unknown>])[] = [
    // on and off
    [{ OTEL_ENABLED: 'false' }, OFF],
    [{ OTEL_ENABLED: ' No ' }, OFF],
    [{ OTEL_ENABLED: '0' }, OFF],
    [{ OTEL_ENABLED: 'off' }, OFF],
    [{ OTEL_ENABLED: 'TRUE' }, {}],
    [{ OTEL_ENABLED: '' }, {}],
    [{ OTEL_SDK_DISABLED: 'true' }, OFF],
    [{ OTEL_SDK_DISABLED: 'True', OTEL_ENABLED: 'true' }, OFF],
    [{ OTEL_SDK_DISABLED: 'false' }, {}],
    [{ OTEL_SDK_DISABLED: 'false', OTEL_ENABLED: 'false' }, OFF],
    // the service
    [{ OTEL_SERVICE_NAME: 'shop' }, { serviceName: 'shop' }],
    [{ DD_SERVICE: 'dd' }, { serviceName: 'dd' }],
    [{ DD_SERVICE: 'dd', OTEL_SERVICE_NAME: 'shop' }, { serviceName: 'shop' }],
    [{ OTEL_RESOURCE_ATTRIBUTES: 'service.name=a,team=b%20c', DD_SERVICE: 'dd' }, { serviceName: 'a', 'resourceAttributes/service.name': 'a', 'resourceAttributes/team': 'b c' }], // prettier-ignore
    [{ OTEL_RESOURCE_ATTRIBUTES: 'service.name=a', OTEL_SERVICE_NAME: 'shop' }, { serviceName: 'shop', 'resourceAttributes/service.name': 'a' }], // prettier-ignore
    [{ SERVICE_NAME: 'gateway' }, { serviceName: 'gateway' }],
    [{ SERVICE_NAME: 'gateway', DD_SERVICE: 'dd' }, { serviceName: 'dd' }],
    [{ SERVICE_NAME: 'gateway', OTEL_SERVICE_NAME: 'shop' }, { serviceName: 'shop' }],
    [{ OTEL_SERVICE_VERSION: '1.0.0' }, { serviceVersion: '1.0.0' }],
    [{ DD_VERSION: '2' }, { serviceVersion: '2' }],
    [{ OTEL_SERVICE_VERSION: '1.0.0', DD_VERSION: '2' }, { serviceVersion: '1.0.0' }],
    [{ OTEL_RESOURCE_ATTRIBUTES: 'service.version=3', OTEL_SERVICE_VERSION: '1.0.0' }, { serviceVersion: '3', 'resourceAttributes/service.version': '3' }], // prettier-ignore
    [{ NODE_ENV: 'production' }, { environment: 'production' }],
    [{ DD_ENV: 'staging', NODE_ENV: 'production' }, { environment: 'staging' }],
    [{ OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=qa', DD_ENV: 'staging' }, { environment: 'qa', 'resourceAttributes/deployment.environment': 'qa' }], // prettier-ignore
    [{ OTEL_RESOURCE_ATTRIBUTES: '{"deployment.environment.name":"qa","size":3}' }, { environment: 'qa', 'resourceAttributes/deployment.environment.name': 'qa', 'resourceAttributes/size': '3' }], // prettier-ignore
    [{ AWS_REGION: 'us-west-2' }, { 'resourceAttributes/cloud.provider': 'aws', 'resourceAttributes/cloud.region': 'us-west-2' }], // prettier-ignore
    [{ AWS_REGION: 'us-west-2', OTEL_RESOURCE_ATTRIBUTES: 'cloud.region=eu' }, { 'resourceAttributes/cloud.provider': 'aws', 'resourceAttributes/cloud.region': 'eu' }], // prettier-ignore
    // sampling
    [{ OTEL_SAMPLING_RATE: '0.1' }, { 'sampling/ratio': 0.1 }],
    [{ OTEL_TRACES_SAMPLER_ARG: '0.2', OTEL_SAMPLING_RATE: '0.1' }, { 'sampling/ratio': 0.2 }],
    [{ OTEL_TRACES_SAMPLER: 'always_on', OTEL_SAMPLING_RATE: '0.1' }, { 'sampling/parentBased': false }],
    [{ OTEL_TRACES_SAMPLER: 'parentbased_always_on', OTEL_SAMPLING_RATE: '0.1' }, {}],
    [{ OTEL_TRACES_SAMPLER: 'always_off' }, { 'sampling/ratio': 0, 'sampling/parentBased': false }],
    [{ OTEL_TRACES_SAMPLER: 'parentbased_always_off' }, { 'sampling/ratio': 0 }],
    [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.3' }, { 'sampling/ratio': 0.3, 'sampling/parentBased': false }], // prettier-ignore
    [{ OTEL_TRACES_SAMPLER: 'ParentBased_TraceIdRatio', OTEL_SAMPLING_RATE: '0.4' }, { 'sampling/ratio': 0.4 }],
    // where to
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' }, URL_OF('http://c:4318/v1/traces')],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/' }, URL_OF('http://c:4318/v1/traces')],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/v1/traces' }, URL_OF('http://c:4318/v1/traces')],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/v1/traces/' }, URL_OF('http://c:4318/v1/traces/')],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c/otlp' }, URL_OF('https://c/otlp/v1/traces')],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c/otlp/?key=1' }, URL_OF('https://c/otlp/v1/traces?key=1')],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c/my/v1/traces' }, URL_OF('https://c/my/v1/traces')],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://c/exactly' }, URL_OF('https://c/exactly')],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://c/exactly', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://d' }, URL_OF('https://c/exactly')], // prettier-ignore
    [{ OTEL_EXPORTER_URL: 'http://e:1' }, URL_OF('http://e:1/v1/traces')],
    [{ OTEL_EXPORTER_URL: 'http://e:1', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://d' }, URL_OF('http://d/v1/traces')],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' }, { protocol: 'http/protobuf' }],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf', OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json' }, {}],
    [{ OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' }, { compression: 'gzip' }],
    [{ OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip', OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: 'none' }, {}],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: '1000' }, { exportTimeoutMillis: 1000 }],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: '1000', OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '2000' }, { exportTimeoutMillis: 2000 }],
    [{ OTEL_TRACES_EXPORTER: 'none' }, { otlp: false }],
    [{ OTEL_TRACES_EXPORTER: 'console' }, { otlp: false, console: true }],
    [{ OTEL_TRACES_EXPORTER: 'OTLP, console' }, { console: true }],
    [{ OTEL_TRACES_EXPORTER: 'otlp', OTEL_ENABLE_OTLP: 'false', OTEL_ENABLE_CONSOLE: 'true' }, {}],
    [{ OTEL_ENABLE_OTLP: 'false' }, { otlp: false }],
    [{ OTEL_ENABLE_CONSOLE: 'true' }, { console: true }],
    [
      { OTEL_TRACES_EXPORTER: 'otlp,console', NODE_ENV: 'production' },
      { console: true, environment: 'production' },
    ],
    // headers
    [{ OTEL_EXPORTER_OTLP_HEADERS: '{"Authorization":"Bearer YOUR_TOKEN"}' }, { 'headers/Authorization': 'Bearer YOUR_TOKEN' }], // prettier-ignore
    [{ OTEL_EXPORTER_OTLP_HEADERS: `'{"DD-API-KEY":"your-api-key"}'` }, { 'headers/DD-API-KEY': 'your-api-key' }],
    [{ OTEL_EXPORTER_OTLP_HEADERS: '{"x":7}' }, { 'headers/x': '7' }],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'a=1, b = x%20y%3D ,,c=d=e' }, { 'headers/a': '1', 'headers/b': 'x y=', 'headers/c': 'd=e' }], // prettier-ignore
    [{ OTEL_EXPORTER_OTLP_HEADERS: `'a=1'` }, { 'headers/a': '1' }],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'a=1,b=2', OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'b=3' }, { 'headers/a': '1', 'headers/b': '3' }], // prettier-ignore
    [{ OTEL_EXPORTER_OTLP_HEADERS: '{}' }, {}],
    // Honeycomb: the key goes there, or where the document sends it, and to nobody else
    [{ HONEYCOMB_API_KEY: 'key' }, { tracesUrl: 'https://api.honeycomb.io/v1/traces', 'headers/x-honeycomb-team': 'key' }], // prettier-ignore
    [{ HONEYCOMB_API_KEY: 'key', HONEYCOMB_DATASET: 'shop' }, { tracesUrl: 'https://api.honeycomb.io/v1/traces', 'headers/x-honeycomb-team': 'key', 'headers/x-honeycomb-dataset': 'shop' }], // prettier-ignore
    [{ HONEYCOMB_DATASET: 'shop' }, {}],
    [{ HONEYCOMB_API_KEY: 'key', OTEL_EXPORTER_URL: 'https://api.eu1.honeycomb.io/v1/traces' }, { tracesUrl: 'https://api.eu1.honeycomb.io/v1/traces', 'headers/x-honeycomb-team': 'key' }], // prettier-ignore
    [{ HONEYCOMB_API_KEY: 'key', OTEL_EXPORTER_URL: 'http://refinery:8080' }, { tracesUrl: 'http://refinery:8080/v1/traces', 'headers/x-honeycomb-team': 'key' }], // prettier-ignore
    [{ HONEYCOMB_API_KEY: 'key', OTEL_EXPORTER_OTLP_ENDPOINT: 'https://api.honeycomb.io' }, { tracesUrl: 'https://api.honeycomb.io/v1/traces', 'headers/x-honeycomb-team': 'key' }], // prettier-ignore
    [{ HONEYCOMB_API_KEY: 'key', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' }, URL_OF('http://c:4318/v1/traces')],
    [{ HONEYCOMB_API_KEY: 'key', OTEL_EXPORTER_OTLP_ENDPOINT: 'https://nothoneycomb.io' }, URL_OF('https://nothoneycomb.io/v1/traces')], // prettier-ignore
    [{ HONEYCOMB_API_KEY: 'key', OTEL_EXPORTER_OTLP_HEADERS: 'x-honeycomb-team=other' }, { tracesUrl: 'https://api.honeycomb.io/v1/traces', 'headers/x-honeycomb-team': 'other' }], // prettier-ignore
    // batches and limits
    [{ OTEL_BSP_SCHEDULE_DELAY: '100' }, { 'batch/scheduledDelayMillis': 100 }],
    [{ OTEL_BSP_EXPORT_TIMEOUT: '100' }, { 'batch/exportTimeoutMillis': 100, exportTimeoutMillis: 100 }],
    [{ OTEL_BSP_EXPORT_TIMEOUT: '100', OTEL_EXPORTER_OTLP_TIMEOUT: '200' }, { 'batch/exportTimeoutMillis': 100, exportTimeoutMillis: 200 }], // prettier-ignore
    [{ OTEL_BSP_MAX_QUEUE_SIZE: '1000' }, { 'batch/maxQueueSize': 1000 }],
    [{ OTEL_BSP_MAX_QUEUE_SIZE: '100', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '10' }, { 'batch/maxQueueSize': 100, 'batch/maxExportBatchSize': 10 }], // prettier-ignore
    [{ OTEL_BSP_MAX_QUEUE_SIZE: '100' }, { 'batch/maxQueueSize': 100, 'batch/maxExportBatchSize': 100 }],
    [{ OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '10' }, { 'settings/attributeValueLengthLimit': 10 }],
    [{ OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '10', OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '20' }, { 'settings/attributeValueLengthLimit': 20 }], // prettier-ignore
    [{ OTEL_ATTRIBUTE_COUNT_LIMIT: '10' }, { 'settings/attributeCountLimit': 10 }],
    [{ OTEL_ATTRIBUTE_COUNT_LIMIT: '10', OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '20' }, { 'settings/attributeCountLimit': 20 }], // prettier-ignore
    [{ OTEL_SPAN_EVENT_COUNT_LIMIT: '0', OTEL_SPAN_LINK_COUNT_LIMIT: '1' }, { 'limits/eventCount': 0, 'limits/linkCount': 1 }], // prettier-ignore
    // the rest
    [{ OTEL_LOG_LEVEL: 'DEBUG' }, { logLevel: 'debug' }],
    [{ OTEL_SEMCONV_STABILITY_OPT_IN: 'http/dup,database/dup' }, { 'duplicateNames/http': true, 'duplicateNames/database': true }], // prettier-ignore
    [{ OTEL_SEMCONV_STABILITY_OPT_IN: 'http, gen_ai/dup , gen_ai_latest_experimental' }, { 'duplicateNames/genAi': true, 'settings/genAiConvention': 'latest' }], // prettier-ignore
    [{ OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'true' }, { 'settings/captureMessageContent': true }],
  ];

  for (const [environment] of rows) for (const name of Object.keys(environment)) tried.add(name);

  it.each(rows)('%j', (environment, changes) => {
    const { config, warnings } = resolve(environment);
    expect({ changes: difference(config), warnings }).toEqual({ changes, warnings: [] });
  });
});

describe('a wrong variable warns once, and the default is used', () => {
  const DURATION = 'a whole number from 1 to 600000';
  const SIZE = 'a whole number from 1 to 1000000';
  const rows: readonly (readonly [environment: Environment, warning: string])[] = [
    [{ OTEL_ENABLED: 'maybe' }, 'OTEL_ENABLED should be true or false, got "maybe"; using true'],
    [{ OTEL_SDK_DISABLED: '2' }, 'OTEL_SDK_DISABLED should be true or false, got "2"; using false'],
    [{ OTEL_ENABLE_OTLP: 'x' }, 'OTEL_ENABLE_OTLP should be true or false, got "x"; using true'],
    [{ OTEL_ENABLE_CONSOLE: 'x' }, 'OTEL_ENABLE_CONSOLE should be true or false, got "x"; using false'],
    [{ OTEL_SAMPLING_RATE: '7' }, 'OTEL_SAMPLING_RATE should be a number from 0 to 1, got "7"; using 1.0'],
    [{ OTEL_SAMPLING_RATE: '10%' }, 'OTEL_SAMPLING_RATE should be a number from 0 to 1, got "10%"; using 1.0'],
    [{ OTEL_SAMPLING_RATE: 'NaN' }, 'OTEL_SAMPLING_RATE should be a number from 0 to 1, got "NaN"; using 1.0'],
    [{ OTEL_TRACES_SAMPLER_ARG: '-1' }, 'OTEL_TRACES_SAMPLER_ARG should be a number from 0 to 1, got "-1"; using 1.0'],
    [{ OTEL_TRACES_SAMPLER: 'jaeger_remote' }, 'OTEL_TRACES_SAMPLER should be parentbased_traceidratio, traceidratio, parentbased_always_on, always_on, parentbased_always_off, always_off, got "jaeger_remote"; using parentbased_traceidratio'], // prettier-ignore
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318' }, `the collector's address should be an http(s) URL, got "localhost:4318"`], // prettier-ignore
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'nonsense' }, `the collector's address should be an http(s) URL, got "nonsense"`], // prettier-ignore
    [{ OTEL_EXPORTER_URL: 'grpc://ada:PLANTED@c' }, `the collector's address should be an http(s) URL, got "grpc://[REDACTED]@c"`], // prettier-ignore
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'OTEL_EXPORTER_OTLP_PROTOCOL should be http/json, http/protobuf, got "grpc"; using http/json'], // prettier-ignore
    [{ OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'grpc' }, 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL should be http/json, http/protobuf, got "grpc"; using the default'], // prettier-ignore
    [{ OTEL_EXPORTER_OTLP_COMPRESSION: 'br' }, 'OTEL_EXPORTER_OTLP_COMPRESSION should be none, gzip, got "br"; using none'], // prettier-ignore
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: '5s' }, `OTEL_EXPORTER_OTLP_TIMEOUT should be ${DURATION}, got "5s"; using 5000`],
    [
      { OTEL_TRACES_EXPORTER: 'zipkin' },
      'OTEL_TRACES_EXPORTER should be otlp, console, none, got "zipkin"; using otlp',
    ],
    [{ OTEL_BSP_SCHEDULE_DELAY: '0' }, `OTEL_BSP_SCHEDULE_DELAY should be ${DURATION}, got "0"; using 500`],
    [{ OTEL_BSP_EXPORT_TIMEOUT: '1.5' }, `OTEL_BSP_EXPORT_TIMEOUT should be ${DURATION}, got "1.5"; using 5000`],
    [{ OTEL_BSP_MAX_QUEUE_SIZE: '1e9' }, `OTEL_BSP_MAX_QUEUE_SIZE should be ${SIZE}, got "1e9"; using 4096`],
    [{ OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '-5' }, `OTEL_BSP_MAX_EXPORT_BATCH_SIZE should be ${SIZE}, got "-5"; using 512`],
    [{ OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: 'x' }, `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT should be ${SIZE}, got "x"; using 4096`], // prettier-ignore
    [{ OTEL_ATTRIBUTE_COUNT_LIMIT: 'x' }, `OTEL_ATTRIBUTE_COUNT_LIMIT should be ${SIZE}, got "x"; using 128`],
    [{ OTEL_SPAN_EVENT_COUNT_LIMIT: '-1' }, 'OTEL_SPAN_EVENT_COUNT_LIMIT should be a whole number from 0 to 1000000, got "-1"; using 128'], // prettier-ignore
    [{ OTEL_SPAN_LINK_COUNT_LIMIT: '-1' }, 'OTEL_SPAN_LINK_COUNT_LIMIT should be a whole number from 0 to 1000000, got "-1"; using 128'], // prettier-ignore
    [{ OTEL_LOG_LEVEL: 'x'.repeat(100) }, `OTEL_LOG_LEVEL should be none, error, warn, info, debug, verbose, all, got "${'x'.repeat(80)}"; using warn`], // prettier-ignore
    [{ OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'x' }, 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT should be true or false, got "x"; using false'], // prettier-ignore
    [{ OTEL_RESOURCE_ATTRIBUTES: 'PLANTED' }, 'OTEL_RESOURCE_ATTRIBUTES is neither a JSON object of texts nor a list of key=value pairs; it is ignored'], // prettier-ignore
    // The value of a header may be a credential, and where the form is wrong so may its name.
    ...[
      'PLANTED',
      '{"PLANTED"',
      '{"a":{"PLANTED":1}}',
      '["PLANTED"]',
      '=PLANTED',
      'a=%E0%A4%PLANTED',
      '{"a":true}',
    ].map(
      (wrong) => [{ OTEL_EXPORTER_OTLP_HEADERS: wrong }, 'OTEL_EXPORTER_OTLP_HEADERS is neither a JSON object of texts nor a list of key=value pairs; it is ignored'] as const, // prettier-ignore
    ),
    [{ OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'PLANTED' }, 'OTEL_EXPORTER_OTLP_TRACES_HEADERS is neither a JSON object of texts nor a list of key=value pairs; it is ignored'], // prettier-ignore
    [{ OTEL_EXPORTER_OTLP_HEADERS: '{"x-key":"PLANTED\\r\\nx: y"}' }, 'a header for the collector is malformed and left out: "x-key"'], // prettier-ignore
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'Authorization: Bearer PLANTED=' }, 'a header for the collector is malformed and left out: its name is none'], // prettier-ignore
  ];

  it('that of the console in production', () => {
    const { config, warnings } = resolve({ OTEL_ENABLE_CONSOLE: 'true', NODE_ENV: 'production' });
    expect([config.console, warnings]).toEqual([
      false,
      ['OTEL_ENABLE_CONSOLE prints nothing where NODE_ENV is production; OTEL_TRACES_EXPORTER=otlp,console does'],
    ]);
  });

  it.each(rows)('%j', (environment, warning) => {
    const { config, warnings } = resolve(environment);
    expect({ changes: difference(config), warnings }).toEqual({ changes: {}, warnings: [warning] });
    expect(warnings.join()).not.toContain('PLANTED');
  });

  it('falls back to the other name, where there is one', () => {
    const { config, warnings } = resolve({
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'nonsense',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:1',
      OTEL_TRACES_SAMPLER_ARG: 'nonsense',
      OTEL_SAMPLING_RATE: '0.5',
    });
    expect([difference(config), warnings.length]).toEqual([
      { tracesUrl: 'http://c:1/v1/traces', 'sampling/ratio': 0.5 },
      2,
    ]);
  });

  it('keeps the good header beside the malformed one', () => {
    expect(difference(resolve({ OTEL_EXPORTER_OTLP_HEADERS: 'good=1,bad name=2' }).config)).toEqual({
      'headers/good': '1',
    });
  });
});

it('has a row for every variable', () => {
  expect(Object.keys(VARIABLES).filter((name) => !tried.has(name))).toEqual([]);
});

describe('an option', () => {
  const sampler = { shouldSample: () => ({ decision: 0 }) };
  const rows: readonly (readonly [options: unknown, changes: Record<string, unknown>])[] = [
    [{}, {}],
    [undefined, {}],
    [null, {}],
    [{ enabled: false }, OFF],
    [{ serviceName: 'shop', serviceVersion: '1', environment: 'test' }, { serviceName: 'shop', serviceVersion: '1', environment: 'test' }], // prettier-ignore
    [{ resourceAttributes: { team: 'a', size: 1, on: true } }, { 'resourceAttributes/team': 'a', 'resourceAttributes/size': 1, 'resourceAttributes/on': true }], // prettier-ignore
    [{ resourceAttributes: { 'service.name': 'shop' } }, { serviceName: 'shop', 'resourceAttributes/service.name': 'shop' }], // prettier-ignore
    [{ endpoint: 'http://c:1/prefix' }, { tracesUrl: 'http://c:1/prefix/v1/traces' }],
    [{ endpoint: 'http://c:1/v1/traces' }, { tracesUrl: 'http://c:1/v1/traces' }],
    [{ headers: { 'X-Key': 'a b' } }, { 'headers/X-Key': 'a b' }],
    [
      { protocol: 'http/protobuf', compression: 'gzip' },
      { protocol: 'http/protobuf', compression: 'gzip' },
    ],
    [
      { otlp: false, console: true },
      { otlp: false, console: true },
    ],
    [{ sampling: { ratio: 0 }, sampler }, { 'sampling/ratio': 0 }],
    [{ batch: { scheduledDelayMillis: 1, exportTimeoutMillis: 2, maxQueueSize: 3, maxExportBatchSize: 4 } }, { 'batch/scheduledDelayMillis': 1, 'batch/exportTimeoutMillis': 2, 'batch/maxQueueSize': 3, 'batch/maxExportBatchSize': 3, exportTimeoutMillis: 2 }], // prettier-ignore
    [{ limits: { attributeValueLength: 1, attributeCount: 2, eventCount: 3, linkCount: 4 } }, { 'settings/attributeValueLengthLimit': 1, 'settings/attributeCountLimit': 2, 'limits/eventCount': 3, 'limits/linkCount': 4 }], // prettier-ignore
    [{ capture: { requestHeaders: ['X-Tenant'], responseHeaders: ['ETag'], queryParameters: ['Page'], messageContent: true } }, { 'settings/capturedRequestHeaders': ['x-tenant'], 'settings/capturedResponseHeaders': ['etag'], 'settings/capturedQueryParameters': ['Page'], 'settings/captureMessageContent': true }], // prettier-ignore
    [{ baggage: { targets: ['.shop.example'] } }, { baggageTargets: ['.shop.example'] }],
    [{ traceIdHeader: 'x-id' }, { 'settings/traceIdHeader': 'x-id' }],
    [{ traceIdHeader: false }, { 'settings/traceIdHeader': false }],
    [{ handleSignals: false }, { handleSignals: false }],
  ];

  it.each(rows)('%j', (options, changes) => {
    expect(difference(resolve({}, options).config)).toEqual(changes);
  });

  it('wins over every variable', () => {
    const { config } = resolve(
      {
        OTEL_SDK_DISABLED: 'true',
        OTEL_SERVICE_NAME: 'env',
        OTEL_SERVICE_VERSION: 'env',
        DD_ENV: 'env',
        OTEL_RESOURCE_ATTRIBUTES: 'team=env,service.version=env',
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://env',
        OTEL_EXPORTER_OTLP_HEADERS: 'env=1',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
        OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
        OTEL_TRACES_EXPORTER: 'none',
        OTEL_TRACES_SAMPLER: 'parentbased_always_off',
        OTEL_BSP_MAX_QUEUE_SIZE: '7',
        OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '7',
        OTEL_SPAN_EVENT_COUNT_LIMIT: '7',
        OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'true',
      },
      {
        enabled: true,
        serviceName: 'code',
        serviceVersion: 'code',
        environment: 'code',
        resourceAttributes: { team: 'code' },
        endpoint: 'http://code',
        headers: { code: '1' },
        protocol: 'http/json',
        compression: 'none',
        otlp: true,
        console: false,
        sampling: { ratio: 0.5 },
        batch: { maxQueueSize: 4096 },
        limits: { attributeCount: 128, eventCount: 128 },
        capture: { messageContent: false },
      },
    );
    expect(difference(config)).toEqual({
      serviceName: 'code',
      serviceVersion: 'code',
      environment: 'code',
      'resourceAttributes/team': 'code',
      'resourceAttributes/service.version': 'env',
      tracesUrl: 'http://code/v1/traces',
      'headers/code': '1',
      'sampling/ratio': 0.5,
    });
  });
});

describe('a wrong option fails, with its path and what it got', () => {
  const PREFIX = 'throughline: ';
  const rows: readonly (readonly [options: unknown, message: string])[] = [
    ['x', 'the options: Invalid input: expected object, received string; got "x" (string)'],
    [5, 'the options: Invalid input: expected object, received number; got 5 (number)'],
    [[], 'the options: Invalid input: expected object, received array; got an array'],
    [{ nope: 1 }, 'the options: Unrecognized key: "nope"; got an object'],
    [{ sampling: { ratio: 1, nope: 1 } }, 'option sampling: Unrecognized key: "nope"; got an object'],
    [{ batch: { nope: 1 } }, 'option batch: Unrecognized key: "nope"; got an object'],
    [{ limits: { nope: 1 } }, 'option limits: Unrecognized key: "nope"; got an object'],
    [{ capture: { nope: 1 } }, 'option capture: Unrecognized key: "nope"; got an object'],
    [{ baggage: { targets: [], nope: 1 } }, 'option baggage: Unrecognized key: "nope"; got an object'],
    [{ enabled: 'yes' }, 'option enabled: Invalid input: expected boolean, received string; got "yes" (string)'],
    [{ serviceName: '' }, 'option serviceName: Too small: expected string to have >=1 characters; got "" (string)'],
    [{ serviceVersion: 1 }, 'option serviceVersion: Invalid input: expected string, received number; got 1 (number)'],
    [{ environment: null }, 'option environment: Invalid input: expected string, received null; got null (object)'],
    [{ resourceAttributes: { a: {} } }, 'option resourceAttributes.a: Invalid input; got an object'],
    [{ endpoint: 'nonsense' }, 'option endpoint: an http(s) URL; got "nonsense" (string)'],
    [{ endpoint: 'ftp://ada:PLANTED@c/' }, 'option endpoint: an http(s) URL; got "ftp://[REDACTED]@c/" (string)'],
    [{ headers: 'PLANTED' }, 'option headers: Invalid input: expected record, received string; got a string'],
    [{ headers: { a: 'PLANTED\n' } }, 'option headers.a: a header value on one line; got a string'],
    [{ headers: { a: 5 } }, 'option headers.a: Invalid input: expected string, received number; got a number'],
    [{ headers: { 'Bearer PLANTED': 'x' } }, 'option headers: a header name; got a string'],
    [{ protocol: 'grpc' }, 'option protocol: Invalid option: expected one of "http/json"|"http/protobuf"; got "grpc" (string)'], // prettier-ignore
    [{ compression: 1 }, 'option compression: Invalid option: expected one of "none"|"gzip"; got 1 (number)'],
    [{ otlp: 1 }, 'option otlp: Invalid input: expected boolean, received number; got 1 (number)'],
    [{ console: 1 }, 'option console: Invalid input: expected boolean, received number; got 1 (number)'],
    [{ sampling: 0.1 }, 'option sampling: Invalid input: expected object, received number; got 0.1 (number)'],
    [{ sampling: {} }, 'option sampling: it should have a ratio or routes; got an object'],
    [{ sampling: { routes: { 'api/health': 0 } } }, 'option sampling.routes: a route such as /api/health, or /api/orders/* for all that is below; got "api/health" (string)'], // prettier-ignore
    [{ sampling: { routes: { '/api/*/pay': 0 } } }, 'option sampling.routes: a route such as /api/health, or /api/orders/* for all that is below; got "/api/*/pay" (string)'], // prettier-ignore
    [{ sampling: { routes: { '/api/health': 2 } } }, 'option sampling.routes./api/health: Too big: expected number to be <=1; got 2 (number)'], // prettier-ignore
    [{ keep: {} }, 'option keep: it should say what to keep: errors: true, slowerThanMillis, or both; got an object'],
    [{ keep: { errors: false } }, 'option keep: it should say what to keep: errors: true, slowerThanMillis, or both; got an object'], // prettier-ignore
    [{ keep: { errors: true, maxSpans: 0 } }, 'option keep.maxSpans: Too small: expected number to be >0; got 0 (number)'], // prettier-ignore
    [{ trustIncoming: 'some' }, `option trustIncoming: 'all', 'none' or a function; got "some" (string)`],
    [{ propagateTo: 'example.com' }, 'option propagateTo: Invalid input: expected array, received string; got "example.com" (string)'], // prettier-ignore
    [{ serverTiming: 'yes' }, 'option serverTiming: Invalid input: expected boolean, received string; got "yes" (string)'], // prettier-ignore
    [{ sampling: { ratio: 2 } }, 'option sampling.ratio: Too big: expected number to be <=1; got 2 (number)'],
    [{ sampling: { ratio: '0.1' } }, 'option sampling.ratio: Invalid input: expected number, received string; got "0.1" (string)'], // prettier-ignore
    [{ sampler: {} }, 'option sampler: an object with shouldSample; got an object'],
    [{ batch: { scheduledDelayMillis: 0 } }, 'option batch.scheduledDelayMillis: Too small: expected number to be >0; got 0 (number)'], // prettier-ignore
    [{ batch: { exportTimeoutMillis: 600_001 } }, 'option batch.exportTimeoutMillis: Too big: expected number to be <=600000; got 600001 (number)'], // prettier-ignore
    [{ batch: { maxQueueSize: 1.5 } }, 'option batch.maxQueueSize: Invalid input: expected int, received number; got 1.5 (number)'], // prettier-ignore
    [{ batch: { maxExportBatchSize: -1 } }, 'option batch.maxExportBatchSize: Too small: expected number to be >0; got -1 (number)'], // prettier-ignore
    [{ limits: { linkCount: 0 } }, 'option limits.linkCount: Too small: expected number to be >0; got 0 (number)'],
    [{ capture: { requestHeaders: ['a b'] } }, 'option capture.requestHeaders.0: a header name; got "a b" (string)'],
    [{ capture: { responseHeaders: 'etag' } }, 'option capture.responseHeaders: Invalid input: expected array, received string; got "etag" (string)'], // prettier-ignore
    [{ capture: { queryParameters: [''] } }, 'option capture.queryParameters.0: Too small: expected string to have >=1 characters; got "" (string)'], // prettier-ignore
    [{ capture: { messageContent: 1 } }, 'option capture.messageContent: Invalid input: expected boolean, received number; got 1 (number)'], // prettier-ignore
    [{ baggage: {} }, 'option baggage.targets: Invalid input: expected array, received undefined; got undefined (undefined)'], // prettier-ignore
    [{ traceIdHeader: true }, 'option traceIdHeader: Invalid input; got true (boolean)'],
    [{ redact: [1] }, 'option redact.0: a function; got 1 (number)'],
    [{ instrumentations: [{}] }, 'option instrumentations.0: an object with enable, disable; got an object'],
    [{ autoInstrumentations: 1 }, 'option autoInstrumentations: Invalid input: expected boolean, received number; got 1 (number)'], // prettier-ignore
    [{ exporter: {} }, 'option exporter: an object with export, shutdown; got an object'],
    [{ spanProcessors: [{}] }, 'option spanProcessors.0: an object with onStart, onEnd, forceFlush, shutdown; got an object'], // prettier-ignore
    [{ metricReaders: [1] }, 'option metricReaders.0: Invalid input; got 1 (number)'],
    [{ idGenerator: {} }, 'option idGenerator: an object with generateTraceId, generateSpanId; got an object'],
    [{ handleSignals: 1 }, 'option handleSignals: Invalid input: expected boolean, received number; got 1 (number)'],
  ];

  it.each(rows)('%j', (options, message) => {
    const thrown = (() => {
      try {
        return resolve({}, options);
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toBeInstanceOf(TracingOptionsError);
    expect((thrown as Error).message).toBe(PREFIX + message);
  });
});
