/** Traces as lines of a log, for runtimes that can do nothing else. Imports nothing. */
export { createTracer, traceChatTurn, traceLLMCall, tracer } from './tracer.ts';
export type {
  ChatTurnDetails,
  LLMCallDetails,
  SimpleAttributes,
  SimpleSpan,
  SimpleTracer,
  SimpleTracerOptions,
  SpanDetails,
  SpanParent,
  SpanStorage,
} from './types.ts';
