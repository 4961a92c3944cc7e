/** What the URL of an incoming request says: its attributes, and the route behind it. Pure. */
import type { Attributes } from '@opentelemetry/api';
import { redactQuery } from '../semconv/http.ts';
import { ATTR } from '../semconv/names.ts';
import { getRuntime } from '../runtime.ts';

/** A URL in parts, without the cost of a URL object: this runs for every request. */
function split(url: string): { scheme: string; authority: string; path: string; query: string } {
  const schemeEnd = url.indexOf('://');
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
 * @returns `url.path`, `url.scheme`, `server.address`, `server.port`, and `url.query` where there is one
 * @example
 * urlAttributes('http://shop.example/cart?page=2')['url.query']; // 'page=[REDACTED]'
 */
export function urlAttributes(url: string): Attributes {
  const { scheme, authority, path, query } = split(url);
  const out: Attributes = { [ATTR.URL_PATH]: path };
  if (scheme !== '') out[ATTR.URL_SCHEME] = scheme;
  if (query !== '') out[ATTR.URL_QUERY] = redactQuery(query, getRuntime().settings.capturedQueryParameters);
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const [, name, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(host) ?? [];
  if (name) out[ATTR.SERVER_ADDRESS] = name;
  if (port) out[ATTR.SERVER_PORT] = Number(port);
  return out;
}

function safeDecode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/**
 * The template behind a path: the segments that the params gave become `[name]` again.
 *
 * @param path the path of the request
 * @param params what Next matched: texts, and arrays for catch-all segments
 * @returns the template, such as `/api/products/[id]`; `undefined` when none of the params is in the path, which may then
 *   hold anything
 * @example
 * templateOf('/api/products/p-1', { id: 'p-1' }); // '/api/products/[id]'
 */
export function templateOf(path: string, params: Readonly<Record<string, unknown>>): string | undefined {
  // Next gives the values decoded to some handlers and as they stand in the path to others.
  const segments = path.split('/').map((raw) => ({ raw, decoded: safeDecode(raw) }));
  const stands = (index: number, part: unknown): boolean =>
    part !== undefined && (segments[index]?.decoded === part || segments[index]?.raw === part);
  let found = false;
  for (const [name, value] of Object.entries(params)) {
    const values: unknown[] = Array.isArray(value) ? value : [value];
    const width = values.length;
    const at = segments.findIndex(
      (_segment, index) => index > 0 && values.every((part, offset) => stands(index + offset, part)),
    );
    const placeholder = Array.isArray(value) ? `[...${name}]` : `[${name}]`;
    if (at <= 0 || width === 0) continue;
    segments.splice(at, width, { raw: placeholder, decoded: placeholder });
    found = true;
  }
  if (!found) return undefined;
  return segments.map(({ decoded }) => decoded).join('/');
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/**
 * Finds out the route while the handler runs: params are a promise since Next 15.
 *
 * @param given the template, where the user named it
 * @param url of the request
 * @param params the second argument's `params`: a record, a promise of one, or nothing
 * @returns a function that gives the template as far as it is known by now
 */
export function routeOf(given: string | undefined, url: string, params: unknown): () => string | undefined {
  let known = given;
  const learn = (value: unknown): void => {
    if (typeof value === 'object' && value !== null)
      known ??= templateOf(split(url).path, value as Record<string, unknown>);
  };
  if (isThenable(params)) Promise.resolve(params).then(learn, () => {});
  else learn(params);
  return () => known;
}
