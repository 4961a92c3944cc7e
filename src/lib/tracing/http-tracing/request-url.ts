/** The route behind the URL of an incoming request. Pure. */
import { splitUrl } from '../semconv/url.ts';

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
      known ??= templateOf(splitUrl(url).path, value as Record<string, unknown>);
  };
  if (isThenable(params)) Promise.resolve(params).then(learn, () => {});
  else learn(params);
  return () => known;
}
