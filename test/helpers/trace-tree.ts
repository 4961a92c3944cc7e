/** Writes spans as a tree that a person can read and a test can compare as one literal. */
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';

export interface TreeSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly spanId: string;
  readonly parentSpanId?: string | undefined;
  readonly startTimeNanos: bigint;
  readonly status: SpanStatusCode;
  readonly attributes: Readonly<Record<string, unknown>>;
}

interface SdkSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly parentSpanContext?: { readonly spanId: string };
  readonly startTime: readonly [number, number];
  readonly status: { readonly code: SpanStatusCode };
  readonly attributes: Readonly<Record<string, unknown>>;
  spanContext(): { readonly spanId: string };
}

export function fromSdk(span: SdkSpan): TreeSpan {
  return {
    name: span.name,
    kind: span.kind,
    spanId: span.spanContext().spanId,
    parentSpanId: span.parentSpanContext?.spanId,
    startTimeNanos: BigInt(span.startTime[0]) * 1_000_000_000n + BigInt(span.startTime[1]),
    status: span.status.code,
    attributes: span.attributes,
  };
}

function line(span: TreeSpan, shown: readonly string[]): string {
  const attributes = shown
    .filter((key) => span.attributes[key] !== undefined)
    .map((key) => `${key}=${JSON.stringify(span.attributes[key])}`);
  const status = span.status === SpanStatusCode.ERROR ? ['ERROR'] : [];
  return [span.name, SpanKind[span.kind], ...status, ...attributes].join(' ');
}

/**
 * One line for each span: name, kind, ERROR if it failed, and the chosen attributes; children are indented, siblings in
 * the order in which they started. A span whose parent is not among them stands at the left; with a parent elsewhere it is
 * marked with `^`.
 */
export function formatTree(spans: readonly TreeSpan[], shown: readonly string[] = []): string {
  const known = new Set(spans.map((span) => span.spanId));
  // Spans of one millisecond keep the order they came in.
  const ordered = spans
    .map((span, index) => ({ span, index }))
    .sort((a, b) =>
      a.span.startTimeNanos < b.span.startTimeNanos
        ? -1
        : a.span.startTimeNanos > b.span.startTimeNanos
          ? 1
          : a.index - b.index,
    )
    .map(({ span }) => span);
  const lines: string[] = [];
  const write = (span: TreeSpan, depth: number): void => {
    const elsewhere = depth === 0 && span.parentSpanId !== undefined ? '^ ' : '';
    lines.push('  '.repeat(depth) + elsewhere + line(span, shown));
    for (const child of ordered) if (child.parentSpanId === span.spanId) write(child, depth + 1);
  };
  for (const span of ordered) {
    if (span.parentSpanId === undefined || !known.has(span.parentSpanId)) write(span, 0);
  }
  return lines.join('\n');
}

/** A literal written with the indentation of the test around it. */
export function tree(text: string): string {
  const lines = text.split('\n').filter((row) => row.trim() !== '');
  const indent = Math.min(...lines.map((row) => row.length - row.trimStart().length));
  return lines.map((row) => row.slice(indent).trimEnd()).join('\n');
}
