/** What a user may write, and the error that says what was wrong with it. */
import { z } from 'zod';
import { type Redactor, redactText } from './redaction.ts';
import type { IncomingRequest } from './request.ts';

const text = z.string().min(1);
const ratio = z.number().min(0).max(1);
const count = z.number().int().positive();
const millis = z.number().int().positive().max(600_000);
/** The schema of a header's name. */
export const headerName = z.string().regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, 'a header name');
/** The schema of a header's value. */
export const headerValue = z.string().regex(/^[\t\u0020-\u007e\u0080-\u00ff]*$/, 'a header value on one line');
/** The schema of a route in a sampling rule. */
const routePattern = z
  .string()
  .regex(/^\/(?:[^*?#]*|(?:[^*?#]*\/)?\*)$/, 'a route such as /api/health, or /api/orders/* for all that is below');
const httpUrl = z.string().refine(isHttpUrl, 'an http(s) URL');
const hasFunctions = (...names: string[]) =>
  z.custom<object>(
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function'),
    `an object with ${names.join(', ')}`,
  );

/**
 * Says whether a text is a URL that batches can be sent to.
 *
 * @param value any text
 * @returns `true` for an absolute http or https URL
 */
export function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

const optionsSchema = z.strictObject({
  enabled: z.boolean().optional(),
  serviceName: text.optional(),
  serviceVersion: text.optional(),
  environment: text.optional(),
  resourceAttributes: z.record(text, z.union([z.string(), z.number(), z.boolean()])).optional(),
  endpoint: httpUrl.optional(),
  headers: z.record(headerName, headerValue).optional(),
  protocol: z.enum(['http/json', 'http/protobuf']).optional(),
  compression: z.enum(['none', 'gzip']).optional(),
  otlp: z.boolean().optional(),
  console: z.boolean().optional(),
  sampling: z
    .strictObject({ ratio: ratio.optional(), routes: z.record(routePattern, ratio).optional() })
    .refine(
      ({ ratio: share, routes }) => share !== undefined || routes !== undefined,
      'it should have a ratio or routes',
    )
    .optional(),
  sampler: hasFunctions('shouldSample').optional(),
  keep: z
    .strictObject({
      errors: z.boolean().optional(),
      slowerThanMillis: millis.optional(),
      maxSpans: count.optional(),
      maxBytes: count.optional(),
      maxAgeMillis: millis.optional(),
    })
    .refine(
      ({ errors, slowerThanMillis }) => errors === true || slowerThanMillis !== undefined,
      'it should say what to keep: errors: true, slowerThanMillis, or both',
    )
    .optional(),
  batch: z
    .strictObject({
      scheduledDelayMillis: millis.optional(),
      exportTimeoutMillis: millis.optional(),
      maxQueueSize: count.optional(),
      maxExportBatchSize: count.optional(),
    })
    .optional(),
  limits: z
    .strictObject({
      attributeValueLength: count.optional(),
      attributeCount: count.optional(),
      eventCount: count.optional(),
      linkCount: count.optional(),
    })
    .optional(),
  capture: z
    .strictObject({
      requestHeaders: z.array(headerName).optional(),
      responseHeaders: z.array(headerName).optional(),
      queryParameters: z.array(text).optional(),
      messageContent: z.boolean().optional(),
    })
    .optional(),
  trustIncoming: z
    .custom<'all' | 'none' | ((request: IncomingRequest) => boolean)>(
      (value) => value === 'all' || value === 'none' || typeof value === 'function',
      "'all', 'none' or a function",
    )
    .optional(),
  propagateTo: z.array(text).optional(),
  baggage: z.strictObject({ targets: z.array(text) }).optional(),
  traceIdHeader: z.union([headerName, z.literal(false)]).optional(),
  serverTiming: z.boolean().optional(),
  redact: z.array(z.custom<Redactor>((value) => typeof value === 'function', 'a function')).optional(),
  instrumentations: z.array(hasFunctions('enable', 'disable')).optional(),
  autoInstrumentations: z.boolean().optional(),
  exporter: hasFunctions('export', 'shutdown').optional(),
  spanProcessors: z.array(hasFunctions('onStart', 'onEnd', 'forceFlush', 'shutdown')).optional(),
  metricReaders: z.array(z.custom<object>((value) => typeof value === 'object' && value !== null)).optional(),
  idGenerator: hasFunctions('generateTraceId', 'generateSpanId').optional(),
  handleSignals: z.boolean().optional(),
  nextSpans: z.enum(['none', 'useful', 'all']).optional(),
});

/** What a user may write. Every field is optional; what is left out comes from the environment, else from the default. */
export type ConfigOptions = z.input<typeof optionsSchema>;

/** Says what an option should have been, and what it was. */
export class TracingOptionsError extends TypeError {
  override readonly name = 'TracingOptionsError';
}

function show(value: unknown): string {
  if (typeof value === 'string') return `"${redactText(value.slice(0, 80))}" (string)`;
  if (value === null || typeof value !== 'object') return `${String(value)} (${typeof value})`;
  return Array.isArray(value) ? 'an array' : 'an object';
}

/**
 * Checks options against the schema.
 *
 * @param options anything
 * @returns the same options, typed
 * @throws TracingOptionsError that names the first wrong option, what it should be and what it got
 */
export function validateOptions(options: unknown): ConfigOptions {
  const result = optionsSchema.safeParse(options);
  if (result.success) return options as ConfigOptions;
  const issue = result.error.issues[0];
  const path = issue?.path ?? [];
  let got: unknown = options;
  for (const step of path) got = (got as Record<PropertyKey, unknown> | undefined)?.[step];
  const isKey = issue?.code === 'invalid_key';
  const named = isKey ? path.slice(0, -1) : path;
  const where = named.length === 0 ? 'the options' : `option ${named.join('.')}`;
  const message = (isKey ? issue.issues[0] : issue)?.message ?? 'not valid';
  // A header's value is a credential, and so is what stands where its name should be: they are not repeated.
  const shown = path[0] === 'headers' ? `a ${typeof got}` : show(isKey ? path.at(-1) : got);
  throw new TracingOptionsError(`throughline: ${where}: ${message}; got ${shown}`);
}
