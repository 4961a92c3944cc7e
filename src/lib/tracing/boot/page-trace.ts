/**
 * Which page may say whose trace it belongs to. Next writes the propagator's fields into a page's head
 * (`experimental.clientTraceMetadata`), also when it renders the page once for everybody: then all visitors would go on with
 * the trace of the first one (seen in Next 16.4.5 with `generateStaticParams`; getsentry/sentry-javascript#18176).
 */
import { type Context, createContextKey } from '@opentelemetry/api';
import { servedRequest } from '../request.ts';
import { ServerRequest } from './server-request.ts';

const PRERENDERING = createContextKey('throughline.prerendering');

/**
 * Whether Next's span is around a page that is rendered to be kept.
 *
 * @param name as Next gives it (`prerenderAppPage` in `app-render.js`)
 */
export function isPrerender(name: string): boolean {
  return name.startsWith('prerender route');
}

/**
 * Marks all that is done for a page which many will see.
 *
 * @param from the context of the render
 * @returns the marked one
 */
export function withPrerender(from: Context): Context {
  return from.setValue(PRERENDERING, true);
}

/**
 * Whether headers are made for the head of a page that may not have them. Next's carrier is a list of entries; where its
 * tracer is kept out nobody knows what is rendered.
 *
 * @param from the context of the render
 * @param carrier what the propagator writes to
 */
export function isForKeptPage(from: Context, carrier: unknown): boolean {
  if (!Array.isArray(carrier)) return false;
  const served = servedRequest(from);
  return from.getValue(PRERENDERING) === true || (served instanceof ServerRequest && served.hidesNext);
}
