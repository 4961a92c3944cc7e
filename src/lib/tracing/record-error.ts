/**
 * Writes what a piece of work threw onto its span. Never throws itself, whatever was thrown, and knows the throws that
 * Next uses as control flow: a redirect is not a failure.
 */
import { type Span, SpanStatusCode } from '@opentelemetry/api';
import { cleanName } from './attributes.ts';
import { SECRET_LENGTH, truncate } from './json.ts';
import { redactText } from './redaction.ts';
import { getRuntime } from './runtime.ts';
import * as ATTR from './semconv/worker-names.ts';

const MESSAGE_LIMIT = 1024;
const STACK_LIMIT = 8192;

/** What Next meant by throwing: the words are ours, the digests Next's. */
const DIGESTS: readonly (readonly [prefix: string, meaning: string])[] = [
  ['NEXT_REDIRECT', 'redirect'],
  ['NEXT_HTTP_ERROR_FALLBACK;404', 'not_found'],
  ['NEXT_HTTP_ERROR_FALLBACK;403', 'forbidden'],
  ['NEXT_HTTP_ERROR_FALLBACK;401', 'unauthorized'],
  ['NEXT_NOT_FOUND', 'not_found'],
  ['DYNAMIC_SERVER_USAGE', 'dynamic_usage'],
  ['BAILOUT_TO_CLIENT_SIDE_RENDERING', 'client_rendering'],
  ['NEXT_PRERENDER_INTERRUPTED', 'prerender'],
  ['HANGING_PROMISE_REJECTION', 'prerender'],
  ['CLIENT_HOOK_DYNAMIC', 'prerender'],
  ['INSTANT_VALIDATION_ERROR', 'prerender'],
];

/** By what React's `use` throws where it has to wait; the component is called again. It has no other mark. */
const SUSPENSE = 'Suspense Exception:';

function read(holder: unknown, key: string): unknown {
  try {
    return typeof holder === 'object' && holder !== null ? (holder as Record<string, unknown>)[key] : undefined;
  } catch {
    return undefined;
  }
}

function readText(holder: object, key: string): string | undefined {
  const value = read(holder, key);
  return typeof value === 'string' ? value : undefined;
}

/** What React and Next throw without a digest: a render that stops, one that waits, one that is left to the browser. */
function renderFlowOf(thrown: object): string | undefined {
  if (read(thrown, '$$typeof') === Symbol.for('react.postpone')) return 'prerender';
  if (typeof read(thrown, 'then') === 'function') return 'suspended';
  if (readText(thrown, 'message')?.startsWith(SUSPENSE) === true) return 'suspended';
  // `shared/lib/lazy-dynamic/react-browser-bailout.js` in the `next` package
  const reason = read(read(thrown, 'cause'), '$$typeof');
  return reason === Symbol.for('next.browser-bailout-reason') ? 'client_rendering' : undefined;
}

/**
 * Says which of Next's control-flow throws a value is: `redirect()`, `notFound()`, `forbidden()`, `unauthorized()`, the
 * bailouts of prerendering, and a component that waits. What Next itself answers with a 500 stays an error: an ordinary
 * error whose `cause` is one of them, a page of `dynamic = 'error'` that is dynamic, a cached function that takes too long.
 *
 * @param thrown anything that was thrown
 * @returns `'redirect'`, `'not_found'` ... or `undefined` when it is an ordinary error; never throws
 * @example
 * controlFlowOf(Object.assign(new Error(), { digest: 'NEXT_REDIRECT;replace;/login;307;' })); // 'redirect'
 */
export function controlFlowOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  const digest = readText(thrown, 'digest');
  const meant = digest === undefined ? undefined : DIGESTS.find(([prefix]) => digest.startsWith(prefix))?.[1];
  return meant ?? renderFlowOf(thrown);
}

