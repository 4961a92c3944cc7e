/** What a Worker's tracing may be told, in code and by the variables of its environment, and what comes of it. Pure. */
import { DEFAULT_SETTINGS, type RuntimeSettings } from '../runtime.ts';
import type { WaitUntil } from './invocation.ts';

/** Everything that can be set in code. What is left out comes from the environment, else from the default. */
export interface WorkersTracingOptions {
  /** `false` records nothing. Default: `OTEL_SDK_DISABLED` and `OTEL_ENABLED`, else on. */
  readonly enabled?: boolean;
  /** Default: `OTEL_SERVICE_NAME`, else `SERVICE_NAME`, else `unknown_service`. One name for each script: an isolate has one provider. */
  readonly serviceName?: string;
  /** Further attributes of this Worker, such as `service.version`. */
  readonly resourceAttributes?: Readonly<Record<string, string | number | boolean>>;
  /**
   * The collector, with or without `/v1/traces`. Default: `OTEL_EXPORTER_OTLP_ENDPOINT`, else `OTEL_EXPORTER_URL`, else Honeycomb
   * where `HONEYCOMB_API_KEY` is set, else `http://localhost:4318`.
   */
  readonly endpoint?: string;
  /**
   * Headers for the collector. Default: `OTEL_EXPORTER_OTLP_HEADERS`, as JSON or `key=value,key=value`, and those that
   * `HONEYCOMB_API_KEY` and `HONEYCOMB_DATASET` make.
   */
  readonly headers?: Readonly<Record<string, string>>;
  /** Share of the traces that begin here to keep, from 0 to 1. Default: `OTEL_SAMPLING_RATE`, else 1. */
  readonly sampling?: { readonly ratio: number };
  /** Print each span. Default: `OTEL_ENABLE_CONSOLE`, else whether `NODE_ENV` is `development`. */
  readonly console?: boolean;
  /** What may be recorded besides the defaults. */
  readonly capture?: {
    readonly requestHeaders?: readonly string[];
    readonly responseHeaders?: readonly string[];
    readonly queryParameters?: readonly string[];
    /** Prompts. Default: no. */
    readonly messageContent?: boolean;
    /** Beginnings of R2 and KV keys that may be recorded whole, such as `images/`. Default: none, keys are hashed. */
    readonly keys?: readonly string[];
  };
  /** The response header that carries the trace id. Default: `x-trace-id`; `false` for none. */
  readonly traceIdHeader?: string | false;
  /** Milliseconds since the epoch. Default: `Date.now`, which a Worker moves with I/O alone. */
  readonly clock?: () => number;
  /** The variables. Default: those of the Worker. */
  readonly env?: object;
  /** Keeps the current invocation alive. Default: that of `cloudflare:workers`. */
  readonly waitUntil?: WaitUntil;
}

/** What the code reads: nothing is optional that has a default. */
export interface ResolvedWorkersConfig {
  readonly enabled: boolean;
  readonly resourceAttributes: Readonly<Record<string, string | number | boolean>>;
  readonly tracesUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly ratio: number;
  readonly console: boolean;
  readonly clock: () => number;
  readonly waitUntil: WaitUntil | undefined;
  readonly settings: RuntimeSettings;
}

/** What each option is, in the words of `typeof`. */
const TYPES: { readonly [Name in keyof Required<WorkersTracingOptions>]: string } = {
  enabled: 'boolean',
  serviceName: 'string',
  resourceAttributes: 'object',
  endpoint: 'string',
  headers: 'object',
  sampling: 'object',
  console: 'boolean',
  capture: 'object',
  traceIdHeader: 'string',
  clock: 'function',
  env: 'object',
  waitUntil: 'function',
};

function isHttpUrl(value: unknown): boolean {
  return /^https?:/.test(String(value)) && URL.canParse(String(value));
}

