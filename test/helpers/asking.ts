/** Requests of a test, each in a trace of its own, so that what came of it can be found. */
import { spansNamed } from './served.ts';
import { formatTree, tree } from './trace-tree.ts';
import type { NextApp } from './next-app.ts';

/** Who asks: by a name that no two requests share. */
export interface Visit {
  /** The header `x-case`, which the app records. */
  readonly name: string;
  /** Absent for a trace that begins at the app. */
  readonly traceparent?: string;
}

/** Somebody who asks from within a trace. */
export interface Parent extends Visit {
  readonly traceId: string;
  readonly traceparent: string;
}

/** Makes traces that no two calls share. */
export function createParents(): () => Parent {
  let traces = 0;
  return () => {
    traces += 1;
    const traceId = traces.toString(16).padStart(32, 'b');
    return { name: `request ${traces}`, traceId, traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
  };
}

/** An answer that was read to its end. */
export type Answer = Response & { readonly content: string };

/** Asks, and reads the answer to its end, also where it breaks before. */
export async function ask(app: NextApp, path: string, visit: Visit, init: RequestInit = {}): Promise<Answer> {
  const { name, traceparent } = visit;
  const headers = {
    ...(init.headers as Record<string, string>),
    'x-case': name,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
  const response = await fetch(app.url + path, { redirect: 'manual', ...init, headers });
  const content = await response.text().catch(() => 'the stream broke');
  return Object.assign(response, { content });
}

/** The tree of a trace, when as many spans are there as the literal has lines. */
export async function treeOf(
  app: NextApp,
  { name }: Visit,
  literal: string,
  shown: readonly string[] = [],
): Promise<string> {
  const spans = () => spansNamed(app.collector, name);
  await app.collector.until('the trace', () => spans().length >= tree(literal).split('\n').length);
  return formatTree(spans(), shown);
}
