/** Traces App Router handlers: enriches the request's SERVER span where there is one, and opens it where there is none. */
import { type Context, type Span, SpanKind, context, propagation, trace } from '@opentelemetry/api';
import { type AttributeInput, cleanAttributes } from '../attributes.ts';
import { watchStream } from '../body.ts';
import { guarded } from '../guard.ts';
import { observeThenable } from '../observe.ts';
import { keepBaggageBox, withBaggageBox } from '../propagation/baggage.ts';
import { extractTraceContext } from '../propagation/carrier.ts';
import { recordError } from '../record-error.ts';
import { servedRequest } from '../request.ts';
import { getRuntime } from '../runtime.ts';
import { headerAttributes, methodAttributes } from '../semconv/http.ts';
import { ATTR } from '../semconv/names.ts';
import { urlAttributes } from '../semconv/url.ts';
import { type OpenSpan, type Settled, withActiveSpan } from '../span.ts';
import { routeOf } from './request-url.ts';
import { addTraceId, isRequest, isResponse, withBody, writeResponse } from './response.ts';

/** How a route is traced. */
export interface RouteTracingOptions {
  /** The route's template, such as `/api/products/[id]`. Default: Next's own, or made from the params. */
  readonly route?: string;
  /** Further attributes, made from the request. What it throws is said and ignored. */
  readonly attributes?: (request: Request) => AttributeInput;
}

type Handler<A extends readonly unknown[], R> = (...args: A) => R;

function customAttributes(options: RouteTracingOptions, request: Request): AttributeInput {
  const { attributes } = options;
  if (attributes === undefined) return {};
  return guarded('making the attributes of a route', () => cleanAttributes(attributes(request))) ?? {};
}

function writeRequest(span: Span, request: Request, options: RouteTracingOptions): void {
  const { capturedRequestHeaders } = getRuntime().settings;
  if (capturedRequestHeaders.length > 0) {
    span.setAttributes(headerAttributes(request.headers, capturedRequestHeaders, ATTR.HTTP_REQUEST_HEADER));
  }
  if (options.attributes) span.setAttributes(cleanAttributes(customAttributes(options, request)));
}

