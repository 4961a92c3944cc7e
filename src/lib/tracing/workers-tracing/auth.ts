/** Traces signing in, signing up, and asking who may do what. */
import { SpanKind } from '@opentelemetry/api';
import * as CLOUDFLARE from '../semconv/cloudflare.ts';
import { recordOf, traceBinding } from './binding.ts';

/** What is known of an operation besides its name. */
export interface AuthDetails {
  /** How somebody proves who they are: `password`, `passkey`, `oauth` ... */
  readonly method?: string;
}

/** A refusal is an answer: `false`, nothing, or a result that says so itself. */
function isRefusal(value: unknown): boolean {
  const { success, status } = recordOf(value);
  return !value || success === false || status === 401 || status === 403;
}

/**
 * Traces one step of authentication or authorisation: the operation, its method and how it came out. Nothing else of the
 * result is recorded, neither user nor token.
 *
 * @param operation `login`, `register`, `authorize` ...
 * @param fn does it; `false`, `null`, `undefined`, `{ success: false }` and an answer of 401 or 403 are refusals
 * @param details the method
 * @returns what `fn` returned
 * @throws whatever `fn` throws, unchanged; the outcome is then `error`
 * @example
 * const authorized = await traceAuthOperation('authorize', async () => user.role === 'admin');
 */
export function traceAuthOperation<R>(operation: string, fn: () => R, details: AuthDetails = {}): R {
  return traceBinding(
    () => ({
      name: `auth ${operation}`,
      attributes: { [CLOUDFLARE.AUTH_OPERATION]: operation, [CLOUDFLARE.AUTH_METHOD]: details?.method },
    }),
    (value, span) => span.setAttribute(CLOUDFLARE.AUTH_OUTCOME, isRefusal(value) ? 'failure' : 'success'),
    fn,
    { kind: SpanKind.INTERNAL, describeFailure: () => ({ [CLOUDFLARE.AUTH_OUTCOME]: 'error' }) },
  );
}
