/** The template behind a path that nobody has named one for. Pure. */
import { splitUrl } from './url.ts';

const SEGMENT_LIMIT = 32;
const PLACEHOLDER = /^(?::|\{.*\}$|\[.*\]$|\*)/;
const VERSION = /^v\d{1,3}(?:\.\d{1,3})*$/;
/** Words with hyphens, dots or underscores between them, and at most one digit at the end: `auth`, `oauth2`, `robots.txt`. */
const WORDS = /^\.?[a-z]+(?:[-_.][a-z]+)*$|^[a-z]{2,}(?:[-_.][a-z]+)*\d$/i;
const HEXADECIMAL = /^[0-9a-f]{8,}$/i;

function isFixed(segment: string): boolean {
  if (segment === '' || PLACEHOLDER.test(segment) || VERSION.test(segment)) return true;
  return segment.length <= SEGMENT_LIMIT && WORDS.test(segment) && !HEXADECIMAL.test(segment);
}

/**
 * Replaces what looks like an id in a path by `:id`, so that a span's name stays low in cardinality. Numbers, UUIDs, hashes,
 * e-mail addresses, `p-1` and whatever else is no plain word is an id. An id made of plain words (`/users/ada`) cannot be
 * told from a route: give the template where a path has such ids.
 *
 * @param path a path, a template (which is kept) or a whole URL (of which the path is taken)
 * @returns the template, beginning with a slash, without query
 * @example
 * pathTemplate('/v1/products/p-1?page=2'); // '/v1/products/:id'
 */
export function pathTemplate(path: string): string {
  const text = typeof path === 'string' ? path : '';
  const segments = splitUrl(text.slice(0, 2048)).path.split('/');
  const template = segments.map((segment) => (isFixed(segment) ? segment : ':id')).join('/');
  return template.startsWith('/') ? template : `/${template}`;
}
