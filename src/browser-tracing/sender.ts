import type { FinishedSpan } from './span.ts';

/** Spans that wait at most; the newest are left out when it is full. */
const MAX_WAITING = 200;
/** One request: far below the 64 KiB that a browser sends for a page that is going away. */
const MAX_BATCH = 40;
const INTERVAL_MILLIS = 2000;

/** Takes finished spans and sends them, a few at a time. */
export interface Sender {
  add(span: FinishedSpan): void;
  /** Sends what waits, at once. */
  flush(): void;
}

/**
 * Sends finished spans to a route of one's own, which passes them on: the collector's address and its keys stay at the
 * server. What cannot be sent is left out; nobody waits, nothing is tried twice.
 *
 * @param url of that route
 * @param send the browser's own `fetch`, so that sending is no request to be traced
 * @returns the sender
 */
export function createSender(url: string, send: typeof fetch): Sender {
  const waiting: FinishedSpan[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    while (waiting.length > 0) {
      const body = JSON.stringify({ spans: waiting.splice(0, MAX_BATCH) });
      send(url, { method: 'POST', body, keepalive: true, headers: { 'content-type': 'application/json' } }).catch(
        () => undefined,
      );
    }
  };
  addEventListener('pagehide', flush);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') flush();
  });
  return {
    add(span) {
      if (waiting.length >= MAX_WAITING) return;
      waiting.push(span);
      timer ??= setTimeout(flush, INTERVAL_MILLIS);
    },
    flush,
  };
}
