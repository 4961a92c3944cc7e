import { KIND, type OpenSpan, traceparentOf } from './span.ts';
import type { BrowserTracer } from './tracer.ts';

function targetOf(input: RequestInfo | URL): URL | undefined {
  try {
    const url = new URL(input instanceof Request ? input.url : input, document.baseURI);
    return url.origin === location.origin ? url : undefined;
  } catch {
    return undefined;
  }
}

function nameOf(thrown: unknown): string {
  const name: unknown = typeof thrown === 'object' && thrown !== null && 'name' in thrown ? thrown.name : undefined;
  return typeof name === 'string' ? name : typeof thrown;
}

/** A request with its span and the header that says so. */
interface Traced {
  readonly span: OpenSpan;
  readonly init: RequestInit;
}

/**
 * Requests to others go out as they are: a header more would cost them a preflight, and they need not know. So do Next's
 * prefetches, which nobody waits for.
 */
function begin(tracer: BrowserTracer, input: RequestInfo | URL, init: RequestInit | undefined): Traced | undefined {
  const url = targetOf(input);
  if (url === undefined) return undefined;
  const request = input instanceof Request ? input : undefined;
  // As `fetch` sees them: what `init` says takes the place of what the request says.
  const headers = new Headers(init?.headers ?? request?.headers);
  if (headers.has('next-router-prefetch') || headers.has('traceparent')) return undefined;
  const method = (init?.method ?? request?.method ?? 'GET').toUpperCase();
  const span = tracer.start(method, {
    kind: KIND.client,
    parent: tracer.current(),
    attributes: { 'http.request.method': method, 'server.address': url.hostname, 'url.path': url.pathname },
  });
  headers.set('traceparent', traceparentOf(span.context));
  return { span, init: { ...init, headers } };
}

/**
 * Traces the page's requests to its own server, which continues the trace.
 *
 * @param tracer begins the spans
 * @param send the browser's own `fetch`
 * @returns a `fetch` that answers and fails as that one does
 */
export function tracedFetch(tracer: BrowserTracer, send: typeof fetch): typeof fetch {
  return async (input, init) => {
    let traced: Traced | undefined;
    try {
      traced = begin(tracer, input, init);
    } catch {
      // A header or a method that is none: `fetch` says so itself.
    }
    if (traced === undefined) return send(input, init);
    const { span } = traced;
    try {
      const response = await send(input, traced.init);
      span.set('http.response.status_code', response.status);
      span.end({ failed: response.status >= 400 });
      return response;
    } catch (error) {
      span.set('error.type', nameOf(error));
      // A request that is called off has not failed.
      span.end({ failed: nameOf(error) !== 'AbortError' });
      throw error;
    }
  };
}
