/** What is written of one request and its response on the SERVER span. */
import { type Span, SpanStatusCode, diag } from '@opentelemetry/api';
import { type AttributeInput, cleanAttributes } from '../attributes.ts';
import { guarded } from '../guard.ts';
import { SERVER_TIMING, withServerTiming } from '../propagation/server-timing.ts';
import { getRuntime } from '../runtime.ts';
import { headerAttributes } from '../semconv/http.ts';
import { ATTR } from '../semconv/names.ts';

/** How a route is traced. */
export interface RouteTracingOptions {
  /** The route's template, such as `/api/products/[id]`. Default: Next's own, or made from the params. */
  readonly route?: string;
  /** Further attributes, made from the request. What it throws is said and ignored. */
  readonly attributes?: (request: Request) => AttributeInput;
}

/**
 * Says whether a value is a request, without tripping over one that is not.
 *
 * @param value a handler's first argument
 * @returns `true` for anything with a method
 */
export function isRequest(value: unknown): value is Request {
  try {
    return typeof value === 'object' && value !== null && typeof (value as Request).method === 'string';
  } catch {
    return false; // a Proxy that fails at every touch
  }
}

/**
 * Says whether a value is a Response.
 *
 * @param value what a handler returned
 * @returns `true` for a Response of this realm
 */
export function isResponse(value: unknown): value is Response {
  try {
    return typeof Response === 'function' && value instanceof Response;
  } catch {
    return false; // a revoked Proxy
  }
}

/**
 * The attributes that the user makes from the request.
 *
 * @param options of the route
 * @param request the request
 * @returns clean attributes; empty when making them failed
 */
export function customAttributes(options: RouteTracingOptions, request: Request): AttributeInput {
  const { attributes } = options;
  if (attributes === undefined) return {};
  return guarded('making the attributes of a route', () => cleanAttributes(attributes(request))) ?? {};
}

/**
 * Writes what is allowed of a request.
 *
 * @param span the SERVER span
 * @param request the request
 * @param options of the route
 * @param mayReadHeaders `false` where looking at a header changes what the application does
 */
export function writeRequest(span: Span, request: Request, options: RouteTracingOptions, mayReadHeaders = true): void {
  const { capturedRequestHeaders } = getRuntime().settings;
  if (capturedRequestHeaders.length > 0 && mayReadHeaders) {
    span.setAttributes(headerAttributes(request.headers, capturedRequestHeaders, ATTR.HTTP_REQUEST_HEADER));
  }
  if (options.attributes) span.setAttributes(cleanAttributes(customAttributes(options, request)));
}

/**
 * Writes the outcome.
 *
 * @param span the SERVER span
 * @param response what the handler returned
 */
export function writeResponse(span: Span, response: Response): void {
  const { capturedResponseHeaders } = getRuntime().settings;
  span.setAttribute(ATTR.HTTP_STATUS, response.status);
  if (capturedResponseHeaders.length > 0) {
    span.setAttributes(headerAttributes(response.headers, capturedResponseHeaders, ATTR.HTTP_RESPONSE_HEADER));
  }
  if (response.status < 500) return;
  span.setAttribute(ATTR.ERROR_TYPE, String(response.status));
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** Responses that carry an id of ours: one that is handed out twice gets the id of its second request. */
const stamped = new WeakSet<Response>();

/**
 * Whether an answer may be kept and shown to others, who must not be told of this request's trace. A `GET` of Next's that
 * comes here has no response of Node's to be asked, and may be about to be prerendered again.
 */
function mayBeKept(request: Request, response: Response): boolean {
  if (/(?:^|[\s,])(?:public|s-maxage=[1-9]|immutable)/i.test(response.headers.get('cache-control') ?? '')) return true;
  return 'nextUrl' in request && /^(?:GET|HEAD)$/.test(request.method);
}

/**
 * Puts the trace id into the user's hand. Responses whose headers are closed, and those that may be kept for others, are
 * left alone.
 *
 * @param request the request
 * @param response what the handler returned
 * @param span of the request
 */
export function addTraceId(request: Request, response: Response, span: Span): void {
  const { traceIdHeader, serverTiming } = getRuntime().settings;
  const spanContext = span.spanContext();
  const { headers } = response;
  if (mayBeKept(request, response)) return;
  try {
    if (traceIdHeader !== false && (!headers.has(traceIdHeader) || stamped.has(response))) {
      headers.set(traceIdHeader, spanContext.traceId);
      stamped.add(response);
    }
    if (serverTiming) {
      headers.set(SERVER_TIMING, withServerTiming(headers.get(SERVER_TIMING) ?? undefined, spanContext));
    }
  } catch {
    diag.debug('throughline: the headers of this response are closed; it goes out without a trace id');
  }
}

/**
 * A client that goes away in mid-stream is worth knowing, and no failure of ours.
 *
 * @param request the request
 * @param span the SERVER span
 */
export function markAborts(request: Request, span: Span): void {
  const { signal } = request;
  if (!(signal instanceof AbortSignal)) return;
  const mark = (): void => {
    guarded('marking an abort', () => {
      if (span.isRecording()) span.setAttribute(ATTR.CLIENT_ABORTED, true);
    });
  };
  if (signal.aborted) mark();
  else signal.addEventListener('abort', mark, { once: true });
}

/**
 * Whether something failed only because the client had gone: whoever works with the request's signal is told so by it.
 *
 * @param request the request
 * @param thrown what the handler threw
 * @returns `true` when it is no failure of the handler; never throws
 */
export function isAbandonment(request: Request, thrown: unknown): boolean {
  const abandoned = guarded('reading an abort', () => {
    const { signal } = request;
    if (!(signal instanceof AbortSignal) || !signal.aborted) return false;
    return thrown === signal.reason || (thrown as { name?: unknown } | null | undefined)?.name === 'AbortError';
  });
  return abandoned === true;
}
