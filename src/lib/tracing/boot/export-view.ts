/**
 * The form in which a span leaves the process: current attribute names, nothing personal, and the parent it is shown
 * under. Runs when a batch is sent, not while the application works.
 */
import { type Attributes, type SpanContext, type SpanStatus } from '@opentelemetry/api';
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace';
import type { ResolvedConfig } from '../config.ts';
import { sayOnce } from '../guard.ts';
import { truncate } from '../json.ts';
import { REDACTED, type Redactor, isCardNumber, isSecretName, redactText } from '../redaction.ts';
import { redactQuery, redactUrl } from '../semconv/http.ts';
import { ATTR, OLDER_NAMES } from '../semconv/names.ts';
import { type SqlSystem, isSqlSystem, sanitizeSql, summarizeSql } from '../semconv/sql.ts';

const CURRENT_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries(OLDER_NAMES).map(([current, older]) => [older, current]),
);
const URL_ATTRIBUTES = new Set<string>([ATTR.URL_FULL, ATTR.URL_PATH, 'next.span_name', 'http.target', 'http.url']);

/** Makes the exported form of spans. */
export type ExportView = (span: ReadableSpan) => ReadableSpan;

/** What the exported form depends on. */
export interface ExportViewOptions {
  readonly config: ResolvedConfig;
  readonly redactors: readonly Redactor[];
  /** The parent a span is shown under. */
  readonly parentOf: (span: ReadableSpan) => SpanContext | undefined;
  /** What a span is told by another one that is not shown. */
  readonly addedTo?: (span: ReadableSpan) => Attributes | undefined;
}

class Cleaner {
  readonly #options: ExportViewOptions;
  readonly #duplicated: readonly (readonly [current: string, older: string])[];

  constructor(options: ExportViewOptions) {
    this.#options = options;
    const { http, database, genAi } = options.config.duplicateNames;
    this.#duplicated = Object.entries(OLDER_NAMES).filter(
      ([current]) =>
        (http && /^(?:http|url|user_agent|service\.peer|cloudflare\.durable_object)\./.test(current)) ||
        (database && current.startsWith('db.')) ||
        (genAi && current.startsWith('gen_ai.')),
    );
  }

  text(value: string, name: string, system: unknown): string {
    const { settings } = this.#options.config;
    if (isSecretName(name)) return REDACTED;
    let safe: string;
    if (name === ATTR.DB_QUERY_TEXT) safe = cleanStatement(value, system);
    else if (name === ATTR.URL_QUERY) safe = redactQuery(value, settings.capturedQueryParameters);
    else if (URL_ATTRIBUTES.has(name)) safe = redactUrl(value, settings.capturedQueryParameters);
    else safe = redactText(value);
    for (const redact of this.#options.redactors) safe = applyGuarded(redact, safe, name);
    return truncate(safe, settings.attributeValueLengthLimit);
  }

  attributes(input: Attributes): Attributes {
    const out: Attributes = {};
    const system = input[ATTR.DB_SYSTEM] ?? input['db.system'];
    for (const [name, value] of Object.entries(input)) {
      const current = CURRENT_NAMES.get(name) ?? redactName(name);
      if (current !== name && current in input) continue;
      // undici's instrumentation writes the method twice; the second is for methods that nobody knows.
      if (name === ATTR.HTTP_METHOD_ORIGINAL && value === input[ATTR.HTTP_METHOD]) continue;
      if (typeof value === 'string') out[current] = this.#named(current, this.text(value, current, system));
      else if (Array.isArray(value)) {
        out[current] = value.map((item: unknown) =>
          typeof item === 'string' ? this.text(item, current, system) : cleanNumber(item, current),
        );
      } else out[current] = cleanNumber(value, current);
    }
    for (const [current, older] of this.#duplicated) {
      const value = out[current];
      if (value !== undefined) out[older] = value;
    }
    return out;
  }

  /** `http.target` held path and query; as `url.path` it holds the path alone. */
  #named(name: string, value: string): string {
    return name === ATTR.URL_PATH ? (value.split('?', 1)[0] ?? '') : value;
  }

  event(event: TimedEvent): TimedEvent {
    const named = { ...event, name: redactText(event.name) };
    return event.attributes === undefined ? named : { ...named, attributes: this.attributes(event.attributes) };
  }

  /** The status says what the `exception` event says. */
  status(status: SpanStatus): SpanStatus {
    if (status.message === undefined) return status;
    return { ...status, message: this.text(status.message, ATTR.EXCEPTION_MESSAGE, undefined) };
  }
}

