/**
 * The environment variables that boot understands, and how each is read. A wrong value is reported and the default used;
 * a value that may be a credential is never repeated in the report.
 */

/** Where environment variables come from: `process.env`, or a record in a test. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Tells that a value could not be used. */
export type Warn = (message: string) => void;

/** One variable: its default as it would be written, and what it does. */
export interface Variable {
  readonly default: string;
  readonly does: string;
}

/**
 * Every variable that the configuration reads. Where two say the same, the standard one wins: `OTEL_SDK_DISABLED` over
 * `OTEL_ENABLED`, `OTEL_TRACES_SAMPLER` over `OTEL_SAMPLING_RATE`, and so on. `.env.example` lists them all.
 */
export const VARIABLES = {
  OTEL_ENABLED: { default: 'true', does: 'false switches tracing off' },
  OTEL_SDK_DISABLED: { default: 'false', does: 'true switches tracing off (standard)' },
  OTEL_SERVICE_NAME: { default: 'unknown_service', does: 'name of this service' },
  OTEL_SERVICE_VERSION: { default: '', does: 'version of this service' },
  OTEL_RESOURCE_ATTRIBUTES: { default: '', does: 'key=value pairs that describe this service (standard)' },
  SERVICE_NAME: { default: '', does: 'name of this service, where nothing above and no DD_SERVICE names it' },
  DD_SERVICE: { default: '', does: "Datadog's name of this service, used where OTEL_SERVICE_NAME is not set" },
  DD_ENV: { default: '', does: "Datadog's name of the environment" },
  DD_VERSION: { default: '', does: "Datadog's version, used where OTEL_SERVICE_VERSION is not set" },
  AWS_REGION: { default: '', does: 'recorded as cloud.region' },
  NODE_ENV: { default: 'development', does: 'recorded as deployment.environment.name where nothing else says it' },
  OTEL_SAMPLING_RATE: { default: '1.0', does: 'share of the traces kept, from 0 to 1' },
  OTEL_TRACES_SAMPLER: { default: 'parentbased_traceidratio', does: 'sampler (standard)' },
  OTEL_TRACES_SAMPLER_ARG: { default: '1.0', does: 'argument of the sampler (standard)' },
  OTEL_EXPORTER_OTLP_ENDPOINT: { default: 'http://localhost:4318', does: 'collector, with or without /v1/traces' },
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: { default: '', does: 'collector for traces, the whole URL (standard)' },
  OTEL_EXPORTER_URL: { default: '', does: 'collector, where no standard variable names one' },
  HONEYCOMB_API_KEY: {
    default: '',
    does: 'key for Honeycomb, where traces then go by default; sent to no other collector',
  },
  HONEYCOMB_DATASET: { default: '', does: "Honeycomb's dataset, which its Classic environments ask for" },
  OTEL_EXPORTER_OTLP_HEADERS: { default: '', does: 'headers for the collector, as JSON or key=value,key=value' },
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: { default: '', does: 'the same, for traces alone (standard)' },
  OTEL_EXPORTER_OTLP_PROTOCOL: { default: 'http/json', does: 'http/json or http/protobuf' },
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: { default: '', does: 'the same, for traces alone (standard)' },
  OTEL_EXPORTER_OTLP_COMPRESSION: { default: 'none', does: 'none or gzip' },
  OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: { default: '', does: 'the same, for traces alone (standard)' },
  OTEL_EXPORTER_OTLP_TIMEOUT: { default: '5000', does: 'milliseconds that sending a batch may take, retries included' },
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: { default: '', does: 'the same, for traces alone (standard)' },
  OTEL_TRACES_EXPORTER: { default: 'otlp', does: 'otlp, console, none, or several with commas (standard)' },
  OTEL_ENABLE_OTLP: { default: 'true', does: 'false sends nothing to the collector' },
  OTEL_ENABLE_CONSOLE: { default: 'false', does: 'true prints each span, unless NODE_ENV is production' },
  OTEL_BSP_SCHEDULE_DELAY: { default: '500', does: 'milliseconds between two batches (standard)' },
  OTEL_BSP_EXPORT_TIMEOUT: { default: '5000', does: 'milliseconds that a batch may take (standard)' },
  OTEL_BSP_MAX_QUEUE_SIZE: { default: '4096', does: 'spans that wait at the most (standard)' },
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: { default: '512', does: 'spans in a batch at the most (standard)' },
  OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: { default: '4096', does: 'longest attribute value (standard)' },
  OTEL_ATTRIBUTE_COUNT_LIMIT: { default: '128', does: 'most attributes on a span (standard)' },
  OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: { default: '', does: 'the same, for spans alone (standard)' },
  OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: { default: '', does: 'the same, for spans alone (standard)' },
  OTEL_SPAN_EVENT_COUNT_LIMIT: { default: '128', does: 'most events on a span (standard)' },
  OTEL_SPAN_LINK_COUNT_LIMIT: { default: '128', does: 'most links on a span (standard)' },
  OTEL_LOG_LEVEL: {
    default: 'warn',
    does: "level of the tracing layer's own messages: none ... all; info in development (standard)",
  },
  OTEL_SEMCONV_STABILITY_OPT_IN: {
    default: '',
    does: 'http/dup, database/dup, gen_ai/dup add the older names; gen_ai_latest_experimental the newer ones (standard)',
  },
  OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: {
    default: 'false',
    does: 'true records the prompts that are handed over',
  },
} as const satisfies Record<string, Variable>;

