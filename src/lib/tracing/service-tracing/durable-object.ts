/** Traces calls of Durable Objects. */
import { guarded } from '../guard.ts';
import { ATTR } from '../semconv/names.ts';
import { type CallOperation, traceCall } from './call.ts';
import { type RequestDetails, describeRequest } from './service.ts';

/** The id of a Durable Object: its text, or the object that Workers give (`stub.id`). */
export type DurableObjectIdLike = string | { toString(): string };

/** The id as text. A proxy that answers to every name (an RPC stub) has no id: asking it would be a call. */
function textOf(id: unknown): string | undefined {
  if (typeof id === 'string') return id;
  if (typeof id !== 'object' || id === null) return undefined;
  return guarded('reading the id of a Durable Object', () => {
    const text: unknown = (id as { toString(): unknown }).toString();
    return typeof text === 'string' && text !== '[object Object]' ? text : undefined;
  });
}

/**
 * Traces a call of a Durable Object, with what is known of it besides.
 *
 * @param doName name of the class
 * @param doId which instance
 * @param path the path, or its template
 * @param method the HTTP method
 * @param details template
 * @param operation makes the call
 * @returns what `operation` returned
 * @throws whatever `operation` throws, unchanged
 */
export function traceDurableObject<R>(
  doName: string,
  doId: DurableObjectIdLike | undefined,
  path: string,
  method: string,
  details: RequestDetails,
  operation: CallOperation<R>,
): R {
  const request = describeRequest(doName, path, method, details);
  const id = textOf(doId);
  const name = { [ATTR.DURABLE_OBJECT_NAME]: doName };
  return traceCall(
    {
      kind: 'durable_object',
      callee: doName,
      spanName: request.spanName,
      attributes: { ...name, ...(id === undefined ? {} : { [ATTR.DURABLE_OBJECT_ID]: id }), ...request.attributes },
      dimensions: { ...name, ...request.method },
      host: doName,
      hasStatus: true,
    },
    operation,
  );
}

/**
 * Traces a call of a Durable Object. The span is `CartDurableObject POST /cart/add`, of kind CLIENT; status, events and
 * propagation are those of `withServiceSpan`. Counted and timed as `throughline.durable_object.calls` and
 * `throughline.durable_object.call.duration`.
 *
 * @param doName name of the class, such as `CartDurableObject`
 * @param doId which instance: `stub.id`, or its text. A name made from a person's data is personal: give the id
 * @param path the path, with or without query, or its template
 * @param method the HTTP method
 * @param operation makes the call; it is handed the span and the headers that carry the trace
 * @returns what `operation` returned
 * @throws whatever `operation` throws, unchanged
 * @example
 * const added = await withDOSpan('CartDurableObject', stub.id, '/cart/add', 'POST', (_span, headers) =>
 *   stub.fetch('http://cart.internal/cart/add', { method: 'POST', headers }),
 * );
 * added.status; // 200
 */
export function withDOSpan<R>(
  doName: string,
  doId: DurableObjectIdLike,
  path: string,
  method: string,
  operation: CallOperation<R>,
): R {
  return traceDurableObject(doName, doId, path, method, {}, operation);
}
