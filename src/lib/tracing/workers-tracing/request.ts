/** Traces the requests of a Worker: one SERVER span, whose trace is sent before the invocation ends. */
import { type Context, type Span, SpanKind, SpanStatusCode, context, propagation, trace } from '@opentelemetry/api';
import type { AttributeInput } from '../attributes.ts';
import { guarded } from '../guard.ts';
import { getRuntime, isTracing } from '../runtime.ts';
import { headerAttributes, methodAttributes, redactQuery } from '../semconv/http.ts';
import * as CLOUDFLARE from '../semconv/cloudflare.ts';
import * as ATTR from '../semconv/worker-names.ts';
import { type OpenSpan, type Settled, withActiveSpan } from '../span.ts';
import { type InvocationContext, withInvocation } from './invocation.ts';
import { watchBody } from './response-body.ts';

// RFC 9111, section 5.2.2; RFC 8246
const MAY_BE_KEPT = /(?:^|[\s,])(?:public|s-maxage=[1-9]|immutable)/i;

const headerGetter = {
  get: (headers: Headers, name: string): string | undefined => headers.get(name) ?? undefined,
  keys: (headers: Headers): string[] => [...headers.keys()],
};

/** What answers a request; it is handed the request's span. */
export type RequestWork<R> = (span: Span) => R;

/** What `semconv/url.ts` gives. There every microsecond counts; here every byte does, and a URL is always whole. */
function urlAttributes(url: string, captured: readonly string[]): AttributeInput {
  const { protocol, hostname, port, pathname, search } = new URL(url);
  return {
    [ATTR.URL_PATH]: pathname,
    [ATTR.URL_SCHEME]: protocol.slice(0, -1),
    [ATTR.SERVER_ADDRESS]: hostname,
    [ATTR.SERVER_PORT]: port === '' ? undefined : Number(port),
    [ATTR.URL_QUERY]: search === '' ? undefined : redactQuery(search.slice(1), captured),
  };
}

function requestAttributes(request: Request): AttributeInput {
  const { capturedQueryParameters, capturedRequestHeaders } = getRuntime().settings;
  const { headers, cf } = request as Request & { readonly cf?: { readonly colo?: unknown } };
  return {
    ...urlAttributes(request.url, capturedQueryParameters),
    ...headerAttributes(headers, capturedRequestHeaders, ATTR.HTTP_REQUEST_HEADER),
    [ATTR.FAAS_TRIGGER]: 'http',
    [CLOUDFLARE.HANDLER]: 'fetch',
    [CLOUDFLARE.RAY]: headers.get('cf-ray') ?? undefined,
    [CLOUDFLARE.COLO]: cf?.colo,
  };
}

function writeResponse(response: Response, span: Span): void {
  const { capturedResponseHeaders } = getRuntime().settings;
  span.setAttribute(ATTR.HTTP_STATUS, response.status);
  span.setAttributes(headerAttributes(response.headers, capturedResponseHeaders, ATTR.HTTP_RESPONSE_HEADER));
  if (response.status < 500) return;
  span.setAttribute(ATTR.ERROR_TYPE, String(response.status));
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** An answer that may be kept is shown to others, who must not be told of this trace; of `fetch` the headers are closed. */
function addTraceId({ headers }: Response, span: Span): void {
  const { traceIdHeader } = getRuntime().settings;
  if (traceIdHeader === false || headers.has(traceIdHeader) || MAY_BE_KEPT.test(String(headers.get('cache-control'))))
    return;
  try {
    headers.set(traceIdHeader, span.spanContext().traceId);
  } catch {
    // Closed: it goes out without the id.
  }
}

function settle(value: unknown, open: OpenSpan, request: Request): Settled {
  if (!(value instanceof Response)) return { value, later: false };
  if (open.recording) writeResponse(value, open.span);
  const answer = watchBody(value, open, request.signal);
  addTraceId(answer, open.span);
  return { value: answer, later: false };
}

/** A route that the handler has written on the span belongs into its name. */
function nameByRoute(span: Span, method: string): void {
  const route = (span as { attributes?: Record<string, unknown> }).attributes?.[ATTR.HTTP_ROUTE];
  if (typeof route === 'string') span.updateName(`${method} ${route}`);
}

function isOfAbortedRequest(thrown: unknown, request: Request): boolean {
  return request.signal?.aborted && thrown === request.signal.reason;
}

/**
 * Traces one request. The trace goes on where the caller's `traceparent` left it; everything that `fn` traces hangs below.
 * When the answer is there the trace is sent in `waitUntil`: of `ctx` if that is handed over, else of
 * `cloudflare:workers`. A streamed body has a span of its own, which ends and is sent with the stream.
 *
 * @param request the request, as the handler got it
 * @param fn answers it; it is handed the span: write `http.route` on it, and the span is named by it
 * @returns what `fn` returned: a streamed answer as another Response around the same chunks
 * @throws whatever `fn` throws, unchanged
 * @example
 * const response = await traceRequest(request, async () => new Response('OK', { status: 200 }));
 * response.status; // 200
 */
export function traceRequest<R>(request: Request, fn: RequestWork<R>): R;
/**
 * The same with the handler's third argument, for Workers where `cloudflare:workers` has no `waitUntil`.
 *
 * @param request the request
 * @param ctx the handler's third argument
 * @param fn answers it
 * @returns what `fn` returned
 * @throws whatever `fn` throws, unchanged
 * @example
 * await traceRequest(request, ctx, async () => new Response('OK', { status: 200 }));
 */
export function traceRequest<R>(request: Request, ctx: InvocationContext, fn: RequestWork<R>): R;
export function traceRequest<R>(request: Request, ...rest: readonly unknown[]): R {
  const fn = rest.at(-1) as RequestWork<R>;
  const ctx = rest.length > 1 ? (rest[0] as InvocationContext | undefined) : undefined;
  const read = guarded('reading a request', () => {
    if (!isTracing()) return undefined;
    const active = context.active();
    const from: Context = trace.getSpan(active) ? active : propagation.extract(active, request.headers, headerGetter);
    return {
      ...methodAttributes(request.method),
      more: requestAttributes(request),
      parent: ctx?.waitUntil === undefined ? from : withInvocation(from, ctx),
    };
  });
  return withActiveSpan(
    read?.name ?? 'HTTP',
    {
      kind: SpanKind.SERVER,
      ...(read && { parent: read.parent }),
      attributes: { ...read?.attributes, ...read?.more },
      settle: (value, open) => settle(value, open, request),
      isFailure: (thrown) => !isOfAbortedRequest(thrown, request),
      beforeEnd: (span) => {
        nameByRoute(span, read?.name ?? 'HTTP');
        if (request.signal?.aborted) span.setAttribute(ATTR.CLIENT_ABORTED, true);
      },
    },
    fn,
  );
}
