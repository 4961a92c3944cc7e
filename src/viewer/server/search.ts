/** The search of Jaeger's v1 API: what its parameters mean, and which traces they select. Pure. */
import { type JaegerTag, toJaegerFields, toJaegerProcess, toJaegerTags } from './jaeger.ts';
import type { Filter } from './jaeger-filter.ts';
import { durationText } from './jaeger-units.ts';
import { durationNano, type Span, serviceName } from './span.ts';

/** A search that cannot be understood; the message names the parameter. */
export class SearchError extends Error {
  override name = 'SearchError';
}

/** A search, understood. All conditions must hold for one and the same span of a trace. */
export interface TraceSearch {
  /** `''` for any. */
  readonly service: string;
  /** `''` for any. */
  readonly operation: string;
  readonly startUnixNano: bigint;
  readonly endUnixNano: bigint;
  readonly minDurationNano: bigint | undefined;
  readonly maxDurationNano: bigint | undefined;
  readonly tags: readonly (readonly [key: string, value: string])[];
  /** How many traces to give back at most. */
  readonly limit: number;
  /** When not empty, these traces are meant and nothing else counts. */
  readonly traceIds: readonly string[];
  /** Of v3; a span must meet it too. */
  readonly filter?: Filter;
}

const DEFAULT_LIMIT = 100;
const DEFAULT_LOOKBACK_NANO = 2n * 24n * 3600n * 1_000_000_000n;
/**
 * Brings a trace id to 32 lower-case hex digits. Jaeger takes hex, also without its leading zeros, and base64.
 *
 * @param text the id as it came
 * @returns the id, or undefined when it is none
 * @example
 * normalizeTraceId('ABC'); // '00000000000000000000000000000abc'
 */
export function normalizeTraceId(text: string): string | undefined {
  if (/^[0-9a-fA-F]{1,32}$/.test(text)) return text.toLowerCase().padStart(32, '0');
  if (!/^[A-Za-z0-9+/_-]{22}(?:==)?$/.test(text)) return undefined;
  return Buffer.from(text, 'base64').toString('hex');
}

function parseDuration(params: URLSearchParams, name: string): bigint | undefined {
  const text = params.get(name) ?? '';
  if (text === '') return undefined;
  const nano = durationText(text);
  if (nano !== undefined) return nano;
  throw new SearchError(`unable to parse param '${name}': expected a duration such as 1.2s, 100ms or 5us, got ${text}`);
}

function parseMicros(params: URLSearchParams, name: string, fallbackNano: bigint): bigint {
  const text = params.get(name) ?? '';
  if (text === '') return fallbackNano;
  if (!/^\d{1,18}$/.test(text)) {
    throw new SearchError(`unable to parse param '${name}': expected Unix microseconds, got ${text}`);
  }
  return BigInt(text) * 1000n;
}

function parseLimit(params: URLSearchParams): number {
  const text = params.get('limit') ?? '';
  if (text !== '' && !/^\d{1,9}$/.test(text)) {
    throw new SearchError(`unable to parse param 'limit': expected a whole number, got ${text}`);
  }
  return Number(text) || DEFAULT_LIMIT;
}

function isTextEntry(entry: [string, unknown]): entry is [string, string] {
  return typeof entry[1] === 'string';
}

function parseTags(params: URLSearchParams): readonly (readonly [string, string])[] {
  const single = params.getAll('tag').map((text): readonly [string, string] => {
    const colon = text.indexOf(':');
    if (colon < 1) throw new SearchError(`malformed 'tag' parameter, expecting key:value, received: ${text}`);
    return [text.slice(0, colon), text.slice(colon + 1)];
  });
  const grouped = params.getAll('tags').flatMap((text) => {
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      parsed = undefined;
    }
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
    const entries: [string, unknown][] = isObject ? Object.entries(parsed as object) : [];
    if (!isObject || !entries.every(isTextEntry)) {
      throw new SearchError(`malformed 'tags' parameter, expecting a JSON object of strings, received: ${text}`);
    }
    return entries;
  });
  return [...single, ...grouped];
}

/**
 * Reads the parameters of `GET /api/traces`.
 *
 * @param params the query string
 * @param nowMillis the current time in Unix milliseconds; the search ends there and begins two days earlier by default
 * @param options `anyService`: a search without a service is allowed, as in v3
 * @returns the search
 * @throws SearchError for a missing service or a parameter that cannot be read
 * @example
 * parseSearch(new URLSearchParams('service=web&minDuration=100ms'), Date.now());
 */
export function parseSearch(
  params: URLSearchParams,
  nowMillis: number,
  options: { readonly anyService?: boolean } = {},
): TraceSearch {
  const service = params.get('service') ?? '';
  const traceIds = params.getAll('traceID').map((text) => {
    const id = normalizeTraceId(text);
    if (id === undefined) throw new SearchError(`cannot parse traceID param: ${text}`);
    return id;
  });
  const isEnough = options.anyService === true || traceIds.length > 0;
  if (service === '' && !isEnough) throw new SearchError("parameter 'service' is required");
  const endUnixNano = parseMicros(params, 'end', BigInt(Math.trunc(nowMillis)) * 1_000_000n + 999_999n);
  const minDurationNano = parseDuration(params, 'minDuration');
  const maxDurationNano = parseDuration(params, 'maxDuration');
  if (minDurationNano !== undefined && maxDurationNano !== undefined && minDurationNano > maxDurationNano) {
    throw new SearchError("'maxDuration' should be greater than 'minDuration'");
  }
  return {
    service,
    operation: params.get('operation') ?? '',
    startUnixNano: parseMicros(params, 'start', BigInt(Math.trunc(nowMillis)) * 1_000_000n - DEFAULT_LOOKBACK_NANO),
    endUnixNano,
    minDurationNano,
    maxDurationNano,
    tags: parseTags(params),
    limit: parseLimit(params),
    traceIds,
  };
}

/** A tag may stand on the span, on its sender or in one of its events. */
function hasTag(span: Span, [key, value]: readonly [string, string]): boolean {
  const matches = (tag: JaegerTag): boolean => tag.key === key && String(tag.value) === value;
  return (
    toJaegerTags(span).some(matches) ||
    toJaegerProcess(span.resource).tags.some(matches) ||
    span.events.some((event) => toJaegerFields(event).some(matches))
  );
}

/**
 * Whether one span meets every condition.
 *
 * @param search the conditions; its `traceIds` are not looked at
 * @param span any span
 * @returns true when all hold
 * @example
 * matchesSpan(search, span);
 */
export function matchesSpan(search: TraceSearch, span: Span): boolean {
  const duration = durationNano(span);
  return (
    span.startTimeUnixNano >= search.startUnixNano &&
    span.startTimeUnixNano <= search.endUnixNano &&
    (search.operation === '' || span.name === search.operation) &&
    (search.minDurationNano === undefined || duration >= search.minDurationNano) &&
    (search.maxDurationNano === undefined || duration <= search.maxDurationNano) &&
    (search.service === '' || serviceName(span) === search.service) &&
    search.tags.every((tag) => hasTag(span, tag))
  );
}
