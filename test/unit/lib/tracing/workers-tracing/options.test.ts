/** What may be said in options and variables, and what comes of it. */
import { type WorkersTracingOptions, resolveWorkersConfig } from '@/lib/tracing/workers-tracing/options.ts';

function resolve(options: object): [config: ReturnType<typeof resolveWorkersConfig>, warnings: string[]] {
  const warnings: string[] = [];
  return [resolveWorkersConfig(options, (message) => warnings.push(message)), warnings];
}

it.each<[what: string, options: WorkersTracingOptions, config: object]>([
  [
    'nothing',
    {},
    {
      enabled: true,
      tracesUrl: 'http://localhost:4318/v1/traces',
      headers: {},
      ratio: 1,
      console: false,
      resourceAttributes: { 'service.name': 'unknown_service' },
    },
  ],
  [
    "the document's variables",
    {
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318/v1/traces',
        OTEL_SERVICE_NAME: 'sellersco-worker',
        NODE_ENV: 'development',
      },
    },
    {
      tracesUrl: 'http://localhost:4318/v1/traces',
      console: true,
      resourceAttributes: { 'service.name': 'sellersco-worker', 'deployment.environment.name': 'development' },
    },
  ],
  ['a slash at the end', { endpoint: 'https://otel.example/' }, { tracesUrl: 'https://otel.example/v1/traces' }],
  [
    'options before variables',
    { endpoint: 'http://a:1', env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://b:2' } },
    { tracesUrl: 'http://a:1/v1/traces' },
  ],
  [
    'headers as pairs',
    { env: { OTEL_EXPORTER_OTLP_HEADERS: 'x-team=a%20b, x-key = c=d' } },
    { headers: { 'x-team': 'a b', 'x-key': 'c=d' } },
  ],
  ['headers as JSON', { env: { OTEL_EXPORTER_OTLP_HEADERS: '{"x-team":"a"}' } }, { headers: { 'x-team': 'a' } }],
  [
    "the gateway's variables",
    {
      env: {
        OTEL_EXPORTER_URL: 'https://proxy.example/v1/traces',
        HONEYCOMB_API_KEY: 'key',
        HONEYCOMB_DATASET: 'gateway',
        SERVICE_NAME: 'ecomm-ms-gateway',
      },
    },
    {
      tracesUrl: 'https://proxy.example/v1/traces',
      headers: { 'x-honeycomb-team': 'key', 'x-honeycomb-dataset': 'gateway' },
      resourceAttributes: { 'service.name': 'ecomm-ms-gateway' },
    },
  ],
  [
    'a key alone',
    { env: { HONEYCOMB_API_KEY: 'key' } },
    { tracesUrl: 'https://api.honeycomb.io/v1/traces', headers: { 'x-honeycomb-team': 'key' } },
  ],
  [
    'a key beside a region of its owner',
    { env: { HONEYCOMB_API_KEY: 'key', OTEL_EXPORTER_OTLP_ENDPOINT: 'https://api.eu1.honeycomb.io' } },
    { headers: { 'x-honeycomb-team': 'key' } },
  ],
  ['a ratio', { env: { OTEL_SAMPLING_RATE: '0.25' } }, { ratio: 0.25 }],
  ['switched off by one variable', { env: { OTEL_SDK_DISABLED: 'true', OTEL_ENABLED: 'true' } }, { enabled: false }],
  ['switched off by the other', { env: { OTEL_ENABLED: '0' } }, { enabled: false }],
  [
    'a binding where a text should be',
    { env: { OTEL_SERVICE_NAME: { get: () => 'kv' } } },
    { resourceAttributes: { 'service.name': 'unknown_service' } },
  ],
  [
    'names of headers in any case',
    { capture: { requestHeaders: ['X-Tenant'] } },
    { settings: { capturedRequestHeaders: ['x-tenant'] } },
  ],
])('%s', (_what, options, config) => {
  const [resolved, warnings] = resolve(options);
  expect(resolved).toMatchObject(config);
  expect(warnings).toEqual([]);
});

it.each(['http://localhost:4318', 'https://evil-honeycomb.io', 'https://evil.example/.honeycomb.io'])(
  'a key is not sent to %s',
  (endpoint) => {
    const env = { HONEYCOMB_API_KEY: 'key', OTEL_EXPORTER_URL: 'https://proxy.example' };
    const said = [{ endpoint, env }, { env: { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } }];
    expect(said.map((options) => resolve(options)[0].headers)).toEqual([{}, {}]);
  },
);

it.each([
  [{ serviceName: 7 }, 'the option serviceName should be of type string, got 7'],
  [{ serviceName: '' }, 'the option serviceName should be of type string, got '],
  [{ endpoint: 'localhost:4318' }, 'the option endpoint should be an http(s) URL, got localhost:4318'],
  [{ sampling: { ratio: 2 } }, 'the option sampling should be { ratio } from 0 to 1, got [object Object]'],
  [{ headers: null }, 'the option headers should be of type object, got null'],
  [{ clock: 5 }, 'the option clock should be of type function, got 5'],
  [{ traceIdHeader: true }, 'the option traceIdHeader should be of type string, got true'],
  [{ servicename: 'x' }, 'the option servicename should be left out: there is no such option, got x'],
])('refuses %j', (options, message) => {
  expect(() => resolve(options)).toThrow(new TypeError(`throughline: ${message}`));
});

it.each([
  [
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'localhost',
    'OTEL_EXPORTER_OTLP_ENDPOINT has a value that cannot be used; using the default',
  ],
  ['OTEL_SAMPLING_RATE', '7', 'OTEL_SAMPLING_RATE has a value that cannot be used; using the default'],
  ['OTEL_ENABLED', 'perhaps', 'OTEL_ENABLED has a value that cannot be used; using the default'],
  [
    'OTEL_EXPORTER_OTLP_HEADERS',
    '{"x-team"',
    'OTEL_EXPORTER_OTLP_HEADERS has a value that cannot be used; using the default',
  ],
])('a variable that cannot be used falls back with a warning: %s=%s', (name, value, warning) => {
  const [config, warnings] = resolve({ env: { [name]: value } });
  expect([config, warnings]).toEqual([{ ...resolve({})[0], clock: expect.any(Function) as unknown }, [warning]]);
});
