/** What a handler is given and what it answers, looked at with care: both may be anything. */
import { type Span, SpanStatusCode, diag } from '@opentelemetry/api';
import { getRuntime } from '../runtime.ts';
import { headerAttributes } from '../semconv/http.ts';
import { ATTR } from '../semconv/names.ts';

/**
 * Whether a handler's first argument is a request.
 *
 * @param value anything
 * @returns `false` for what is none, and for what cannot even be looked at; never throws
 */
export function isRequest(value: unknown): value is Request {
  try {
    return typeof value === 'object' && value !== null && typeof (value as Request).method === 'string';
  } catch {
    return false; // a Proxy that fails at every touch
  }
}

/**
 * Whether a handler returned a response.
 *
 * @param value anything
 * @returns `false` for what is none, and for what cannot even be looked at; never throws
 */
export function isResponse(value: unknown): value is Response {
  try {
    return typeof Response === 'function' && value instanceof Response;
  } catch {
    return false; // a revoked Proxy
  }
}

/**
 * Writes what a handler answered onto the SERVER span.
 *
 * @param span the SERVER span
 * @param response the answer; its body is not touched
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

/**
 * Puts the trace id into the user's hand. Responses whose headers are closed are left alone.
 *
 * @param response the answer
 * @param span any span of the trace
 */
export function addTraceId(response: Response, span: Span): void {
  const { traceIdHeader } = getRuntime().settings;
  const { traceId } = span.spanContext();
  if (traceIdHeader === false || response.headers.has(traceIdHeader)) return;
  try {
    response.headers.set(traceIdHeader, traceId);
  } catch {
    diag.debug('throughline: the headers of this response are closed; it goes out without a trace id');
  }
}

/**
 * The same answer around another stream: of the same class (NextResponse has its cookies), else a plain Response.
 *
 * @param response the answer
 * @param body its new body
 * @returns a new response with the same status and headers
 */
export function withBody(response: Response, body: ReadableStream<Uint8Array>): Response {
  const { status, statusText, headers } = response;
  const init = { status, statusText, headers };
  const Own = response.constructor as typeof Response;
  if (Own === Response || typeof Own !== 'function') return new Response(body, init);
  try {
    return new Own(body, init);
  } catch {
    return new Response(body, init);
  }
}
