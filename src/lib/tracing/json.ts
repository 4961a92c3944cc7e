/** Any value as text, within limits: cycles, getters that throw, BigInt, Map, dates, bytes; no values of secret names. */
import { REDACTED, isSecretName, redactText } from './redaction.ts';

const ELLIPSIS = '…';
/** The most items of one collection that are kept. */
export const ARRAY_LIMIT = 128;
const JSON_DEPTH_LIMIT = 6;
/** How much more than the limit is looked at, so that a secret on the edge is seen whole, in UTF-16 code units. */
export const SECRET_LENGTH = 512;

/**
 * Cuts a text, never through the middle of a character.
 *
 * @param text any text
 * @param limit longest text returned, in UTF-16 code units
 * @returns the text itself when it fits, else its beginning and an ellipsis
 */
export function truncate(text: string, limit: number): string {
  if (text.length <= limit) return text;
  // What is cut through is no longer known for a secret: it is taken out before.
  const whole = redactText(text.slice(0, limit + SECRET_LENGTH));
  if (whole.length <= limit) return whole.slice(0, Math.max(0, limit - 1)) + ELLIPSIS;
  const end = Math.max(0, limit - 1);
  const last = whole.charCodeAt(end - 1);
  // Half of a pair is no text: JSON parsers of collectors refuse it.
  return whole.slice(0, last >= 0xd800 && last <= 0xdbff ? end - 1 : end) + ELLIPSIS;
}

/**
 * `String(value)` that cannot throw.
 *
 * @param value anything
 * @returns its text, or its type in brackets
 */
export function describe(value: unknown): string {
  try {
    return String(value);
  } catch {
    return `[${typeof value}]`; // even asking for its class may throw: a revoked proxy
  }
}

/** A walk through one value. What would stand behind the limit is not even looked at. */
interface Walk {
  /** The objects around the current one. */
  readonly path: Set<object>;
  readonly limit: number;
  left: number;
}

/** A copy of an object that `JSON.stringify` accepts: bounded in size, depth and width, no cycles, no throwing getters. */
function toPlain(value: unknown, walk: Walk, depth: number): unknown {
  walk.left -= 1;
  switch (typeof value) {
    case 'bigint':
    case 'symbol':
      return value.toString();
    case 'string':
      walk.left -= value.length;
      return truncate(value, walk.limit);
    case 'function':
      return undefined;
    case 'object':
      break;
    default:
      return value;
  }
  if (value === null) return null;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (value instanceof Error)
    return `${describe(readProperty(value, 'name'))}: ${describe(readProperty(value, 'message'))}`;
  if (value instanceof URL) return value.href;
  if (walk.path.has(value)) return '[Circular]';
  if (depth >= JSON_DEPTH_LIMIT) return Array.isArray(value) ? '[Array]' : '[Object]';
  walk.path.add(value);
  try {
    if (Array.isArray(value)) return copyItems(value, walk, depth);
    if (value instanceof Set) return copyItems(head<unknown>(value), walk, depth);
    if (value instanceof Map) {
      const entries = head<readonly [unknown, unknown]>(value);
      return copyEntries(
        entries.map(([key]) => describe(key)),
        (at) => entries[at]?.[1],
        walk,
        depth,
      );
    }
    const keys = head(Object.keys(value));
    return copyEntries(keys, (_at, key) => readProperty(value, key), walk, depth);
  } finally {
    walk.path.delete(value);
  }
}

function head<T>(items: Iterable<T>): T[] {
  const first: T[] = [];
  for (const item of items) if (first.push(item) >= ARRAY_LIMIT) break;
  return first;
}

function copyItems(items: readonly unknown[], walk: Walk, depth: number): unknown[] {
  const copy: unknown[] = [];
  for (const item of items.slice(0, ARRAY_LIMIT)) {
    if (walk.left <= 0) break;
    copy.push(toPlain(item, walk, depth + 1) ?? null);
  }
  return copy;
}

function copyEntries(
  keys: readonly string[],
  read: (at: number, key: string) => unknown,
  walk: Walk,
  depth: number,
): object {
  const copy: Record<string, unknown> = {};
  for (const [at, key] of keys.entries()) {
    if (walk.left <= 0) break;
    const plain = isSecretName(key) ? REDACTED : toPlain(read(at, key), walk, depth + 1);
    if (plain === undefined) continue;
    walk.left -= key.length;
    copy[key] = plain;
  }
  return copy;
}

/**
 * Reads a property that may throw.
 *
 * @param holder any object
 * @param key the property's name
 * @returns its value, or a mark where the getter threw
 */
export function readProperty(holder: object, key: string): unknown {
  try {
    return (holder as Record<string, unknown>)[key];
  } catch {
    return '[Throws]';
  }
}

/**
 * Writes a value as JSON within limits: cycles, deep or wide values, BigInt, symbols and getters that throw are replaced
 * by a short mark instead of failing.
 *
 * @param value anything
 * @param limit longest text returned, in UTF-16 code units
 * @returns the JSON text; never throws
 * @example
 * const loop: Record<string, unknown> = { id: 1n };
 * loop['self'] = loop;
 * toJson(loop, 100); // '{"id":"1","self":"[Circular]"}'
 */
export function toJson(value: unknown, limit: number): string {
  try {
    const walk: Walk = { path: new Set(), limit, left: limit };
    return truncate(JSON.stringify(toPlain(value, walk, 0)) ?? describe(value), limit);
  } catch {
    return truncate(describe(value), limit);
  }
}

/**
 * JSON, but for what is a text by itself: a date, bytes, an error, a URL.
 *
 * @param value any object
 * @param limit longest text returned, in UTF-16 code units
 * @returns the text, or `undefined` for a date that is none
 * @throws what a revoked proxy throws
 */
export function toText(value: object, limit: number): string | undefined {
  const plain = toPlain(value, { path: new Set(), limit, left: limit }, 0);
  if (plain === null) return undefined;
  return truncate(typeof plain === 'string' ? plain : JSON.stringify(plain), limit);
}
