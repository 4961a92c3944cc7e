/** One request and its SERVER span, from the moment Node hands it over until the response is closed. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Attributes, type Context, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { guarded } from '../guard.ts';
import { keepBaggageBox } from '../propagation/baggage.ts';
import { recordError } from '../record-error.ts';
import { SERVER_TIMING, withServerTiming } from '../propagation/server-timing.ts';
import { type IncomingRequest, type ServedRequest, type ServerAction, withServedRequest } from '../request.ts';
import type { RuntimeSettings } from '../runtime.ts';
import { actionAttributes } from '../semconv/code.ts';
import { headerAttributes, methodAttributes } from '../semconv/http.ts';
import { ATTR } from '../semconv/names.ts';
import { urlAttributes } from '../semconv/url.ts';
import { matchedRoute, property, sentStatus, serverActionOf } from './next-internals.ts';
import type { RouteHint } from './route-manifest.ts';

/**
 * What is known of a request when it begins.
 *
 * @param req as Node hands it over
 * @param hint the route it will most likely be matched to
 * @param settings what may be recorded
 * @returns name and attributes by the stable HTTP conventions
 */
export function describeRequest(
  req: IncomingMessage,
  hint: RouteHint | undefined,
  settings: RuntimeSettings,
): { name: string; method: string; attributes: Attributes } {
  const { name: method, attributes } = methodAttributes(req.method ?? '');
  const scheme = Reflect.get(req.socket, 'encrypted') === true ? 'https' : 'http';
  const url = req.url ?? '/';
  const host = req.headers.host ?? req.headers[':authority']?.toString() ?? '';
  const absolute = url.startsWith('/') ? `${scheme}://${host}${url}` : url;
  return {
    method,
    name: hint === undefined ? method : `${method} ${hint.route}`,
    attributes: {
      ...attributes,
      ...urlAttributes(absolute, settings.capturedQueryParameters),
      [ATTR.NETWORK_PROTOCOL_VERSION]: req.httpVersion === '2.0' ? '2' : req.httpVersion,
      // From Node's request: looking at a header of Next's makes a static route dynamic.
      ...headerAttributes(
        { get: (header) => req.headers[header]?.toString() ?? null },
        settings.capturedRequestHeaders,
        ATTR.HTTP_REQUEST_HEADER,
      ),
      ...(hint === undefined ? {} : { [ATTR.HTTP_ROUTE]: hint.route }),
    },
  };
}

/**
 * A request of Node's as a user's rule sees it.
 *
 * @param req as Node hands it over
 * @returns method, URL, headers and address
 */
export function describeIncoming(req: IncomingMessage): IncomingRequest {
  return {
    method: req.method ?? '',
    url: req.url ?? '/',
    headers: { get: (name) => req.headers[name.toLowerCase()]?.toString() ?? null },
    remoteAddress: req.socket.remoteAddress,
  };
}

/** What a proxy or a browser may keep and show to others: an answer like this must not name one request's trace. */
function isKeptForOthers(res: ServerResponse): boolean {
  if (res.hasHeader('x-nextjs-cache') || res.hasHeader('x-nextjs-prerender')) return true;
  return /(?:^|[\s,])(?:public|s-maxage=[1-9]|immutable)/i.test(String(res.getHeader('cache-control') ?? ''));
}

/** A request that is being answered. */
export class ServerRequest implements ServedRequest {
  readonly span: Span;
  readonly req: IncomingMessage;
  /** The context in which the request is answered. */
  readonly context: Context;
  /** Whether Next's tracer is kept out altogether: see `next-tracer.ts`. */
  readonly hidesNext: boolean;
  route: string | undefined;
  action: ServerAction | undefined;
  /** Whether Next has been seen to answer this request; then its match must be there at the end. */
  seenByNext = false;
  readonly #res: ServerResponse;
  readonly #method: string;
  readonly #hint: RouteHint | undefined;
  readonly #settings: RuntimeSettings;
  #announced = false;

