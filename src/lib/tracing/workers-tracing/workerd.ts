/** The same page inside workerd, where `cloudflare:workers` has the variables and the current invocation. */
import * as workers from 'cloudflare:workers';
import { type WorkersTracing, initializeTracing as initialize } from './boot.ts';
import type { WorkersTracingOptions } from './options.ts';

export type { WorkersTracing } from './boot.ts';
export type { WorkersTracingOptions } from './options.ts';
export { traceRequest, type RequestWork } from './request.ts';
export type { InvocationContext, WaitUntil } from './invocation.ts';
export { traceAICall } from './ai.ts';
export { traceR2Operation } from './r2.ts';
export { traceD1Operation } from './d1.ts';
export { traceVectorizeOperation, type VectorizeDetails } from './vectorize.ts';
export { traceKVOperation } from './kv.ts';
export { traceAuthOperation, type AuthDetails } from './auth.ts';

/**
 * Prepares tracing for this Worker; see `boot.ts`. Variables and `waitUntil` come from `cloudflare:workers`.
 *
 * @param options what the variables do not say
 * @returns `start`, `flush` and `shutdown`
 * @throws TypeError from `start()` for a wrong option, naming it and what it got; nothing else
 */
export function initializeTracing(options: WorkersTracingOptions = {}): WorkersTracing {
  // Older runtimes have no `waitUntil` there: then `traceRequest` needs the handler's `ctx`.
  const { env, waitUntil } = workers as Partial<typeof workers>;
  return initialize({ ...(env && { env }), ...(waitUntil && { waitUntil }), ...options });
}

export default initializeTracing;