/** A name made from data (`visits of ada@example.com`) is data. */
function redactName(name: string): string {
  return /[@\s]|\d{8}/.test(name) ? redactText(name) : name;
}

/** A command of Redis has no quotes around its values: there the patterns look as well. */
function cleanStatement(text: string, system: unknown): string {
  const safe = sanitizeSql(text, { system: system as SqlSystem });
  return system === undefined || isSqlSystem(system) ? safe : redactText(safe);
}

/** A card number and a PIN are secrets as numbers too; what OTLP cannot write as a number is written as a text. */
function cleanNumber(value: unknown, name: string): unknown {
  if (typeof value !== 'number') return value;
  if (isSecretName(name) || (value > 1e11 && isCardNumber(String(value)))) return REDACTED;
  return Number.isFinite(value) && Math.abs(value) < 2 ** 63 ? value : String(value);
}

function applyGuarded(redact: Redactor, value: string, name: string): string {
  try {
    const result: unknown = redact(value, name);
    return typeof result === 'string' ? result : REDACTED;
  } catch (error) {
    sayOnce('error', 'a redactor threw; the value is left out', error);
    return REDACTED;
  }
}

function summaryOf(text: string, attributes: Attributes): string {
  return summarizeSql(text, { system: attributes[ATTR.DB_SYSTEM] as SqlSystem | undefined });
}

/** A span that was told its statement by a driver says it in short too. */
function addSummary(attributes: Attributes): void {
  const text = attributes[ATTR.DB_QUERY_TEXT];
  if (typeof text !== 'string' || ATTR.DB_QUERY_SUMMARY in attributes) return;
  if (!isSqlSystem(attributes[ATTR.DB_SYSTEM])) return;
  const summary = summaryOf(text, attributes);
  if (summary !== '') attributes[ATTR.DB_QUERY_SUMMARY] = summary;
}

/**
 * Span names of other instrumentations may hold a whole URL (`fetch GET http://...?token=`), or name a statement in a way
 * of their own (`pg.query:SELECT shop`) where the conventions want its summary.
 */
function cleanSpanName(span: ReadableSpan, attributes: Attributes, captured: readonly string[]): string {
  const text = attributes[ATTR.DB_QUERY_TEXT];
  if (/^(?:pg\.query|prisma:client:db_query)/.test(span.name) && typeof text === 'string') {
    const summary = summaryOf(text, attributes);
    if (summary !== '') return summary;
  }
  return redactText(span.name.includes('?') ? redactUrl(span.name, captured) : span.name);
}

/**
 * Makes the function that gives each span its exported form.
 *
 * @param options configuration, the user's redactors, and who knows the parents
 * @returns a function from an ended span to a view of it; the span itself is never changed. It never throws: a span that
 *   cannot be cleaned is exported without attributes and events
 */
export function createExportView(options: ExportViewOptions): ExportView {
  const cleaner = new Cleaner(options);
  const captured = options.config.settings.capturedQueryParameters;
  return (span) => {
    const own = (values: Partial<Record<keyof ReadableSpan, unknown>>): ReadableSpan =>
      Object.create(
        span,
        Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { value, enumerable: true }])),
      ) as ReadableSpan;
    try {
      const added = options.addedTo?.(span);
      const attributes = cleaner.attributes(added === undefined ? span.attributes : { ...span.attributes, ...added });
      if (added !== undefined) addSummary(attributes);
      return own({
        name: cleanSpanName(span, attributes, captured),
        attributes,
        events: span.events.map((event) => cleaner.event(event)),
        links: span.links.map((link) =>
          link.attributes ? { ...link, attributes: cleaner.attributes(link.attributes) } : link,
        ),
        status: cleaner.status(span.status),
        parentSpanContext: options.parentOf(span),
      });
    } catch (error) {
      sayOnce('error', 'a span could not be cleaned; its attributes stay here', error);
      return own({ name: 'unnamed', attributes: {}, events: [], links: [], status: { code: span.status.code } });
    }
  };
}
