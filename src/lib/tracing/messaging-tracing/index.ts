/** Queues: trace context in messages, spans around sending and handling, and log lines that are found by trace id. */
export { addTraceContext, extractTraceContext, withoutTraceContext, type Traced } from './body.ts';
export { bullMQTelemetry, type BullMQSpan, type BullMQTelemetry } from './bullmq.ts';
export { generateTraceId, getTraceId, type TraceCarrier, type TraceContextOptions } from './carrier.ts';
export { traceQueue, traceQueueBatch } from './cloudflare.ts';
export { traceBatch, traceProcess, type HandleWork, type ProcessOptions } from './consumer.ts';
export { logWithTrace, type LogFields } from './log.ts';
export { jobHandler, sendJob } from './pg-boss.ts';
export { traceSend, type SendOptions, type SendWork } from './producer.ts';
