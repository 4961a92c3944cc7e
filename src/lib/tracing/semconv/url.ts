/** What the URL of an incoming request says. Pure. */
import type { Attributes } from '@opentelemetry/api';
import { redactQuery } from './http.ts';
import * as ATTR from './worker-names.ts';

/** The parts of a URL, each as it was sent. */
export interface UrlParts {
  /** Without the colon; empty when the URL is relative. */
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
}

/**
 * Takes a URL apart, without the cost of a URL object: this runs for every request.
 *
 * @param url absolute, or a path with a query
 * @returns its parts; the fragment is left out
 * @example
 * splitUrl('/cart?page=2').query; // 'page=2'
 */
export function splitUrl(url: string): UrlParts {
  const schemeEnd = /^[a-z][a-z0-9+.-]*:\/\//i.test(url) ? url.indexOf('://') : -1;
  const start = schemeEnd === -1 ? 0 : schemeEnd + 3;
  let pathStart = start;
  // A host may be followed by its query at once.
  if (schemeEnd !== -1) while (pathStart < url.length && !'/?#'.includes(url.charAt(pathStart))) pathStart += 1;
  const hash = url.indexOf('#', pathStart);
  const end = hash === -1 ? url.length : hash;
  const mark = url.indexOf('?', pathStart);
  const pathEnd = mark === -1 || mark > end ? end : mark;
  return {
    scheme: schemeEnd === -1 ? '' : url.slice(0, schemeEnd),
    authority: schemeEnd === -1 ? '' : url.slice(start, pathStart),
    path: url.slice(pathStart, pathEnd) || '/',
    query: pathEnd === end ? '' : url.slice(pathEnd + 1, end),
  };
}

/**
 * The attributes of an incoming request's URL. Query values are taken out, but for the allowed ones.
 *
 * @param url absolute, as `Request.url` has it
 * @param captured query parameters whose values may be seen
 * @returns `url.path`, `url.scheme`, `server.address`, `server.port`, and `url.query` where there is one
 * @example
 * urlAttributes('http://shop.example/cart?page=2')['url.query']; // 'page=[REDACTED]'
 */
export function urlAttributes(url: string, captured: readonly string[] = []): Attributes {
  const { scheme, authority, path, query } = splitUrl(url);
  const out: Attributes = { [ATTR.URL_PATH]: path };
  if (scheme !== '') out[ATTR.URL_SCHEME] = scheme;
  if (query !== '') out[ATTR.URL_QUERY] = redactQuery(query, captured);
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const [, name, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(host) ?? [];
  if (name) out[ATTR.SERVER_ADDRESS] = name;
  if (port) out[ATTR.SERVER_PORT] = Number(port);
  return out;
}
