/**
 * The defence against DNS rebinding: a web page whose name was re-pointed to this machine still sends its own name in
 * `Host`, and is refused.
 */

/** Names of this machine that no foreign page can carry. */
const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Says whether a `Host` header names this machine: a loopback name or the host the server was bound to, with any port.
 *
 * @param header the header's value, or undefined when it is missing
 * @param boundHost what the server was told to listen on, as in `'127.0.0.1'` or `'::1'`
 * @returns false also for a missing header
 * @example
 * isAllowedHost('evil.example:4318', '127.0.0.1'); // false
 */
export function isAllowedHost(header: string | undefined, boundHost: string): boolean {
  const host = /^(\[[^\]]*\]|[^:]*)(?::\d*)?$/.exec(header?.trim().toLowerCase() ?? '')?.[1];
  if (host === undefined || host === '') return false;
  const bound = boundHost.toLowerCase();
  return LOOPBACK.has(host) || host === (bound.includes(':') ? `[${bound}]` : bound);
}
