/** Booting: the part of the library that knows the SDK. Import it from `instrumentation.ts` alone. */
export type { ResolvedConfig } from '../config.ts';
export type { IncomingRequest } from '../request.ts';
export { TracingOptionsError } from '../options.ts';
export { replayTraceLines, type ReplayOptions, type ReplaySummary } from './replay.ts';
export { startTracing, type TracingHandle, type TracingOptions } from './start.ts';
