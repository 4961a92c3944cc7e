/** Traces App Router handlers: enriches the request's SERVER span where there is one, and opens it where there is none. */
import { type Span, SpanKind, context, trace } from '@opentelemetry/api';
import { watchStream } from '../body.ts';
import { guarded } from '../guard.ts';
import { type AnyFunction, standFor } from '../likeness.ts';
import { observeThenable } from '../observe.ts';
import { keepBaggageBox, withBaggageBox } from '../propagation/baggage.ts';
import { receiveContext } from '../propagation/incoming.ts';
import { recordError } from '../record-error.ts';
import { servedRequest } from '../request.ts';
import { getRuntime, isTracing } from '../runtime.ts';
import { methodAttributes } from '../semconv/http.ts';
import { ATTR } from '../semconv/names.ts';
import { urlAttributes } from '../semconv/url.ts';
import { type OpenSpan, type Settled, withActiveSpan } from '../span.ts';
import {
  type RouteTracingOptions,
  addTraceId,
  customAttributes,
  isAbandonment,
  isRequest,
  isResponse,
  markAborts,
  writeRequest,
  writeResponse,
} from './exchange.ts';
import { routeOf } from './request-url.ts';

type Handler<A extends readonly unknown[], R> = (...args: A) => R;

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
      // Reading a header of a GET makes a static route dynamic: Next watches the request of a prerender.
      writeRequest(recording, request, options, !/^(?:GET|HEAD)$/.test(request.method));
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
          if (served === undefined) addTraceId(request, value, active);
        });
      }
      return value;
    },
  });
}

/** The same answer around another stream: of the same class (NextResponse has its cookies), else a plain Response. */
function withBody(response: Response, body: ReadableStream<Uint8Array>): Response {
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

/** The span of a streamed answer ends with the stream. */
function settleResponse(request: Request, response: Response, open: OpenSpan): Settled {
  if (open.recording) writeResponse(open.span, response);
  const { body } = response;
  if (body === null || body.locked || response.bodyUsed || !open.recording) {
    addTraceId(request, response, open.span);
    return { value: response, later: false };
  }
  const watched = watchStream(body, open.context, {
    end(how) {
      if (how.kind === 'cancelled') open.span.setAttribute(ATTR.CLIENT_ABORTED, true);
      open.end(how.kind === 'failed' ? { thrown: how.thrown } : undefined);
    },
  });
  const answer = withBody(response, watched);
  addTraceId(request, answer, open.span);
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
  const asked = guarded('reading a request', () => request.url);
  const url = typeof asked === 'string' ? asked : '/';
  const active = context.active();
  const incoming = trace.getSpan(active)
    ? undefined
    : guarded('reading a request', () =>
        receiveContext({ method: request.method, url, headers: request.headers, remoteAddress: undefined }, active),
      );
  const { parent, links } = incoming ?? { parent: active, links: [] };
  const route = guarded('reading params', () => routeOf(options.route, url, params)) ?? (() => options.route);
  return withActiveSpan(
    options.route === undefined ? name : `${name} ${options.route}`,
    {
      kind: SpanKind.SERVER,
      parent,
      links,
      attributes: {
        ...attributes,
        ...urlAttributes(url, getRuntime().settings.capturedQueryParameters),
        // At the start already: the sampler may have a rule for it.
        ...(options.route === undefined ? {} : { [ATTR.HTTP_ROUTE]: options.route }),
        ...customAttributes(options, request),
      },
      enterContext: withBaggageBox,
      settle: (value, open) => (isResponse(value) ? settleResponse(request, value, open) : { value, later: false }),
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
 * Traces an App Router handler. Where the request has its SERVER span already, that span gets the outcome,
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
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`throughline: withTracing takes options as an object, got ${String(options)}`);
  }
  const traced = standFor(handler as unknown as AnyFunction, (self, args) => {
    const run = (): R => Reflect.apply<unknown, A, R>(handler, self, args as A);
    const [request, routeContext] = args;
    // Nothing is booted (a build worker): the request is not even looked at, so that static routes stay static.
    if (!isTracing() || !isRequest(request)) return run();
    const active = trace.getSpan(context.active());
    if (active !== undefined && isInsideRequest(active)) return enrich(active, request, options, run);
    const params = (routeContext as { params?: unknown } | undefined)?.params;
    return openServerSpan(request, params, options, run);
  });
  return traced as unknown as Handler<A, R>;
}