/** The name of a variable that the configuration reads. */
export type VariableName = keyof typeof VARIABLES;

/** Reads variables out of an environment; the empty text counts as not set, as OpenTelemetry wants it. */
export class EnvironmentReader {
  readonly #environment: Environment;
  readonly #warn: Warn;

  constructor(environment: Environment, warn: Warn) {
    this.#environment = environment;
    this.#warn = warn;
  }

  /** The first of the variables that is set. */
  text(...names: VariableName[]): string | undefined {
    for (const name of names) {
      const value = this.#environment[name]?.trim();
      if (value) return value;
    }
    return undefined;
  }

  /** A switch: true, 1, yes, on or their opposites, in any case. */
  flag(name: VariableName): boolean | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (/^(?:true|1|yes|on)$/i.test(value)) return true;
    if (/^(?:false|0|no|off)$/i.test(value)) return false;
    this.#reject(name, 'true or false', value);
    return undefined;
  }

  /** A number within bounds; the first of the variables that is set counts. */
  number(bounds: { min: number; max: number; integer: boolean }, ...names: VariableName[]): number | undefined {
    const name = names.find((candidate) => this.text(candidate) !== undefined);
    if (name === undefined) return undefined;
    const value = this.text(name) ?? '';
    const parsed = Number(value);
    const fits = parsed >= bounds.min && parsed <= bounds.max && (!bounds.integer || Number.isInteger(parsed));
    if (fits) return parsed;
    this.#reject(name, `${bounds.integer ? 'a whole number' : 'a number'} from ${bounds.min} to ${bounds.max}`, value);
    return undefined;
  }

  /** One of a few words; the first of the variables that is set counts. */
  choice<C extends string>(choices: readonly C[], ...names: VariableName[]): C | undefined {
    const name = names.find((candidate) => this.text(candidate) !== undefined);
    if (name === undefined) return undefined;
    const value = (this.text(name) ?? '').toLowerCase();
    const found = choices.find((choice) => choice === value);
    if (found === undefined) this.#reject(name, choices.join(', '), value);
    return found;
  }

  /** Words separated by commas. */
  list(name: VariableName): string[] {
    return (this.text(name) ?? '')
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '');
  }

  /** Words of a few, separated by commas; the others are reported and left out. */
  choices<C extends string>(choices: readonly C[], name: VariableName): C[] {
    const words = this.list(name).map((word) => word.toLowerCase());
    const wrong = words.find((word) => !choices.some((choice) => choice === word));
    if (wrong !== undefined) this.#reject(name, choices.join(', '), wrong);
    return choices.filter((choice) => words.includes(choice));
  }

  /** Pairs as `key=value,key=value` with percent-encoding, or as a JSON object. Values are never repeated in a warning. */
  pairs(...names: VariableName[]): Record<string, string> | undefined {
    const name = names.find((candidate) => this.text(candidate) !== undefined);
    if (name === undefined) return undefined;
    const quoted = this.text(name) ?? '';
    const value = /^'.*'$/s.test(quoted) ? quoted.slice(1, -1) : quoted;
    try {
      return value.startsWith('{') ? parseJsonPairs(value) : parseListedPairs(value);
    } catch {
      this.#warn(`${name} is neither a JSON object of texts nor a list of key=value pairs; it is ignored`);
      return undefined;
    }
  }

  #reject(name: VariableName, expected: string, got: string): void {
    const fallback = VARIABLES[name].default;
    this.#warn(
      `${name} should be ${expected}, got "${got.slice(0, 80)}"; using ${fallback === '' ? 'the default' : fallback}`,
    );
  }
}

function parseJsonPairs(text: string): Record<string, string> {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== 'object' || parsed === null) throw new TypeError('not an object');
  const out: Record<string, string> = {};
  for (const [key, value] of Object.entries(parsed)) {
    if (typeof value !== 'string' && typeof value !== 'number') throw new TypeError('not a text');
    out[key] = String(value);
  }
  return out;
}

function parseListedPairs(text: string): Record<string, string> {
  const out: Record<string, string> = {};
  for (const pair of text.split(',')) {
    if (pair.trim() === '') continue;
    const equals = pair.indexOf('=');
    if (equals < 1) throw new TypeError('no key');
    out[decodeURIComponent(pair.slice(0, equals).trim())] = decodeURIComponent(pair.slice(equals + 1).trim());
  }
  return out;
}

/**
 * The environment of this process: the only place in the library that reads it.
 *
 * @returns the variables as they are now
 */
export function readEnvironment(): Environment {
  return process.env;
}

// The exporter takes the JSON form of the documents for a list of pairs and makes header names out of credentials. The
// SDK would install a second logger, and switch itself off although an option has switched it on.
const OURS_ALONE = [
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
  'OTEL_LOG_LEVEL',
  'OTEL_SDK_DISABLED',
] as const satisfies VariableName[];

/**
 * Runs a constructor of the SDK's that would read the environment by itself what the configuration has read already.
 *
 * @param construct runs at once, with those variables out of sight
 * @returns what `construct` returned
 * @throws what `construct` throws
 */
export function withoutOurVariables<T>(construct: () => T): T {
  const names = OURS_ALONE;
  const kept = names.map((name) => [name, process.env[name]] as const);
  for (const name of names) delete process.env[name];
  try {
    return construct();
  } finally {
    for (const [name, value] of kept) if (value !== undefined) process.env[name] = value;
  }
}
