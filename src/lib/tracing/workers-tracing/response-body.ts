/** Whether an answer goes on after it was returned, and a span for the part that does. */
import { SpanKind } from '@opentelemetry/api';
import { type StreamEnd, watchStream } from '../body.ts';
import * as ATTR from '../semconv/worker-names.ts';
import { type OpenSpan, openSpan } from '../span.ts';

/**
 * The length of a body that is whole already (a text, bytes, JSON, R2's objects): workerd keeps it for its inspector, under a
 * symbol of its own (`JSG_INSPECT_PROPERTY(length)` in workerd's `streams/readable.h`). A body of known length is sent by the
 * runtime and needs no span; led through a stream of ours it would lose its Content-Length.
 */
function hasKnownLength(body: ReadableStream): boolean {
  const symbol = Object.getOwnPropertySymbols(ReadableStream.prototype).find(
    ({ description }) => description === 'length',
  );
  return symbol !== undefined && (body as unknown as Record<symbol, unknown>)[symbol] !== undefined;
}

/** Compressed bytes that are only passed on, and the two ends of a socket, are not ours to lead through JavaScript. */
function isStreamed(response: Response): boolean {
  const { body, headers } = response;
  if (body === null || body.locked || response.bodyUsed || response.status === 101) return false;
  return !headers.has('content-length') && !headers.has('content-encoding') && !hasKnownLength(body);
}

/**
 * Gives a streamed body a span of its own, below the request's, which ends with the stream. The request's span does not wait
 * for it: a stream may outlive what a Worker is given to finish (30 s after the client is served).
 *
 * @param response what the handler returned
 * @param request the request's span, which is still open
 * @param signal aborted when the client goes away, where the Worker has the flag `enable_request_signal`
 * @returns the same answer around a watched stream, or the answer itself
 */
export function watchBody(response: Response, request: OpenSpan, signal: AbortSignal | undefined): Response {
  if (!request.recording || !isStreamed(response)) return response;
  const { body } = response;
  const open = openSpan('response body', { kind: SpanKind.INTERNAL, parent: request.context });
  if (body === null || open === undefined) return response;
  const end = (how: StreamEnd): void => {
    if (how.kind === 'cancelled') open.span.setAttribute(ATTR.CLIENT_ABORTED, true);
    open.end(how.kind === 'failed' ? { thrown: how.thrown } : undefined);
  };
  // workerd does not cancel the stream of a client that has gone: the request's signal alone tells.
  signal?.addEventListener('abort', () => end({ kind: 'cancelled' }), { once: true });
  return new Response(watchStream(body, open.context, { end }), response);
}
