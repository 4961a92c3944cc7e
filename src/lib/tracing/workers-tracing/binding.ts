/** What the calls of a Worker's bindings have in common. */
import { type Attributes, type Span, SpanKind } from '@opentelemetry/api';
import type { AttributeInput } from '../attributes.ts';
import { guarded } from '../guard.ts';
import { getRuntime, isTracing } from '../runtime.ts';
import { keyAttributes } from '../semconv/key.ts';
import { type ActiveSpanOptions, withActiveSpan } from '../span.ts';

/** A call, as a span tells it. */
export interface BindingCall {
  readonly name: string;
  readonly attributes: AttributeInput;
}

/**
 * Traces one call of a binding as a CLIENT span.
 *
 * @param describe gives name and attributes; what it throws leaves the span plain
 * @param read writes what the result says
 * @param fn makes the call
 * @param more in place of what is usual
 * @returns what `fn` returned
 * @throws whatever `fn` throws, unchanged
 */
export function traceBinding<R>(
  describe: () => BindingCall,
  read: (value: unknown, span: Span) => void,
  fn: () => R,
  more: ActiveSpanOptions = {},
): R {
  const call = isTracing() ? guarded('describing a call', describe) : undefined;
  return withActiveSpan(
    call?.name ?? 'binding',
    {
      kind: SpanKind.CLIENT,
      attributes: call?.attributes,
      settle: (value, { span }) => {
        read(value, span);
        return { value, later: false };
      },
      ...more,
    },
    () => fn(),
  );
}

/**
 * What may be recorded of a key.
 *
 * @param key of R2 or KV
 * @param name the attribute for a key that `capture.keys` allows
 * @returns attributes
 */
export function allowedKey(key: string, name: string): Attributes {
  return keyAttributes(key, getRuntime().settings.capturedKeys, name);
}

/**
 * A result as a record: what is none has no properties.
 *
 * @param value what a binding returned
 * @returns the value, or an empty record
 */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return (value ?? {}) as Record<string, unknown>;
}
