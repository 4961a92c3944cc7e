/** What every call through the gateway has in common: a CLIENT span, its events, its metrics, its lines in the log. */
import {
  type Attributes,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  context,
  diag,
  isSpanContextValid,
  trace,
} from '@opentelemetry/api';
import { guarded } from '../guard.ts';
import { injectTraceContext } from '../propagation/carrier.ts';
import { withTargetHost } from '../propagation/target.ts';
import { controlFlowOf, errorTypeOf, statusOfResponse } from '../record-error.ts';
import { answerAttributes, statusOf } from '../semconv/http.ts';
import { ATTR } from '../semconv/names.ts';
import { type Failure, type OpenSpan, withActiveSpan } from '../span.ts';
import { type CallKind, countCall } from './call-metrics.ts';

/** The headers that carry the trace, ready to be sent: `traceparent`, and `tracestate` and `baggage` where there are any. */
export type TraceHeaders = Record<string, string>;

/** Work that calls a service: it is handed the span and the headers that carry the trace. */
export type CallOperation<R> = (span: Span, headers: TraceHeaders) => R;

/** One call, as `traceCall` needs it. */
export interface Call {
  readonly kind: CallKind;
  /** Who is called, as the log says it. */
  readonly callee: string;
  readonly spanName: string;
  readonly attributes: Attributes;
  /** The part of the attributes that is low in cardinality, for metrics. */
  readonly dimensions: Attributes;
  /** What the headers will be sent to: baggage goes only to hosts on the allow-list. */
  readonly host: string;
  /** Whether the result may be asked for its status. Asking the result of an RPC would be a call of its own. */
  readonly hasStatus: boolean;
}

/** On one line, as the document has it: an object would be broken into several. */
function show({ traceId, spanId }: SpanContext): string {
  return `{ traceId: '${traceId}', spanId: '${spanId}' }`;
}

function sayWhereFrom(): void {
  const caller = trace.getSpanContext(context.active());
  if (caller !== undefined && isSpanContextValid(caller)) diag.debug(`[GATEWAY] Span Context: ${show(caller)}`);
}

function begin(span: Span, call: Call): void {
  const own = span.spanContext();
  if (!isSpanContextValid(own)) return;
  diag.debug(`[GATEWAY] Propagating trace context to ${call.callee}: ${show(own)}`);
  span.addEvent(`${call.kind}.call.start`);
}

/** How a call ended, in the words of the conventions; nothing where Next's control flow went through it. */
function outcomeOf(status: number | undefined, failure: Failure | undefined): Attributes {
  if (failure === undefined) return answerAttributes(status).attributes;
  const { thrown } = failure;
  const thrownStatus = statusOfResponse(thrown);
  if (thrownStatus !== undefined) return answerAttributes(thrownStatus).attributes;
  return controlFlowOf(thrown) === undefined ? { [ATTR.ERROR_TYPE]: errorTypeOf(thrown) } : {};
}

/**
 * Runs one call in a CLIENT span.
 *
 * @param call what is called
 * @param operation makes the call; it is handed the span and the headers that carry the trace
 * @returns what `operation` returned
 * @throws whatever `operation` throws, unchanged
 */
export function traceCall<R>(call: Call, operation: CallOperation<R>): R {
  let status: number | undefined;
  const told = (open: OpenSpan, failure: Failure | undefined): void => {
    const outcome = outcomeOf(status, failure);
    countCall(call.kind, (performance.now() - open.startedAtMillis) / 1000, { ...call.dimensions, ...outcome });
    if (!open.span.isRecording()) return;
    const isError = failure !== undefined && outcome[ATTR.ERROR_TYPE] !== undefined;
    open.span.addEvent(`${call.kind}.call.${isError ? 'error' : 'complete'}`, outcome);
  };
  guarded('beginning a call', sayWhereFrom);
  return withActiveSpan(
    call.spanName,
    {
      kind: SpanKind.CLIENT,
      attributes: call.attributes,
      settle: (value, open) => {
        status = call.hasStatus ? statusOf(value) : undefined;
        const { attributes, failed } = answerAttributes(status);
        if (!open.span.isRecording()) return { value, later: false };
        open.span.setAttributes(attributes);
        if (failed) open.span.setStatus({ code: SpanStatusCode.ERROR });
        return { value, later: false };
      },
      onEnd: told,
    },
    (span) => {
      guarded('beginning a call', () => begin(span, call));
      return operation(span, injectTraceContext(withTargetHost(context.active(), call.host)));
    },
  );
}
