/**
 * The trace in the browser, small enough to be read whole. Copy the folder, `src/instrumentation-client.ts` and
 * `src/app/api/telemetry`.
 */
import { tracedFetch } from './fetch.ts';
import { traceNavigations } from './navigation.ts';
import { serverSpan, tracePageLoad } from './page-load.ts';
import { createSender } from './sender.ts';
import { createTracer } from './tracer.ts';

/** Where spans go, and how many. */
export interface BrowserTracingOptions {
  /** A route of one's own that passes them on to the collector. */
  readonly url: string;
  /** Of the pages that the server has not decided on (prerendered ones), the part that is recorded; all by default. */
  readonly ratio?: number;
}

/** What Next calls when a navigation starts. */
export interface BrowserTracing {
  onRouterTransitionStart(this: void, url: string, kind: string): void;
}

/**
 * Continues the server's trace in this page: its load, its navigations and its requests to the own server.
 *
 * @param options the route that takes the spans
 * @returns the hook for `instrumentation-client.ts`
 */
export function startBrowserTracing({ url, ratio = 1 }: BrowserTracingOptions): BrowserTracing {
  const send = globalThis.fetch.bind(globalThis);
  const sender = createSender(url, send);
  const server = serverSpan();
  const tracer = createTracer(server, ratio, (span) => sender.add(span));
  tracer.enter(tracePageLoad(tracer, server));
  globalThis.fetch = tracedFetch(tracer, send);
  return { onRouterTransitionStart: traceNavigations(tracer) };
}
