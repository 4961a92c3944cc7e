/**
 * The request that a piece of work belongs to, as far as its SERVER span is our own. It travels in the OpenTelemetry
 * context under our key, so that everything below finds it, whichever spans stand between.
 */
import { type Context, type Span, createContextKey } from '@opentelemetry/api';

// The API makes the same key of the same name, also in another copy of this module.
const REQUEST = createContextKey('throughline.request');

/** An incoming request, as a user's rule sees it; the same on every host. */
export interface IncomingRequest {
  /** As it was sent, such as `GET`. */
  readonly method: string;
  /** Path and query, or the whole URL where the host gives no less. */
  readonly url: string;
  /** Reads one header, by its name in any case; `null` when it is not there. */
  readonly headers: { get(name: string): string | null };
  /** The address of the other end of the connection, which may be a proxy; `undefined` where the host does not tell. */
  readonly remoteAddress: string | undefined;
}

/** A Server Action, as the build of the application knows it. */
export interface ServerAction {
  /** The identifier by which pages call it; a new build may give it another one. */
  readonly id: string;
  /** The name under which its file exports it; `undefined` for an action that is written inside a component. */
  readonly name: string | undefined;
  /** Its file, relative to the application. */
  readonly file: string | undefined;
}

/** A request with a SERVER span of ours, as the code that answers it sees it. */
export interface ServedRequest {
  /** The SERVER span itself, which records. What stands active in the context is a handle to it. */
  readonly span: Span;
  /** The template that the user gave; it wins over what the framework matched. */
  route: string | undefined;
  /** The Server Action that ran for it, as the first wrapped one said. */
  action: ServerAction | undefined;
  /** Puts the trace id on the response, whichever way the handler ends. Not on output that is kept for others. */
  announceTraceId(): void;
}

/**
 * Adds the request to a context.
 *
 * @param from the context in which the request is answered
 * @param request the request
 * @returns a context in which `servedRequest` finds it
 */
export function withServedRequest(from: Context, request: ServedRequest): Context {
  return from.setValue(REQUEST, request);
}

/**
 * The request that a context belongs to.
 *
 * @param from any context
 * @returns the request, or `undefined` outside of one, and where somebody else opened the SERVER span
 */
export function servedRequest(from: Context): ServedRequest | undefined {
  return from.getValue(REQUEST) as ServedRequest | undefined;
}
