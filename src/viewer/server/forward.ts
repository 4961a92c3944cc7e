/**
 * Passes every accepted request on to another collector, as it came: same bytes, same content type. In the background,
 * behind a bounded queue: the receiver neither waits nor fails when the collector is slow or away.
 * Source: opentelemetry-proto docs/specification.md, "OTLP/HTTP Response": 429, 502, 503 and 504 are sent again.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Health } from '../wire.ts';

/** Where to, and how much may wait. */
export interface ForwardOptions {
  /** Base address, as in `http://localhost:4319`: `/v1/traces` and so on are added. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Bytes that may wait; 32 MiB by default. Beyond them what comes is dropped and counted. */
  readonly maxQueuedBytes?: number | undefined;
  /** Of one attempt; ten seconds by default. */
  readonly timeoutMillis?: number | undefined;
  /** Attempts for one request; 6 by default. */
  readonly maxAttempts?: number | undefined;
  /** Waits; a timer by default. */
  readonly wait?: (millis: number, signal: AbortSignal) => Promise<void>;
}

/** One request of a sender, accepted. */
export interface Forwarded {
  readonly path: '/v1/traces' | '/v1/logs' | '/v1/metrics';
  readonly contentType: string;
  /** Decompressed. */
  readonly body: Uint8Array;
}

/** The way to the other collector. */
export interface Forwarder {
  /** Takes a request; never waits, never throws. */
  readonly push: (request: Forwarded) => void;
  report(): NonNullable<Health['forward']>;
  /** Resolves when nothing waits any more. */
  idle(): Promise<void>;
  /** Gives what waits this long to leave, then ends. */
  close(graceMillis?: number): Promise<void>;
}

const DEFAULT_BYTES = 32 * 1024 * 1024;
const DEFAULT_TIMEOUT = 10_000;
const DEFAULT_ATTEMPTS = 6;
const DEFAULT_GRACE = 2_000;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
const AGAIN: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]+$/u;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/u;

/**
 * Reads `N=V` of `--forward-header`.
 *
 * @param texts as they were given, in order
 * @returns headers by lower-case name; the last of equal names counts
 * @throws RangeError naming what is wrong; never the value, which may be a secret
 * @example
 * readForwardHeaders(['x-honeycomb-team=abc']); // { 'x-honeycomb-team': 'abc' }
 */
export function readForwardHeaders(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      const name = text.slice(0, Math.max(at, 0)).trim().toLowerCase();
      const value = text.slice(at + 1).trim();
      if (at < 1 || !HEADER_NAME.test(name)) {
        throw new RangeError(`--forward-header expects NAME=VALUE, got ${at < 1 ? 'no name' : name.slice(0, 40)}.`);
      }
      if (!HEADER_VALUE.test(value)) throw new RangeError(`--forward-header ${name}: the value is not a header's.`);
      return [name, value];
    }),
  );
}

function baseOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !['http:', 'https:'].includes(parsed.protocol)) {
    throw new RangeError(`--forward expects an address such as http://localhost:4319, got ${url.slice(0, 100)}.`);
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw new RangeError('--forward: the address must not hold a password; use --forward-header.');
  }
  return `${parsed.origin}${parsed.pathname.replace(/\/+$/u, '')}`;
}

/** `Retry-After`: seconds or a date. */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const millis = /^\d+$/u.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(millis) ? Math.min(Math.max(millis, 0), LONGEST_PAUSE) : undefined;
}

function messageOf(thrown: unknown): string | undefined {
  const message = (thrown as { readonly message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' && message !== '' ? message : undefined;
}

/** `fetch` says that it failed, and why in its cause. */
function reasonOf(error: unknown): string {
  const reason = [error, (error as { readonly cause?: unknown }).cause].map(messageOf).filter(Boolean).join(': ');
  return reason || String(error);
}

type Outcome = { readonly ok: true } | { readonly ok: false; readonly reason: string; readonly againIn?: number };

/**
 * Starts forwarding.
 *
 * @param options address, headers and bounds
 * @returns the way there; nothing is sent before the first `push`
 * @throws RangeError for an address that is none
 * @example
 * const forwarder = createForwarder({ url: 'http://localhost:4319' });
 * await forwarder.close();
 */
export function createForwarder(options: ForwardOptions): Forwarder {
  const { maxQueuedBytes = DEFAULT_BYTES, timeoutMillis = DEFAULT_TIMEOUT, maxAttempts = DEFAULT_ATTEMPTS } = options;
  const base = baseOf(options.url);
  const wait = options.wait ?? ((millis, signal) => pause(millis, undefined, { signal, ref: false }));
  const stopping = new AbortController();
  const queue: Forwarded[] = [];
  const sums = { sent: 0, failed: 0, dropped: 0 };
  let queuedBytes = 0;
  let lastError: string | undefined;
  let running: Promise<void> | undefined;

  const attempt = async ({ path, contentType, body }: Forwarded, number: number): Promise<Outcome> => {
    const againIn = Math.min(FIRST_PAUSE * 2 ** (number - 1), LONGEST_PAUSE);
    try {
      const response = await fetch(`${base}${path}`, {
        method: 'POST',
        headers: { ...options.headers, 'content-type': contentType },
        body: new Uint8Array(body),
        // A redirect could carry the headers' secrets to another host.
        redirect: 'manual',
        signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(timeoutMillis)]),
      });
      await response.body?.cancel();
      if (response.ok) return { ok: true };
      const reason = `${path} was answered with ${response.status}`;
      if (!AGAIN.has(response.status)) return { ok: false, reason };
      return { ok: false, reason, againIn: retryAfter(response.headers.get('retry-after')) ?? againIn };
    } catch (error) {
      return { ok: false, reason: reasonOf(error), againIn };
    }
  };
  const deliver = async (request: Forwarded): Promise<void> => {
    for (let number = 1; ; number += 1) {
      const outcome = await attempt(request, number);
      if (outcome.ok) {
        sums.sent += 1;
        return;
      }
      lastError = outcome.reason;
      if (outcome.againIn === undefined || number >= maxAttempts || stopping.signal.aborted) break;
      await wait(outcome.againIn, stopping.signal).catch(() => undefined);
    }
    sums.failed += 1;
  };
  const drain = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (stopping.signal.aborted) sums.dropped += 1;
      else await deliver(next);
      queuedBytes -= next.body.byteLength;
    }
    running = undefined;
  };
  const idle = async (): Promise<void> => {
    await running;
  };
  return {
    push(request) {
      const size = request.body.byteLength;
      if (stopping.signal.aborted || (queuedBytes > 0 && queuedBytes + size > maxQueuedBytes)) {
        sums.dropped += 1;
        return;
      }
      queuedBytes += size;
      queue.push(request);
      running ??= drain();
    },
    report: () => ({ url: base, ...sums, ...(lastError !== undefined && { lastError }) }),
    idle,
    async close(graceMillis = DEFAULT_GRACE) {
      const timer = setTimeout(() => stopping.abort(), graceMillis);
      await idle();
      clearTimeout(timer);
      stopping.abort();
    },
  };
}
