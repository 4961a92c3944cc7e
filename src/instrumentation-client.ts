/** Next runs this in the browser before the page is alive. It must not throw: what goes wrong here would cost the page. */
import { type BrowserTracing, startBrowserTracing } from './browser-tracing/index.ts';

function start(): BrowserTracing | undefined {
  try {
    return startBrowserTracing({ url: '/api/telemetry' });
  } catch {
    return undefined;
  }
}

const tracing = start();

export function onRouterTransitionStart(url: string, kind: string): void {
  try {
    tracing?.onRouterTransitionStart(url, kind);
  } catch {
    // The navigation goes on.
  }
}
