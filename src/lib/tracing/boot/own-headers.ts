/**
 * Calls whose headers carry a trace already: from a helper such as `traceOutgoingRequest`, from `injectTraceContext`, or from
 * somebody else. An instrumentation that added its own would send two (`traceparent: a, b`), which the receiver has to throw
 * away (W3C Trace Context, section 3.2.1), and would tell one call twice.
 */
import { SpanKind, trace } from '@opentelemetry/api';
import type { TargetPolicy } from './target-policy.ts';

const OURS: ReadonlySet<string> = new Set(['traceparent', 'tracestate', 'baggage']);

/** What of an outgoing request is looked at. */
export interface HeaderBearer {
  /** Names and values in turns, as undici has them; or a record, as `http.request` takes it. */
  headers?: unknown;
  /** Where undici sends it, such as `https://api.example.com`. */
  readonly origin?: unknown;
}

type Pair = readonly [name: string, value: unknown];

function pairsOf(headers: unknown): Pair[] {
  if (!Array.isArray(headers)) return Object.entries(Object(headers) as object);
  const list: readonly unknown[] = headers;
  return list.flatMap((name, index): Pair[] => (index % 2 === 0 ? [[String(name), list[index + 1]]] : []));
}

function hostOf({ origin }: HeaderBearer): string | undefined {
  const text = origin instanceof URL ? origin.href : origin;
  return typeof text === 'string' && URL.canParse(text) ? new URL(text).hostname : undefined;
}

function keep(request: HeaderBearer, pairs: readonly Pair[], isKept: (name: string) => boolean): void {
  const kept = pairs.filter(([name]) => isKept(name.toLowerCase()));
  if (kept.length === pairs.length) return;
  request.headers = Array.isArray(request.headers) ? kept.flat() : Object.fromEntries(kept);
}

/**
 * Makes the hook that says whether an instrumentation should keep its hands off a call.
 *
 * - Headers of somebody else's trace, and those of a helper that traces this very call, are not touched.
 * - But a redirect takes a helper's headers along to a host that it did not ask: what that host may not have is taken out.
 * - What else is of the trace that is active, written by hand or handed on from the caller (Next does so with the headers of a
 *   Server Action that redirects), is taken out whole: the instrumentation's own span comes between, and the receiver hangs there.
 *
 * @param policy who may have what
 * @returns a function of the outgoing request, whose headers it may replace; `true` means hands off
 */
export function guardHeaders(policy: TargetPolicy): (request: HeaderBearer) => boolean {
  return (request) => {
    const pairs = pairsOf(request.headers);
    const found = pairs.find(([name]) => name.toLowerCase() === 'traceparent');
    if (found === undefined) return false;
    const active = trace.getActiveSpan();
    const own = active?.spanContext();
    const [, traceId, spanId] = String(found[1]).split('-');
    if (own === undefined || traceId !== own.traceId) return true;
    const isOfHelper = spanId === own.spanId && (active as { kind?: SpanKind }).kind === SpanKind.CLIENT;
    if (!isOfHelper) {
      keep(request, pairs, (name) => !OURS.has(name));
      return false;
    }
    const host = hostOf(request);
    if (host !== undefined) {
      keep(request, pairs, (name) =>
        name === 'baggage' ? policy.baggage(host) : !OURS.has(name) || policy.traceContext(host),
      );
    }
    return true;
  };
}
