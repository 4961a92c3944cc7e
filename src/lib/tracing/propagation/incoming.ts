/** What a caller's trace context means here: a parent to continue, or a link where the caller is not trusted. */
import { type Context, type Link, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { sayOnce } from '../guard.ts';
import type { IncomingRequest } from '../request.ts';
import { getRuntime } from '../runtime.ts';
import { ATTR } from '../semconv/names.ts';
import { extractTraceContext } from './carrier.ts';

/** Where the span of an incoming request begins. */
export interface Incoming {
  /** Its parent: with the caller's span and baggage, or without either. */
  readonly parent: Context;
  readonly links: readonly Link[];
}

function isTrusted(request: IncomingRequest): boolean {
  const { trustIncoming } = getRuntime().settings;
  if (typeof trustIncoming !== 'function') return trustIncoming === 'all';
  try {
    // A function in JavaScript may give anything.
    const answer: unknown = trustIncoming(request);
    return answer === true;
  } catch (error) {
    sayOnce('error', 'trustIncoming threw; the caller is not trusted', error);
    return false;
  }
}

/**
 * Reads a caller's trace context by the rule of `trustIncoming`. Whoever is not trusted can neither decide what is sampled
 * here nor write into a trace of somebody else's: its span becomes a link of a new trace, and its baggage is left out.
 *
 * @param request the request; its headers are read, and the rule is asked only when there is something to trust
 * @param base the context to add to. Default: an empty one
 * @returns the parent and the links of the request's span; never throws
 * @example
 * const { parent, links } = receiveContext({ method: 'GET', url: '/', headers: new Headers(), remoteAddress: undefined });
 * links.length; // 0
 */
export function receiveContext(request: IncomingRequest, base: Context = ROOT_CONTEXT): Incoming {
  const continued = extractTraceContext({ headers: request.headers }, base);
  if (continued === base || isTrusted(request)) return { parent: continued, links: [] };
  const caller = trace.getSpanContext(continued);
  if (caller === undefined) return { parent: base, links: [] };
  return { parent: base, links: [{ context: caller, attributes: { [ATTR.LINK_REASON]: 'untrusted caller' } }] };
}
