/** The invocation that a piece of work belongs to: what keeps it alive until its spans are sent. */
import { type Context, createContextKey } from '@opentelemetry/api';

const INVOCATION = createContextKey('throughline.workers.invocation');

/** Keeps an invocation alive until the work is done. */
export type WaitUntil = (work: Promise<unknown>) => void;

/** As much of a handler's third argument as is needed. */
export interface InvocationContext {
  waitUntil(work: Promise<unknown>): void;
}

/**
 * Says which invocation the work of a context belongs to.
 *
 * @param from the context of the work
 * @param invocation the third argument of a handler
 * @returns a context that knows it
 */
export function withInvocation(from: Context, invocation: InvocationContext): Context {
  // Taken from its object, `waitUntil` fails with "Illegal invocation".
  const waitUntil: WaitUntil = (work) => invocation.waitUntil(work);
  return from.setValue(INVOCATION, waitUntil);
}

/**
 * How to keep the invocation of a context alive.
 *
 * @param from any context
 * @returns the function, or `undefined` where nobody said
 */
export function waitUntilOf(from: Context): WaitUntil | undefined {
  return from.getValue(INVOCATION) as WaitUntil | undefined;
}
