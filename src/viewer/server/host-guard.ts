/**
 * The defence against other pages in the same browser. DNS rebinding: a web page whose name was re-pointed to this machine
 * still sends its own name in `Host`, and is refused. Cross-origin requests: a page elsewhere sends its own `Origin`.
 */

/** Names of this machine that no foreign page can carry. */
const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** The host of `Host` or of an origin, lower case, without its port. */
function hostOf(header: string | undefined): string | undefined {
  const host = /^(\[[^\]]*\]|[^:]*)(?::\d*)?$/.exec(header?.trim().toLowerCase() ?? '')?.[1];
  return host === '' ? undefined : host;
}

/**
 * Whether a server that listens there is reached from this machine alone.
 *
 * @param host an address or name to listen on
 * @returns true for 127.0.0.0/8, `::1` and `localhost`
 * @example
 * isLoopback('0.0.0.0'); // false
 */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/iu.test(host);
}

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
  const host = hostOf(header);
  if (host === undefined) return false;
  const bound = boundHost.toLowerCase();
  return LOOPBACK.has(host) || host === (bound.includes(':') ? `[${bound}]` : bound);
}

/** Scheme and host with port of an origin; undefined for `null` and whatever is none. */
function originParts(origin: string): { readonly host: string; readonly hostname: string } | undefined {
  if (!/^https?:\/\/[^/?#@]+$/u.test(origin) || !URL.canParse(origin)) return undefined;
  const { host, hostname } = new URL(origin);
  return { host, hostname };
}

/**
 * Whether a request comes from the server's own page, or from no page at all.
 *
 * @param origin the `Origin` header; undefined when there is none, as programs and plain navigation send it
 * @param host the `Host` header
 * @returns false for another site, another port and `null`
 * @example
 * isOwnOrigin('http://localhost:3000', 'localhost:16686'); // false
 */
export function isOwnOrigin(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  const parts = originParts(origin);
  // Behind a proxy the page is https while this server is not; each scheme leaves out its own port.
  const own = ['http', 'https'].map((scheme) => originParts(`${scheme}://${host ?? ''}`)?.host);
  return parts !== undefined && own.includes(parts.host);
}

/**
 * Whether a page may send its spans: one that this machine serves, on any port.
 *
 * @param origin the `Origin` header
 * @param host the `Host` header: a page of the same host is one of ours too
 * @returns false for every other page
 * @example
 * mayPageSend('http://localhost:3000', '127.0.0.1:4318'); // true
 */
export function mayPageSend(origin: string, host: string | undefined): boolean {
  const parts = originParts(origin);
  if (parts === undefined) return false;
  const { hostname } = parts;
  return LOOPBACK.has(hostname) || hostname.endsWith('.localhost') || hostname === hostOf(host);
}
