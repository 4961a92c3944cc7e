/** What workerd's own module `cloudflare:workers` offers, for tests that run on Node. */

/** The Worker's variables and bindings. */
export const env: Readonly<Record<string, unknown>> = {};

/** What the Worker was kept alive for. */
export const kept: Promise<unknown>[] = [];

export function waitUntil(work: Promise<unknown>): void {
  kept.push(work);
}
