/** URLs, methods and headers as the HTTP conventions want them. Pure. */
import type { Attributes } from '@opentelemetry/api';
import { REDACTED, isSecretName, redactText } from '../redaction.ts';
import * as ATTR from './worker-names.ts';

// RFC 9110 section 9, plus PATCH (RFC 5789) and QUERY, as the HTTP conventions list them.
const KNOWN_METHODS = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
  'QUERY',
]);
const URL_LENGTH_LIMIT = 2048;

/**
 * The method as a span shows it, and its attributes. Unknown methods become `_OTHER`, so that a scanner cannot make names.
 *
 * @param method the method as it was sent; what is no text counts as unknown
 * @returns the word for the span's name, and the attributes
 * @example
 * methodAttributes('get').name; // 'GET'
 */
export function methodAttributes(method: string): { name: string; attributes: Attributes } {
  const sent = typeof method === 'string' ? method : '';
  const upper = sent.toUpperCase();
  if (KNOWN_METHODS.has(upper)) return { name: upper, attributes: { [ATTR.HTTP_METHOD]: upper } };
  const original = redactText(sent.slice(0, 32));
  return { name: 'HTTP', attributes: { [ATTR.HTTP_METHOD]: '_OTHER', [ATTR.HTTP_METHOD_ORIGINAL]: original } };
}

/**
 * Takes the values out of a query string, but for parameters on the allow-list.
 *
 * @param query the query without its question mark
 * @param captured parameters whose values may be seen
 * @returns the query with `[REDACTED]` for each other value
 * @example
 * redactQuery('page=2&token=abc', ['page']); // 'page=2&token=[REDACTED]'
 */
export function redactQuery(query: string, captured: readonly string[] = []): string {
  return query
    .slice(0, URL_LENGTH_LIMIT)
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=');
      if (equals === -1) return redactText(pair);
      const name = pair.slice(0, equals);
      const value = pair.slice(equals + 1);
      if (captured.includes(name) && !isSecretName(name)) return `${redactText(name)}=${redactText(value)}`;
      return `${redactText(name)}=${value === '' ? '' : REDACTED}`;
    })
    .join('&');
}

/**
 * Makes a URL fit to leave: no user, no password, no fragment, no query values but the allowed ones.
 *
 * @param url absolute or relative
 * @param captured query parameters whose values may be seen
 * @returns the URL as text, at most 2,048 characters; never throws
 * @example
 * redactUrl('https://ada:pw@shop.example/cart?token=abc#top'); // 'https://shop.example/cart?token=[REDACTED]'
 */
export function redactUrl(url: string, captured: readonly string[] = []): string {
  const bounded = url.length > 4 * URL_LENGTH_LIMIT ? url.slice(0, 4 * URL_LENGTH_LIMIT) : url;
  const withoutFragment = bounded.split('#', 1)[0] ?? '';
  const mark = withoutFragment.indexOf('?');
  const base = (mark === -1 ? withoutFragment : withoutFragment.slice(0, mark)).replace(
    /^([a-z][a-z0-9+.-]*:)?\/\/[^/]*@/i,
    (_whole, scheme: string | undefined) => `${scheme ?? ''}//`,
  );
  const safe = redactText(base);
  return (mark === -1 ? safe : `${safe}?${redactQuery(withoutFragment.slice(mark + 1), captured)}`).slice(
    0,
    URL_LENGTH_LIMIT,
  );
}

/**
 * The status that a client was answered with.
 *
 * @param answer a Response, or what another HTTP client gives: `status` or `statusCode` on it
 * @returns a status from 100 to 599, `undefined` where there is none
 * @throws what a getter of the answer throws
 * @example
 * statusOf({ statusCode: 404 }); // 404
 */
export function statusOf(answer: unknown): number | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const { status, statusCode } = answer as { status?: unknown; statusCode?: unknown };
  const code = typeof status === 'number' ? status : statusCode;
  return typeof code === 'number' && code >= 100 && code < 600 ? code : undefined;
}

/**
 * What an answer says on a CLIENT span: on that side 4xx and 5xx are failures of the call (HTTP conventions, section Status).
 *
 * @param status the answer's, or `undefined`
 * @returns attributes, and whether the call failed
 * @example
 * answerAttributes(404).attributes; // { 'http.response.status_code': 404, 'error.type': '404' }
 */
export function answerAttributes(status: number | undefined): { attributes: Attributes; failed: boolean } {
  if (status === undefined) return { attributes: {}, failed: false };
  const failed = status >= 400;
  return {
    attributes: { [ATTR.HTTP_STATUS]: status, ...(failed ? { [ATTR.ERROR_TYPE]: String(status) } : {}) },
    failed,
  };
}

/** The parts of a URL that a CLIENT span needs. */
export interface Target {
  /** Host name without port; `undefined` for a relative URL. */
  readonly host: string | undefined;
  readonly attributes: Attributes;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443, 'ws:': 80, 'wss:': 443 };

/**
 * The attributes of the address a request goes to.
 *
 * @param url where the request goes; text that is no URL is kept, redacted
 * @param captured query parameters whose values may be seen
 * @returns host and attributes (`url.full`, `server.address`, `server.port`); never throws
 * @example
 * targetOf('https://api.example.com/data').host; // 'api.example.com'
 */
export function targetOf(url: string, captured: readonly string[] = []): Target {
  const full = redactUrl(url, captured);
  if (!URL.canParse(url)) return { host: undefined, attributes: { [ATTR.URL_FULL]: full } };
  const parsed = new URL(url);
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  const attributes: Attributes = { [ATTR.URL_FULL]: full, [ATTR.SERVER_ADDRESS]: host };
  const port = parsed.port === '' ? DEFAULT_PORTS[parsed.protocol] : Number(parsed.port);
  if (port !== undefined) attributes[ATTR.SERVER_PORT] = port;
  return { host, attributes };
}

/**
 * The headers on the allow-list as attributes. Headers that carry credentials are never recorded, allowed or not.
 *
 * @param headers where to read from
 * @param allowed lower-case names
 * @param prefix `http.request.header.` or `http.response.header.`
 * @returns one array attribute for each header that is there
 * @example
 * headerAttributes(new Headers({ 'x-tenant': 'acme' }), ['x-tenant'], 'http.request.header.');
 * // { 'http.request.header.x-tenant': ['acme'] }
 */
export function headerAttributes(
  headers: { get(name: string): string | null },
  allowed: readonly string[],
  prefix: string,
): Attributes {
  const out: Attributes = {};
  for (const name of allowed) {
    const value = isSecretName(name) ? null : headers.get(name);
    if (value !== null) out[prefix + name] = [redactText(value.slice(0, 1024))];
  }
  return out;
}
