/** Traces outgoing HTTP: `fetch`, any other client, and API clients by their operations. */
import { type Context, type Span, SpanKind, SpanStatusCode, context } from '@opentelemetry/api';
import type { AttributeInput } from '../attributes.ts';
import { guarded } from '../guard.ts';
import { injectTraceContext } from '../propagation/carrier.ts';
import { addHeaders, withoutAutomaticSpan } from '../propagation/outgoing.ts';
import { withTargetHost } from '../propagation/target.ts';
import { getRuntime } from '../runtime.ts';
import { answerAttributes, methodAttributes, statusOf, targetOf } from '../semconv/http.ts';
import { ATTR } from '../semconv/names.ts';
import { type Settled, withActiveSpan } from '../span.ts';

/** What an outgoing call is told by: fixed parts for the name, everything else for attributes. */
export interface OutgoingOptions {
  /** The path with placeholders, such as `/products/{id}`: it makes the span's name. */
  readonly urlTemplate?: string;
  readonly attributes?: AttributeInput;
}

/** Work that sends: it is handed the span and the headers that carry the trace. */
export type SendingWork<R> = (span: Span, headers: Record<string, string>) => R;

/** What `traceApiClient` is told about the call. */
export interface ApiClientDetails {
  readonly method?: string;
  /** The endpoint's template, such as `/forecast`. */
  readonly endpoint?: string;
  /** Parameters: their names are recorded, their values are not. */
  readonly params?: Readonly<Record<string, unknown>>;
}

function settleStatus(value: unknown, span: Span): Settled {
  const { attributes, failed } = answerAttributes(statusOf(value));
  span.setAttributes(attributes);
  if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
  return { value, later: false };
}

function traceSending<R>(
  method: string,
  url: string,
  given: OutgoingOptions | null,
  fn: SendingWork<R>,
  mayHaveBaggage = true,
): R {
  const options = given ?? {};
  const { name, attributes } = methodAttributes(method);
  const target = guarded('reading a URL', () => targetOf(url, getRuntime().settings.capturedQueryParameters));
  const { urlTemplate } = options;
  return withActiveSpan(
    urlTemplate === undefined ? name : `${name} ${urlTemplate}`,
    {
      kind: SpanKind.CLIENT,
      attributes: {
        ...attributes,
        ...target?.attributes,
        ...(urlTemplate === undefined ? {} : { [ATTR.URL_TEMPLATE]: urlTemplate }),
        ...options.attributes,
      },
      settle: (value, open) => settleStatus(value, open.span),
    },
    (span) => {
      const active = context.active();
      const host = mayHaveBaggage ? target?.host : NO_HOST;
      const from: Context = host === undefined ? active : withTargetHost(active, host);
      return fn(span, injectTraceContext(from));
    },
  );
}

/** Baggage goes to hosts on the list; this is on none. */
const NO_HOST = '';

/** Next's data cache has all headers but `traceparent` and `tracestate` in its key: baggage would make every key another. */
function isCached(init: RequestInit | undefined): boolean {
  return init !== undefined && init !== null && ('next' in init || init.cache === 'force-cache');
}

function urlOf(input: RequestInfo | URL): string {
  if (typeof input === 'string') return input;
  return input instanceof URL ? input.href : input.url;
}

function methodOf(input: RequestInfo | URL, init: RequestInit | undefined): string {
  return init?.method ?? (typeof input === 'object' && 'method' in input ? input.method : 'GET');
}

/**
 * `fetch` with a CLIENT span and trace context on the request. Nothing of the bodies is read or cloned.
 *
 * @param input as for `fetch`
 * @param init as for `fetch`
 * @param options a template for the span's name, further attributes
 * @returns the response, as soon as its headers are there
 * @throws what `fetch` rejects with, unchanged
 * @example
 * const response = await traceFetch('https://api.example.com/data', { method: 'POST', body: '{}' });
 */
export function traceFetch(
  input: RequestInfo | URL,
  init?: RequestInit,
  options: OutgoingOptions = {},
): Promise<Response> {
  const method = guarded('reading a request', () => methodOf(input, init)) ?? 'GET';
  const url = guarded('reading a request', () => urlOf(input)) ?? '';
  const send = (_span: Span, ours: Record<string, string>): Promise<Response> => {
    const whole = addHeaders(input, init, ours);
    return withoutAutomaticSpan(() => fetch(input, whole));
  };
  return traceSending(method, url, options, send, !isCached(init));
}

/**
 * Traces a request that another HTTP client makes.
 *
 * @param method such as `GET`
 * @param url absolute; query values are not recorded
 * @param fn makes the request; it is handed the span and the headers that carry the trace
 * @param options a template for the span's name, further attributes
 * @returns what `fn` returned; a `status` or `statusCode` on it is recorded
 * @throws whatever `fn` throws, unchanged
 * @example
 * const data = await traceOutgoingRequest('GET', 'https://api.example.com/resource', async (_span, headers) => {
 *   return client.get('/resource', { headers });
 * });
 */
export function traceOutgoingRequest<R>(
  method: string,
  url: string,
  fn: SendingWork<R>,
  options: OutgoingOptions = {},
): R {
  return traceSending(method, url, options, fn);
}

/**
 * Traces one operation of an API client.
 *
 * @param client name of the API, such as `weather-service`
 * @param operation name of the operation, such as `get-forecast`
 * @param fn calls the client; it is handed the span and the headers that carry the trace
 * @param details method, endpoint template and parameters; of the parameters only the names are recorded
 * @returns what `fn` returned
 * @throws whatever `fn` throws, unchanged
 * @example
 * const forecast = await traceApiClient('weather-service', 'get-forecast', async () => ({ celsius: 7 }), {
 *   method: 'GET',
 *   endpoint: '/forecast',
 *   params: { lat: 38.7, lon: -9.1 },
 * });
 */
export function traceApiClient<R>(
  client: string,
  operation: string,
  fn: SendingWork<R>,
  details: ApiClientDetails = {},
): R {
  const { endpoint, params } = details ?? {};
  const method = details?.method === undefined ? undefined : methodAttributes(details.method);
  const name = [method?.name ?? client, endpoint ?? operation].join(' ');
  return withActiveSpan(
    name,
    {
      kind: SpanKind.CLIENT,
      attributes: {
        [ATTR.API_CLIENT]: client,
        [ATTR.API_OPERATION]: operation,
        ...method?.attributes,
        ...(endpoint === undefined ? {} : { [ATTR.URL_TEMPLATE]: endpoint }),
        ...(params == null ? {} : { [ATTR.API_PARAMETERS]: Object.keys(params) }),
      },
      settle: (value, open) => settleStatus(value, open.span),
    },
    (span) => fn(span, injectTraceContext()),
  );
}