function isRatio(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

/** What an option should have been; `undefined` when it is well. */
function faultOf(name: string, value: unknown): string | undefined {
  const expected = Object.hasOwn(TYPES, name) ? TYPES[name as keyof WorkersTracingOptions] : undefined;
  if (expected === undefined) return 'left out: there is no such option';
  if (name === 'traceIdHeader' && value === false) return undefined;
  if (typeof value !== expected || value === null || value === '') return `of type ${expected}`;
  if (name === 'endpoint' && !isHttpUrl(value)) return 'an http(s) URL';
  return name === 'sampling' && !isRatio((value as { ratio?: unknown }).ratio) ? '{ ratio } from 0 to 1' : undefined;
}

function validate(options: WorkersTracingOptions): void {
  for (const [name, value] of Object.entries(options)) {
    const fault = value === undefined ? undefined : faultOf(name, value);
    // Headers may hold a credential: of objects nothing is repeated.
    if (fault !== undefined)
      throw new TypeError(`throughline: the option ${name} should be ${fault}, got ${String(value)}`);
  }
}

/** The URL for traces from a base that may carry the path already: the documents use both. */
function toTracesUrl(endpoint: string): string {
  return `${endpoint.replace(/(?:\/v1\/traces)?\/*$/, '')}/v1/traces`;
}

function parseHeaders(text: string): Record<string, string> {
  if (text.startsWith('{')) return JSON.parse(text) as Record<string, string>;
  return Object.fromEntries(
    [...text.matchAll(/([^,=]+)=([^,]*)/g)].map((pair) => pair.slice(1).map((part) => decodeURIComponent(part.trim()))),
  ) as Record<string, string>;
}

/** Headers that `fetch` will take; nothing of wrong ones, which would stop every batch. */
function usableHeaders(text = ''): Record<string, string> | undefined {
  try {
    return Object.fromEntries(new Headers(parseHeaders(text)));
  } catch {
    return undefined;
  }
}

type ReadText = (name: string, fits?: (value: string) => unknown) => string | undefined;

/** Reads the variables; a binding that is no text is none. */
function readVariables(env: object, warn: (message: string) => void): ReadText {
  return (name, fits) => {
    const value: unknown = (env as Record<string, unknown>)[name];
    const text = typeof value === 'string' ? value.trim() : '';
    if (text !== '' && fits && !fits(text)) warn(`${name} has a value that cannot be used; using the default`);
    else return text || undefined;
    return undefined;
  };
}

function readFlag(read: ReadText, name: string): boolean | undefined {
  const text = read(name, (value) => /^(?:true|false|1|0)$/i.test(value));
  return text === undefined ? undefined : /^[t1]/i.test(text);
}

const lowerCase = (names: readonly string[] = []): string[] => names.map((name) => name.toLowerCase());

/**
 * Makes one resolved configuration out of options and variables.
 *
 * @param options what was written in code; wins over the variables
 * @param warn is told which variables could not be used
 * @returns the configuration
 * @throws TypeError for a wrong option, naming it and what it got
 */
export function resolveWorkersConfig(
  options: WorkersTracingOptions,
  warn: (message: string) => void,
): ResolvedWorkersConfig {
  validate(options);
  const read = readVariables(options.env ?? {}, warn);
  const { capture = {} } = options;
  const enabled =
    options.enabled ?? (readFlag(read, 'OTEL_SDK_DISABLED') !== true && (readFlag(read, 'OTEL_ENABLED') ?? true));
  const environment = read('NODE_ENV');
  const beside = read('OTEL_EXPORTER_URL', isHttpUrl);
  const key = read('HONEYCOMB_API_KEY');
  const dataset = read('HONEYCOMB_DATASET');
  const endpoint =
    options.endpoint ??
    read('OTEL_EXPORTER_OTLP_ENDPOINT', isHttpUrl) ??
    beside ??
    (key ? 'https://api.honeycomb.io' : 'http://localhost:4318');
  // A key is a credential: it goes to its owner, and to the address that the gateway's document puts beside it.
  const isForKey = endpoint === beside || /(?:^|\.)honeycomb\.io$/.test(new URL(endpoint).hostname);
  return {
    enabled,
    resourceAttributes: {
      ...(environment !== undefined && { 'deployment.environment.name': environment }),
      'service.name': options.serviceName ?? read('OTEL_SERVICE_NAME') ?? read('SERVICE_NAME') ?? 'unknown_service',
      ...options.resourceAttributes,
    },
    tracesUrl: toTracesUrl(endpoint),
    headers: options.headers ?? {
      ...(key && isForKey && { 'x-honeycomb-team': key, ...(dataset && { 'x-honeycomb-dataset': dataset }) }),
      ...usableHeaders(read('OTEL_EXPORTER_OTLP_HEADERS', usableHeaders)),
    },
    ratio: options.sampling?.ratio ?? Number(read('OTEL_SAMPLING_RATE', (text) => isRatio(Number(text))) ?? 1),
    console: options.console ?? readFlag(read, 'OTEL_ENABLE_CONSOLE') ?? environment === 'development',
    // Looked up each time: a test may put another clock in its place.
    clock: options.clock ?? (() => Date.now()),
    waitUntil: options.waitUntil,
    settings: {
      ...DEFAULT_SETTINGS,
      enabled,
      capturedRequestHeaders: lowerCase(capture.requestHeaders),
      capturedResponseHeaders: lowerCase(capture.responseHeaders),
      capturedQueryParameters: capture.queryParameters ?? [],
      captureMessageContent: capture.messageContent ?? false,
      capturedKeys: capture.keys ?? [],
      traceIdHeader: options.traceIdHeader ?? DEFAULT_SETTINGS.traceIdHeader,
    },
  };
}
