import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 200;
/** Spans come in batches of half a second: a trace that has not grown for two of them is complete. */
const quietMs = 1200;
const boundMs = 15_000;

/**
 * A trace from the viewer as a tree of text lines, once it has stopped growing.
 *
 * @param viewerUrl as in `http://127.0.0.1:16686`
 * @returns undefined when the viewer has not got it within fifteen seconds, or cannot draw one (Jaeger has no text form)
 */
export async function firstTrace(viewerUrl: string, traceId: string, within = boundMs): Promise<string | undefined> {
  let tree = '';
  let since = Date.now();
  for (const until = Date.now() + within; Date.now() < until; await sleep(pollMs)) {
    const next = await fetchTree(viewerUrl, traceId);
    if (next !== tree) {
      tree = next;
      since = Date.now();
    } else if (tree && Date.now() - since >= quietMs) break;
  }
  return tree || undefined;
}

async function fetchTree(viewerUrl: string, traceId: string): Promise<string> {
  try {
    const response = await fetch(new URL(`/trace/${traceId}.txt`, viewerUrl), { signal: AbortSignal.timeout(5000) });
    const text = await response.text();
    return response.ok && response.headers.get('content-type')?.startsWith('text/plain') ? text.trimEnd() : '';
  } catch {
    return '';
  }
}