/** A client that goes away in mid-stream is worth knowing, and no failure of ours. */
function markAborts(request: Request, span: Span): void {
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

/** Whether something failed only because the client had gone: whoever works with the request's signal is told so by it. */
function isAbandonment(request: Request, thrown: unknown): boolean {
  const abandoned = guarded('reading an abort', () => {
    const { signal } = request;
    if (!(signal instanceof AbortSignal) || !signal.aborted) return false;
    return thrown === signal.reason || (thrown as { name?: unknown } | null | undefined)?.name === 'AbortError';
  });
  return abandoned === true;
}

/** Inside a request that has its SERVER span already: adds what only the handler knows, and ends nothing. */
function enrich<R>(active: Span, request: Request, options: RouteTracingOptions, run: () => R): R {
  const served = servedRequest(context.active());
  const recording = guarded('finding the span of a request', () => {
    const server = served?.span ?? serverSpanOf(active);
    return server?.isRecording() ? server : undefined;
  });
  if (served !== undefined) {
    served.route = options.route;
    // On the response itself: a handler that throws has none to put it on.
    guarded('announcing a trace', () => served.announceTraceId());
  }
  if (recording !== undefined) {
    guarded('reading a request', () => {
      writeRequest(recording, request, options);
      if (options.route !== undefined) recording.setAttribute(ATTR.HTTP_ROUTE, options.route);
      markAborts(request, recording);
    });
  }
  const own = keepBaggageBox(context.active());
  const failed = (thrown: unknown): void => {
    if (recording && !isAbandonment(request, thrown)) recordError(recording, thrown);
  };
  let result: R;
  try {
    result = context.with(own, run);
  } catch (error) {
    failed(error);
    throw error;
  }
  return observeThenable(result, own, {
    failed,
    value: (value) => {
      if (isResponse(value)) {
        guarded('reading a response', () => {
          if (recording) writeResponse(recording, value);
          if (served === undefined) addTraceId(value, active);
        });
      }
      return value;
    },
  });
}

/** The span of a streamed answer ends with the stream. */
function settleResponse(response: Response, open: OpenSpan): Settled {
  if (open.recording) writeResponse(open.span, response);
  const { body } = response;
  if (body === null || body.locked || response.bodyUsed || !open.recording) {
    addTraceId(response, open.span);
    return { value: response, later: false };
  }
  const watched = watchStream(body, open.context, {
    end(how) {
      if (how.kind === 'cancelled') open.span.setAttribute(ATTR.CLIENT_ABORTED, true);
      open.end(how.kind === 'failed' ? { thrown: how.thrown } : undefined);
    },
  });
  const answer = withBody(response, watched);
  addTraceId(answer, open.span);
  return { value: answer, later: true };
}

/** The SERVER span of the request that a span belongs to; under another SDK only that span itself can be known as one. */
function serverSpanOf(active: Span): Span | undefined {
  const { kind } = active as { kind?: SpanKind };
  return getRuntime().serverSpans.get(active) ?? (kind === SpanKind.SERVER ? active : undefined);
}

/** Whether somebody has opened a SERVER span above: then there must be no second one. */
function isInsideRequest(active: Span): boolean {
  const inside = guarded('finding the span of a request', () => {
    if (servedRequest(context.active()) !== undefined) return true;
    if (active.spanContext().isRemote === true) return false;
    // Of a span that is not recorded, or comes from another SDK, nobody knows what stands above it.
    const isOurs = getRuntime().startedAtUnixMillis !== undefined && active.isRecording();
    return !isOurs || serverSpanOf(active) !== undefined;
  });
  return inside !== false;
}

/** On a host where nobody opened a SERVER span. */
function openServerSpan<R>(request: Request, params: unknown, options: RouteTracingOptions, run: () => R): R {
  const { name, attributes } = methodAttributes(request.method);
  const parent: Context = trace.getSpan(context.active())
    ? context.active()
    : extractTraceContext(request, context.active());
  const asked = guarded('reading a request', () => request.url);
  const url = typeof asked === 'string' ? asked : '/';
  const route = guarded('reading params', () => routeOf(options.route, url, params)) ?? (() => options.route);
  return withActiveSpan(
    options.route === undefined ? name : `${name} ${options.route}`,
    {
      kind: SpanKind.SERVER,
      parent,
      attributes: {
        ...attributes,
        ...urlAttributes(url, getRuntime().settings.capturedQueryParameters),
        ...customAttributes(options, request),
      },
      enterContext: withBaggageBox,
      settle: (value, open) => (isResponse(value) ? settleResponse(value, open) : { value, later: false }),
      isFailure: (thrown) => !isAbandonment(request, thrown),
      beforeEnd: (span) => {
        const known = route();
        if (known !== undefined) {
          span.setAttribute(ATTR.HTTP_ROUTE, known);
          span.updateName(`${name} ${known}`);
        }
        if (request.signal?.aborted) span.setAttribute(ATTR.CLIENT_ABORTED, true);
      },
    },
    (span) => {
      guarded('reading a request', () => {
        if (span.isRecording()) writeRequest(span, request, {});
      });
      return run();
    },
  );
}

/**
 * Traces an App Router handler. Where the request has its SERVER span already (Next's own), that span gets the outcome,
 * the allowed headers and the user's attributes; elsewhere this opens it. Streamed bodies keep the span open to their
 * end, a client that goes away is marked, `redirect()` and `notFound()` are no failures, and the response carries the
 * trace id in `x-trace-id`.
 *
 * @param handler any route handler: `(request, { params })`, for any method
 * @param options the route's template and further attributes
 * @returns a handler with the same name and arguments, that returns and throws what the handler does
 * @throws whatever the handler throws, unchanged
 * @example
 * export const GET = withTracing(async (request: Request) => Response.json({ at: new URL(request.url).pathname }));
 */
export function withTracing<A extends readonly unknown[], R>(
  handler: Handler<A, R>,
  options: RouteTracingOptions = {},
): Handler<A, R> {
  if (typeof handler !== 'function') {
    throw new TypeError(`throughline: withTracing takes a route handler, got ${typeof handler}`);
  }
  const traced = function (this: unknown, ...args: A): R {
    const run = (): R => Reflect.apply<unknown, A, R>(handler, this, args);
    const [request, routeContext] = args;
    // Nothing is booted (a build worker): the request is not even looked at, so that static routes stay static.
    if (propagation.fields().length === 0 || !isRequest(request)) return run();
    const active = trace.getSpan(context.active());
    if (active !== undefined && isInsideRequest(active)) return enrich(active, request, options, run);
    const params = (routeContext as { params?: unknown } | undefined)?.params;
    return openServerSpan(request, params, options, run);
  };
  Object.defineProperties(traced, {
    name: { value: handler.name, configurable: true },
    length: { value: handler.length, configurable: true },
  });
  return traced;
}