/**
 * The low-cardinality name of what was thrown, for `error.type`: the error's code where it has one that reads like a
 * constant, else its class.
 *
 * @param thrown anything that was thrown
 * @returns a short name; `_OTHER` when nothing better is known; never throws
 * @example
 * errorTypeOf(new RangeError('x')); // 'RangeError'
 */
export function errorTypeOf(thrown: unknown): string {
  if (typeof thrown === 'string') return 'string';
  if (typeof thrown !== 'object' || thrown === null) return '_OTHER';
  const code = readText(thrown, 'code');
  if (code !== undefined && /^[A-Z0-9_]{2,64}$/.test(code)) return code;
  const name = readText(thrown, 'name');
  if (name !== undefined && name !== '' && name !== 'Error') return cleanName(name).slice(0, 100);
  return name === 'Error' ? 'Error' : '_OTHER';
}

function messageOf(thrown: unknown): string {
  if (typeof thrown === 'object' && thrown !== null) return readText(thrown, 'message') ?? '';
  if (typeof thrown === 'function') return 'a function was thrown';
  return String(thrown); // primitives alone come here: a symbol prints as its description
}

/**
 * The status of a Response that was thrown: that is an answer, and below 500 no failure.
 *
 * @param thrown anything that was thrown
 * @returns its status, `undefined` when it is no Response; never throws
 */
export function statusOfResponse(thrown: unknown): number | undefined {
  try {
    return typeof Response === 'function' && thrown instanceof Response ? thrown.status : undefined;
  } catch {
    return undefined;
  }
}

/** One exception is one event: errors that pass through several spans of a trace are written where they came from. */
function isFirstSighting(thrown: unknown, traceId: string): boolean {
  if (typeof thrown !== 'object' || thrown === null) return true;
  const { recordedErrors } = getRuntime();
  if (recordedErrors.get(thrown) === traceId) return false;
  recordedErrors.set(thrown, traceId);
  return true;
}

function writeException(span: Span, thrown: unknown, errorType: string, message: string): void {
  const stack = typeof thrown === 'object' && thrown !== null ? readText(thrown, 'stack') : undefined;
  span.addEvent('exception', {
    [ATTR.EXCEPTION_TYPE]: errorType,
    [ATTR.EXCEPTION_MESSAGE]: message,
    ...(stack === undefined
      ? {}
      : {
          [ATTR.EXCEPTION_STACKTRACE]: truncate(redactText(stack.slice(0, STACK_LIMIT + SECRET_LENGTH)), STACK_LIMIT),
        }),
  });
}

/**
 * Writes what was thrown onto a span: an `exception` event, `error.type` and the ERROR status. Next's control flow and a
 * thrown Response below 500 are no failures: they leave a plain attribute.
 *
 * @param span the span of the work that threw
 * @param thrown anything: `null`, a string, a frozen error, an object whose getters throw
 * @returns nothing; never throws
 * @example
 * recordError(span, new Error('out of stock')); // status ERROR, one event, error.type "Error"
 */
export function recordError(span: Span, thrown: unknown): void {
  try {
    const flow = controlFlowOf(thrown);
    if (flow !== undefined) {
      span.setAttribute(ATTR.CONTROL_FLOW, flow);
      return;
    }
    const status = statusOfResponse(thrown);
    if (status !== undefined) {
      span.setAttribute(ATTR.HTTP_STATUS, status);
      if (status >= 500) {
        span.setAttribute(ATTR.ERROR_TYPE, String(status));
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      return;
    }
    const errorType = errorTypeOf(thrown);
    const message = truncate(redactText(messageOf(thrown).slice(0, MESSAGE_LIMIT + SECRET_LENGTH)), MESSAGE_LIMIT);
    if (isFirstSighting(thrown, span.spanContext().traceId)) writeException(span, thrown, errorType, message);
    span.setAttribute(ATTR.ERROR_TYPE, errorType);
    span.setStatus({ code: SpanStatusCode.ERROR, message });
  } catch {
    // Telemetry never changes the program: a span or an error that cannot be used is let go.
  }
}
