/**
 * Work whose trace cannot be found in the context: context crosses neither an RPC call nor the time between an alarm that
 * is set and one that goes off. There the trace travels in a value of its own, which the program hands on.
 */
import { type Context, type Span, SpanKind, context, trace } from '@opentelemetry/api';
import { keepBaggageBox } from '../propagation/baggage.ts';
import { extractTraceContext, injectTraceContext } from '../propagation/carrier.ts';
import { ATTR } from '../semconv/names.ts';
import { withActiveSpan } from '../span.ts';
import { type CallOperation, type TraceHeaders, traceCall } from './call.ts';

const RPC_SYSTEM = 'workers_rpc';

/** A carrier as it comes back from a caller or a storage: anything, `undefined` included. */
export type StoredCarrier = Readonly<Record<string, string>> | null | undefined;

/** From the carrier alone: what happens to be active on this side is not who called. */
function parentFrom(carrier: StoredCarrier): Context {
  const here = trace.deleteSpan(context.active());
  return carrier === null || carrier === undefined ? here : extractTraceContext(carrier, here);
}

/**
 * Traces a call over RPC: a method of a `WorkerEntrypoint` or a Durable Object. The carrier is an argument like any other:
 * hand it on, and run the callee's side in `runRpc`. The result is not looked at, since reading a property of it may be
 * another call. Counted and timed like `withServiceSpan`.
 *
 * @param serviceName as the gateway calls it, such as `AUTH_SERVICE`
 * @param method name of the method
 * @param operation calls the method; it is handed the span and the carrier
 * @returns what `operation` returned
 * @throws whatever `operation` throws, unchanged
 * @example
 * const user = await withRpcSpan('AUTH_SERVICE', 'verify', (_span, carrier) => authService.verify(carrier, 'token'));
 * user.id; // 7
 */
export function withRpcSpan<R>(serviceName: string, method: string, operation: CallOperation<R>): R {
  const peer = { [ATTR.SERVICE_PEER]: serviceName };
  const call = { [ATTR.RPC_SYSTEM]: RPC_SYSTEM, [ATTR.RPC_METHOD]: `${serviceName}/${method}` };
  return traceCall(
    {
      kind: 'service',
      callee: serviceName,
      spanName: `${serviceName} ${method}`,
      attributes: { ...peer, ...call },
      dimensions: { ...peer, ...call },
      host: serviceName,
      hasStatus: false,
    },
    operation,
  );
}

/**
 * Runs the callee's side of an RPC call in a SERVER span that continues the caller's trace.
 *
 * @param carrier the argument that the caller handed on; what holds no trace begins one
 * @param name of the span, such as `AuthService.verify`
 * @param fn the method's own work; it is handed the span
 * @returns what `fn` returned
 * @throws whatever `fn` throws, unchanged
 * @example
 * const verify = (carrier: Record<string, string>, token: string) =>
 *   runRpc(carrier, 'AuthService.verify', async () => ({ valid: token !== '' }));
 * await verify({}, 'token'); // { valid: true }
 */
export function runRpc<R>(carrier: StoredCarrier, name: string, fn: (span: Span) => R): R {
  const parent = parentFrom(carrier);
  const attributes = { [ATTR.RPC_SYSTEM]: RPC_SYSTEM, [ATTR.RPC_METHOD]: name };
  return withActiveSpan(name, { kind: SpanKind.SERVER, parent, attributes, enterContext: keepBaggageBox }, fn);
}

/**
 * The trace to store with an alarm, so that `withAlarmSpan` continues it: trace context alone, without baggage.
 *
 * @returns a plain record of texts, empty when there is no trace; never throws
 * @example
 * await storage.put('trace', carrierForStorage());
 */
export function carrierForStorage(): TraceHeaders {
  return injectTraceContext();
}

/**
 * Runs an alarm of a Durable Object in a span that continues the trace which set it.
 *
 * @param doName name of the class, such as `CartDurableObject`
 * @param carrier what was stored when the alarm was set; what holds no trace begins one
 * @param fn the alarm's own work; it is handed the span
 * @returns what `fn` returned
 * @throws whatever `fn` throws, unchanged
 * @example
 * const carrier = await storage.get<Record<string, string>>('trace');
 * await withAlarmSpan('CartDurableObject', carrier, async () => 'expired'); // 'expired'
 */
export function withAlarmSpan<R>(doName: string, carrier: StoredCarrier, fn: (span: Span) => R): R {
  const attributes = { [ATTR.FAAS_TRIGGER]: 'timer', [ATTR.DURABLE_OBJECT_NAME]: doName };
  return withActiveSpan(
    `${doName} alarm`,
    { kind: SpanKind.SERVER, parent: parentFrom(carrier), attributes, enterContext: keepBaggageBox },
    fn,
  );
}
