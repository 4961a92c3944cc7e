import { type SpanContext, parseTraceparent } from './span.ts';
import type { BrowserTracer } from './tracer.ts';

/** Moments of the load, by their names in the standard (Navigation Timing, section 4). */
const MOMENTS = [
  'domainLookupStart',
  'connectStart',
  'requestStart',
  'responseStart',
  'responseEnd',
  'domInteractive',
  'domContentLoadedEventEnd',
  'loadEventEnd',
] as const;

function navigationTiming(): PerformanceNavigationTiming | undefined {
  const [entry] = performance.getEntriesByType('navigation');
  return entry as PerformanceNavigationTiming | undefined;
}

/**
 * The server's span that rendered this page, from the `<meta>` that `experimental.clientTraceMetadata` has Next write. A page
 * out of the browser's cache was rendered for an earlier visit: that trace is over.
 *
 * @returns `undefined` where there is none to continue
 */
export function serverSpan(): SpanContext | undefined {
  if (navigationTiming()?.transferSize === 0) return undefined;
  return parseTraceparent(document.querySelector('meta[name="traceparent"]')?.getAttribute('content'));
}

/**
 * Traces the load of this page: a span from the click to the `load` event, with the moments between as events.
 *
 * @param tracer begins the span
 * @param parent the server's span
 * @returns the span's context, for the requests that the page makes while it loads
 */
export function tracePageLoad(tracer: BrowserTracer, parent: SpanContext | undefined): SpanContext {
  const span = tracer.start('page load', {
    startMillis: 0,
    parent,
    attributes: { 'url.path': location.pathname },
  });
  const finish = (): void => {
    const timing = navigationTiming();
    const paint = performance.getEntriesByName('first-contentful-paint')[0]?.startTime;
    for (const name of MOMENTS) if (timing && timing[name] > 0) span.addEvent(name, timing[name]);
    if (paint !== undefined) span.addEvent('firstContentfulPaint', paint);
    tracer.leave(span.context);
    span.end(timing && timing.loadEventEnd > 0 ? { atMillis: timing.loadEventEnd } : {});
  };
  // The end of the `load` event is known once its listeners have run.
  const later = (): void => void setTimeout(finish, 0);
  if (document.readyState === 'complete') later();
  else addEventListener('load', later, { once: true });
  return span.context;
}
