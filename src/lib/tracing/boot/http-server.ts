/**
 * The SERVER span of each request, opened where Node hands the request over: one for each, before Next's first line runs
 * and closed after its last. Running `emit` inside a context was right for 8,837 of 8,837 spans; entering one from a
 * diagnostics channel leaks to the next pipelined request on Node 20.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Context, type Span, SpanKind, type SpanOptions, context, diag, trace } from '@opentelemetry/api';
import { RandomIdGenerator } from '@opentelemetry/sdk-trace';
import type { ResolvedConfig } from '../config.ts';
import { guarded } from '../guard.ts';
import { withBaggageBox } from '../propagation/baggage.ts';
import { receiveContext } from '../propagation/incoming.ts';
import { servedRequest, withServedRequest } from '../request.ts';
import type { TracingRuntime } from '../runtime.ts';
import { getTracer } from '../span.ts';
import { holdForFlush } from './host.ts';
import { QuietSpan } from './quiet-span.ts';
import type { RouteHint } from './route-manifest.ts';
import { type Emitting, serverPrototypes } from './server-classes.ts';
import { ServerRequest, describeIncoming, describeRequest } from './server-request.ts';

/** Open requests that can be found again by the id of their span; the oldest goes first. */
const OPEN_LIMIT = 10_000;

/** What the framework loads for itself: dozens of files for each page, none of them a request that anybody asked for. */
const FRAMEWORK_FILES = /\/_next\/static\/|^\/__nextjs|\/_next\/(?:webpack-hmr|hmr|mcp)/;

/** Files of the `public` folder, which no route answers: a page asks for many, and Next itself opens no span for them. */
const PUBLIC_FILE = /\.(?:ico|svg|png|jpe?g|gif|webp|avif|css|js|map|woff2?|ttf|webmanifest)$/i;

/** Opens and closes the SERVER spans of a process, and knows those that are open. */
export class ServerSpans {
  readonly #config: ResolvedConfig;
  readonly #runtime: TracingRuntime;
  readonly #routeOf: (path: string) => RouteHint | undefined;
  readonly #open = new Map<string, ServerRequest>();
  readonly #early = new Set<ServerRequest>();
  readonly #known = new WeakSet<IncomingMessage>();
  readonly #ids = new RandomIdGenerator();
  #active = true;

  constructor(config: ResolvedConfig, runtime: TracingRuntime, routeOf: (path: string) => RouteHint | undefined) {
    this.#config = config;
    this.#runtime = runtime;
    this.#routeOf = routeOf;
  }

