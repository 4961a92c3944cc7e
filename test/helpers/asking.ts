/** Requests of a test, each in a trace of its own, so that what came of it can be found. */
import { formatTree, tree } from './trace-tree.ts';
import type { NextApp } from './next-app.ts';

/** The trace that a request says it belongs to. */
export interface Parent {
  readonly traceId: string;
  readonly traceparent: string;
}

/** Makes traces that no two calls share. */
export function createParents(): () => Parent {
  let traces = 0;
  return () => {
    traces += 1;
    const traceId = traces.toString(16).padStart(32, 'b');
    return { traceId, traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
  };
}

/** An answer that was read to its end. */
export type Answer = Response & { readonly content: string };

/** Asks, and reads the answer to its end, also where it breaks before. */
export async function ask(app: NextApp, path: string, parent: Parent, init: RequestInit = {}): Promise<Answer> {
  const headers = { ...(init.headers as Record<string, string>), traceparent: parent.traceparent };
  const response = await fetch(app.url + path, { redirect: 'manual', ...init, headers });
  const content = await response.text().catch(() => 'the stream broke');
  return Object.assign(response, { content });
}

/** The tree of a trace, when as many spans are there as the literal has lines. */
export async function treeOf(
  app: NextApp,
  { traceId }: Parent,
  literal: string,
  shown: readonly string[] = [],
): Promise<string> {
  const spans = () => app.collector.ofTrace(traceId);
  await app.collector.until('the trace', () => spans().length >= tree(literal).split('\n').length);
  return formatTree(spans(), shown);
}