  constructor(parts: {
    span: Span;
    req: IncomingMessage;
    res: ServerResponse;
    method: string;
    hint: RouteHint | undefined;
    hidesNext: boolean;
    settings: RuntimeSettings;
    context: (request: ServedRequest) => Context;
  }) {
    this.span = parts.span;
    this.req = parts.req;
    this.#res = parts.res;
    this.#method = parts.method;
    this.#hint = parts.hint;
    this.hidesNext = parts.hidesNext;
    this.#settings = parts.settings;
    this.context = parts.context(this);
  }

  /**
   * Puts the request back into a context that Next has made from the root.
   *
   * @param from Next's context
   * @returns the same with the request and its SERVER span
   */
  restore(from: Context): Context {
    const active = trace.getSpan(this.context);
    return withServedRequest(
      keepBaggageBox(active === undefined ? from : trace.setSpan(from, active), this.context),
      this,
    );
  }

  announceTraceId(): void {
    this.seenByNext = true;
    if (this.#announced) return;
    this.#announced = true;
    const res = this.#res;
    // As late as possible: only then is it known what the framework says about keeping the answer, and a header of the
    // handler's own comes first. `writeHead` is also what Node calls for implicit headers.
    const writeHead = res.writeHead.bind(res) as (...args: readonly unknown[]) => ServerResponse;
    res.writeHead = (...args: readonly unknown[]) => {
      guarded('announcing a trace', () => {
        if (!res.headersSent && !isKeptForOthers(res)) this.#writeHeaders();
      });
      return writeHead(...args);
    };
  }

  #writeHeaders(): void {
    const { traceIdHeader, serverTiming } = this.#settings;
    const spanContext = this.span.spanContext();
    const res = this.#res;
    if (traceIdHeader !== false && !res.hasHeader(traceIdHeader)) res.setHeader(traceIdHeader, spanContext.traceId);
    if (serverTiming) {
      res.setHeader(SERVER_TIMING, withServerTiming(res.getHeader(SERVER_TIMING)?.toString(), spanContext));
    }
  }

  /**
   * Ends the span with what the response came to. Called when the response is closed.
   *
   * @returns `false` when Next has answered and its match was not where it should be
   */
  close(): boolean {
    const match = matchedRoute(this.req);
    guarded('ending a SERVER span', () => {
      if (this.span.isRecording()) this.#describeOutcome(match);
      this.span.end();
    });
    return match !== undefined || !this.seenByNext;
  }

  #describeOutcome(match: string | undefined): void {
    const res = this.#res;
    const { span } = this;
    const route = this.route ?? match ?? this.#hint?.route;
    if (route !== undefined) {
      span.setAttribute(ATTR.HTTP_ROUTE, route);
      span.updateName(`${this.#method} ${route}`);
    }
    // Known by its header; a form that is sent without JavaScript has none, and there only a wrapped action says so.
    const called = this.req.method === 'POST' ? serverActionOf(this.req.headers['next-action']) : undefined;
    const action = called ?? this.action;
    if (action !== undefined) span.setAttributes(actionAttributes(action));
    // A stream of HTTP/2 counts as finished when it was reset, and knows that it was.
    const stream = property(res, 'stream');
    if (!res.writableFinished || property(stream, 'aborted') === true) this.#describeBreak(property(stream, 'errored'));
    if (!res.headersSent) return; // nothing was answered: the status code is only Node's default
    const status = sentStatus(res) ?? res.statusCode;
    span.setAttributes({
      [ATTR.HTTP_STATUS]: status,
      ...headerAttributes(
        { get: (header) => res.getHeader(header)?.toString() ?? null },
        this.#settings.capturedResponseHeaders,
        ATTR.HTTP_RESPONSE_HEADER,
      ),
    });
    if (status < 500) return;
    span.setAttribute(ATTR.ERROR_TYPE, String(status));
    span.setStatus({ code: SpanStatusCode.ERROR });
  }

  /** The response was closed before its end: by the server itself, with an error, or by a client that went away. */
  #describeBreak(ofStream: unknown): void {
    const errored: unknown = this.#res.errored ?? ofStream;
    if (errored) recordError(this.span, errored);
    else this.span.setAttribute(ATTR.CLIENT_ABORTED, true);
  }
}