  /**
   * The context in which a request is to be answered.
   *
   * @param req as Node hands it over
   * @param res its response
   * @returns a context with the SERVER span, or `undefined` when the request has one already; never throws
   */
  enter(req: IncomingMessage, res: ServerResponse): Context | undefined {
    if (!this.#active || this.#known.has(req)) return undefined;
    return guarded('opening a SERVER span', () => {
      this.#known.add(req);
      return this.#begin(req, res).context;
    });
  }

  /**
   * Takes in a request that was there before the boot. Its span begins now: when it came is not known.
   *
   * @param req as it waits
   * @param res its response
   */
  adopt(req: IncomingMessage, res: ServerResponse): void {
    guarded('opening a SERVER span', () => {
      if (this.#known.has(req) || res.headersSent) return;
      this.#known.add(req);
      const request = this.#begin(req, res);
      this.#early.add(request);
      res.once('close', () => this.#early.delete(request));
    });
  }

  #begin(req: IncomingMessage, res: ServerResponse): ServerRequest {
    const { parent: incoming, links } = receiveContext(describeIncoming(req));
    const path = (req.url ?? '/').split('?', 1)[0] ?? '/';
    if (FRAMEWORK_FILES.test(path)) return this.#ignore(req, res, incoming);
    const hint = this.#routeOf(path);
    if (hint === undefined && PUBLIC_FILE.test(path)) return this.#ignore(req, res, incoming);
    const { name, method, attributes } = describeRequest(req, hint, this.#runtime.settings);
    const span = getTracer().startSpan(name, { kind: SpanKind.SERVER, attributes, links: [...links] }, incoming);
    return this.#serve(req, res, span, incoming, method, hint);
  }

  /**
   * A request without a span needs a context all the same: without one Next takes itself to be alone, and traces it
   * (measured: 700 spans for 350 requests).
   */
  #ignore(req: IncomingMessage, res: ServerResponse, incoming: Context): ServerRequest {
    const traceId = trace.getSpanContext(incoming)?.traceId ?? this.#ids.generateTraceId();
    const span = trace.wrapSpanContext({ traceId, spanId: this.#ids.generateSpanId(), traceFlags: 0 });
    return this.#serve(req, res, span, incoming, 'GET', undefined);
  }

  #serve(
    req: IncomingMessage,
    res: ServerResponse,
    span: Span,
    incoming: Context,
    method: string,
    hint: RouteHint | undefined,
  ): ServerRequest {
    const { nextSpans } = this.#config;
    const quiet = new QuietSpan(span);
    const request = new ServerRequest({
      span,
      req,
      res,
      method,
      hint,
      // What Next would say of a handler is no news; of a page it is.
      hidesNext: nextSpans === 'none' || (nextSpans === 'useful' && (hint?.isHandler === true || !span.isRecording())),
      settings: this.#runtime.settings,
      context: (served) => withBaggageBox(withServedRequest(trace.setSpan(incoming, quiet), served)),
    });
    this.#runtime.serverSpans.set(quiet, span);
    const { spanId } = span.spanContext();
    const [oldest] = this.#open.size >= OPEN_LIMIT ? this.#open.keys() : [];
    if (oldest !== undefined) this.#open.delete(oldest);
    this.#open.set(spanId, request);
    const flushed = holdForFlush();
    // By closure: what is active in a listener of a pipelined response may be the neighbour's (148 of 800 measured).
    res.once('close', () => {
      this.#open.delete(spanId);
      if (!request.close()) this.giveUp('a request that Next has answered carries no match');
      flushed?.();
    });
    return request;
  }

  /**
   * The request that a span of Next belongs to.
   *
   * @param from the context in which Next starts the span
   * @returns the request; also after `proxy.ts`, where Next goes on from a remote copy of our span
   */
  requestOf(from: Context): ServerRequest | undefined {
    const served = servedRequest(from);
    if (served instanceof ServerRequest) return served;
    const parent = trace.getSpanContext(from);
    return parent && this.#open.get(parent.spanId);
  }

  /**
   * The request behind a root of Next that nobody owns: one that waited for the boot, outside of any context of ours. It is
   * known by its method and target; of several that are the same, by the trace it came in, else the one that comes next.
   *
   * @param options what Next says of its root
   * @param from the context of the root
   * @returns the request, or `undefined` when none has waited
   */
  earlyRequestOf(options: SpanOptions, from: Context): ServerRequest | undefined {
    const { 'http.method': method, 'http.target': target } = options.attributes ?? {};
    const same = [...this.#early].filter(({ req }) => req.method === method && req.url === target);
    const traceId = trace.getSpanContext(from)?.traceId;
    const found =
      same.find(({ span }) => span.spanContext().traceId === traceId) ?? same.find(({ seenByNext }) => !seenByNext);
    return found ?? same[0];
  }

  /** Whether requests get a span of ours. */
  get active(): boolean {
    return this.#active;
  }

  /** Stops opening spans: from the next request on, Next's own server span is the one. Said once. */
  giveUp(reason: string): void {
    if (!this.#active) return;
    this.#active = false;
    diag.warn(`throughline: Next is not as expected (${reason}); its own server span is used from here on`);
  }

  /** Stops, because tracing stops. */
  stop(): void {
    this.#active = false;
  }
}

function patch(prototype: Emitting, spans: ServerSpans): () => void {
  const own = Object.getOwnPropertyDescriptor(prototype, 'emit');
  const original = prototype.emit;
  const emit = function (this: unknown, ...args: readonly unknown[]): boolean {
    const [event, req, res] = args;
    const entered =
      event === 'request' && req !== undefined && res !== undefined
        ? spans.enter(req as IncomingMessage, res as ServerResponse)
        : undefined;
    const run = (): boolean => Reflect.apply<unknown, readonly unknown[], boolean>(original as never, this, args);
    return entered === undefined ? run() : context.with(entered, run);
  };
  prototype.emit = emit;
  return () => {
    if (prototype.emit !== emit) return; // somebody has put his own over it: ours passes everything on
    if (own === undefined) Reflect.deleteProperty(prototype, 'emit');
    else Object.defineProperty(prototype, 'emit', own);
  };
}

/**
 * Opens a SERVER span for every request of every HTTP server of this process from now on, with TLS and HTTP/2 too.
 *
 * @param spans opens and closes them
 * @returns takes it back
 */
export function watchServers(spans: ServerSpans): () => void {
  const undo = serverPrototypes().map((prototype) => patch(prototype, spans));
  return () => {
    spans.stop();
    for (const step of undo) step();
  };
}
