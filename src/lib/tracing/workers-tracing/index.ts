/** Tracing for Cloudflare Workers. In workerd `workerd.ts` stands in its place, which also knows `cloudflare:workers`. */
export { default, initializeTracing, type WorkersTracing } from './boot.ts';
export type { WorkersTracingOptions } from './options.ts';
export { traceRequest, type RequestWork } from './request.ts';
export type { InvocationContext, WaitUntil } from './invocation.ts';
export { traceAICall } from './ai.ts';
export { traceR2Operation } from './r2.ts';
export { traceD1Operation } from './d1.ts';
export { traceVectorizeOperation, type VectorizeDetails } from './vectorize.ts';
export { traceKVOperation } from './kv.ts';
export { traceAuthOperation, type AuthDetails } from './auth.ts';
