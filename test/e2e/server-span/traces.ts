/** Finds what came of one request, whether or not its trace began with a caller. */
import type { CollectedSpan, Collector } from '../../helpers/collector.ts';
import { spansNamed } from '../../helpers/served.ts';
import { formatTree, tree } from '../../helpers/trace-tree.ts';

const SHOWN = [
  'http.route',
  'http.response.status_code',
  'error.type',
  'throughline.client.aborted',
  'throughline.next.control_flow',
  'lasted.300ms',
];

export interface Parent {
  readonly traceId: string;
  readonly traceparent: string;
}

/** A caller's trace: one for each number. */
export function parentNumber(index: number): Parent {
  const traceId = index.toString(16).padStart(32, 'a');
  return { traceId, traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
}

/** What a case expects, below a caller or on its own. */
export function literalOf(expected: string, withParent: boolean): string {
  const literal = tree(expected);
  return sorted(withParent ? literal.replace(/^(?=\S)/gm, '^ ') : literal);
}

/** Traces in a fixed order, whichever began first. */
function sorted(text: string): string {
  return text
    .split(/\n(?=\S)/)
    .sort()
    .join('\n');
}

/** The traces as one text, apart from which of them began first. */
export function textOf(spans: readonly CollectedSpan[], shown: readonly string[] = []): string {
  const marked = spans.map((span) =>
    span.name === 'tidy up'
      ? // Node's timers may be a millisecond early.
        { ...span, attributes: { ...span.attributes, 'lasted.300ms': span.durationNanos > 298_000_000n } }
      : span,
  );
  return sorted(formatTree(marked, [...SHOWN, ...shown]));
}

/** Waits until as many spans are there as the literal has lines; gives the text of what came. */
export async function arrived(
  collector: Collector,
  name: string,
  literal: string,
  shown: readonly string[] = [],
): Promise<string> {
  const lines = literal.split('\n').length;
  await collector.until(name, () => spansNamed(collector, name).length >= lines);
  return textOf(spansNamed(collector, name), shown);
}
