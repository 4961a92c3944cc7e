/** One line of JSON for each event, with the ids by which all lines of a trace are found. */
import { context, trace } from '@opentelemetry/api';
import { guarded } from '../guard.ts';
import { readProperty, toJson, truncate } from '../json.ts';
import { REDACTED, isSecretName, redactText } from '../redaction.ts';
import { type TraceCarrier, activeSpanContext, generateTraceId, parentSpanIdOf } from './carrier.ts';

/** What is logged beside the text. */
export interface LogFields {
  /** The context of the message at hand. Default: the active span. */
  readonly traceContext?: TraceCarrier | null | undefined;
  readonly [field: string]: unknown;
}

// What a runtime cuts is no JSON any more: Convex cuts at 32,768 bytes.
const LINE_BYTES = 32_000;
const FIELD_LIMIT = 2_000;

/** What the line says of the trace; a field of the caller's own may not stand in its place. */
type Ids = Readonly<Record<'trace_id' | 'span_id' | 'parent_span_id' | 'trace_flags', string | undefined>>;

/** The active span where it belongs to the message's trace: it is nearer than the one that sent the message. */
function idsOf(given: TraceCarrier | null | undefined): Ids {
  const active = activeSpanContext();
  if (active !== undefined && (given?.trace_id ?? active.traceId) === active.traceId) {
    return {
      trace_id: active.traceId,
      span_id: active.spanId,
      parent_span_id: parentSpanIdOf(trace.getSpan(context.active())),
      trace_flags: active.traceFlags.toString(16).padStart(2, '0'),
    };
  }
  return {
    trace_id: given?.trace_id ?? generateTraceId(),
    span_id: given?.span_id,
    parent_span_id: given?.parent_span_id,
    trace_flags: given?.traceparent.slice(-2),
  };
}

/** A value as JSON holds it, within the limit; what is longer becomes a text. */
function fieldOf(value: unknown): unknown {
  if (typeof value === 'string') return truncate(redactText(value.slice(0, 2 * FIELD_LIMIT)), FIELD_LIMIT);
  if (typeof value === 'bigint' || typeof value === 'symbol') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  const json = redactText(toJson(value, FIELD_LIMIT));
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return json; // cut in the middle
  }
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

function lineOf(text: string, fields: LogFields): string {
  const line: Record<string, unknown> = {
    timestamp: new Date(Date.now()).toISOString(),
    level: 'error' in fields ? 'error' : 'info',
    message: fieldOf(text),
    ...idsOf(fields.traceContext),
  };
  const own = new Set([...Object.keys(line), 'traceContext']);
  own.delete('level');
  let left = LINE_BYTES - bytesOf(JSON.stringify(line));
  for (const key of Object.keys(fields)) {
    if (own.has(key)) continue;
    const value = isSecretName(key) ? REDACTED : fieldOf(readProperty(fields, key));
    left -= bytesOf(JSON.stringify({ [key]: value }));
    if (left <= 0) {
      line['truncated'] = true;
      break;
    }
    line[key] = value;
  }
  return JSON.stringify(line);
}

/**
 * Writes one line of JSON to the console: `timestamp`, `level`, `message`, the ids of the trace under the names that other
 * loggers use (`trace_id`, `span_id`, `parent_span_id`, `trace_flags`), and the fields given. Credentials, e-mail
 * addresses and card numbers are taken out.
 *
 * @param text what happened
 * @param fields any values; `traceContext` gives the ids, unless the active span is in the same trace and therefore nearer.
 *   With `error` among them the level is `error`
 * @returns nothing; never throws
 * @example
 * import { extractTraceContext } from 'throughline/messaging-tracing';
 *
 * logWithTrace('Fetching weather', {
 *   traceContext: extractTraceContext(message),
 *   zip_code: '78729',
 *   worker: 'weather_fetcher',
 *   action: 'fetch_weather',
 * });
 */
export function logWithTrace(text: string, fields?: LogFields): void {
  guarded('writing a log line', () => console.log(lineOf(text, fields ?? {})));
}
