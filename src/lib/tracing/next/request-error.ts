/** Hears of requests that Next saw fail: rendering, handlers, actions. */
import { context, trace } from '@opentelemetry/api';
import { guarded } from '../guard.ts';
import { recordError } from '../record-error.ts';
import { servedRequest } from '../request.ts';
import { getRuntime } from '../runtime.ts';
import { ATTR } from '../semconv/names.ts';

/** Where in an application a request failed, as Next's `onRequestError` is told it. */
export interface RequestErrorContext {
  readonly routerKind: string;
  /** The route's file, such as `/api/orders/route` or `/products/[id]/page`. */
  readonly routePath: string;
  /** `render`, `route`, `action` or `proxy`. */
  readonly routeType: string;
  /** Which of the two passes of a page failed. */
  readonly renderSource?: string | undefined;
  readonly revalidateReason?: string | undefined;
}

/** The request that failed, as Next's `onRequestError` is told it. Nothing of it is recorded here. */
export interface FailedRequest {
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** `/(shop)/products/[id]/page` is served as `/products/[id]`. */
function routeOf(routePath: string): string {
  return routePath.replace(/\/(?:page|route)$/, '').replace(/\/\([^/]+\)(?=\/|$)/g, '') || '/';
}

/**
 * Records an error that a request ended in on the request's SERVER span. An error that a span below has recorded
 * already is not written a second time. Made to be Next's `onRequestError`.
 *
 * @param error what was thrown
 * @param _request the request, as Next gives it
 * @param failure where it happened, as Next gives it
 * @returns nothing; never throws
 * @example
 * import type { Instrumentation } from 'next';
 *
 * export const onRequestError: Instrumentation.onRequestError = (error, request, context) =>
 *   recordRequestError(error, request, context);
 */
export function recordRequestError(error: unknown, _request: FailedRequest, failure: RequestErrorContext): void {
  guarded('recording the error of a request', () => {
    const active = trace.getActiveSpan();
    const served = servedRequest(context.active());
    const span = served?.span ?? (active && (getRuntime().serverSpans.get(active) ?? active));
    if (!span?.isRecording()) return;
    if (failure.routeType !== 'proxy') {
      const route = routeOf(failure.routePath);
      span.setAttribute(ATTR.HTTP_ROUTE, route);
      // Next goes on to match the page that shows the error: the route is the one that failed.
      if (served !== undefined) served.route ??= route;
    }
    if (failure.renderSource !== undefined) span.setAttribute(ATTR.RENDER_SOURCE, failure.renderSource);
    recordError(span, error);
  });
}
