/**
 * Makes any value safe to put on a span: within limits, serialisable, and never by running into the program's own
 * getters and cycles in a way the program would notice.
 */
import type { Attributes } from '@opentelemetry/api';
import { getRuntime } from './runtime.ts';

const ELLIPSIS = '…';
// oxlint-disable-next-line no-control-regex -- control characters are what this looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/;
// oxlint-disable-next-line no-control-regex -- as above
const CONTROL_ALL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;
const SPAN_NAME_LIMIT = 256;
const ARRAY_LIMIT = 128;
const JSON_DEPTH_LIMIT = 6;

/** A value that every OpenTelemetry SDK and backend takes. */
export type CleanValue = string | number | boolean | string[] | number[] | boolean[];

/** Anything that a caller may hand over as attributes: every value is made fit, or left out. */
export type AttributeInput = Readonly<Record<string, unknown>>;

function truncate(text: string, limit: number): string {
  return text.length > limit ? text.slice(0, Math.max(0, limit - 1)) + ELLIPSIS : text;
}

/**
 * Makes a span name fit for every backend: one line, at most 256 characters, never empty.
 *
 * @param name the name as given; anything but a string is turned into one
 * @returns the name itself when it was fine; never throws
 * @example
 * cleanName('process\norder'); // 'process order'
 */
export function cleanName(name: unknown): string {
  if (typeof name !== 'string') return name == null ? 'unnamed' : cleanName(describe(name));
  if (name.length <= SPAN_NAME_LIMIT && name.length > 0 && !CONTROL.test(name)) return name;
  return (
    truncate(
      name
        .slice(0, 4 * SPAN_NAME_LIMIT)
        .replace(CONTROL_ALL, ' ')
        .trim(),
      SPAN_NAME_LIMIT,
    ) || 'unnamed'
  );
}

/** `String(value)` that cannot throw, for values that have no better form. */
function describe(value: unknown): string {
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

/** A copy of an object that `JSON.stringify` accepts: bounded in depth and width, no cycles, no throwing getters. */
function toPlain(value: unknown, seen: Set<object>, depth: number, limit: number): unknown {
  switch (typeof value) {
    case 'bigint':
    case 'symbol':
      return value.toString();
    case 'string':
      return truncate(value, limit);
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
  if (seen.has(value)) return '[Circular]';
  if (depth >= JSON_DEPTH_LIMIT) return Array.isArray(value) ? '[Array]' : '[Object]';
  seen.add(value);
  try {
    if (Array.isArray(value)) {
      return value.slice(0, ARRAY_LIMIT).map((item) => toPlain(item, seen, depth + 1, limit) ?? null);
    }
    const copy: Record<string, unknown> = {};
    for (const key of Object.keys(value).slice(0, ARRAY_LIMIT)) {
      copy[key] = toPlain(readProperty(value, key), seen, depth + 1, limit);
    }
    return copy;
  } finally {
    seen.delete(value);
  }
}

function readProperty(holder: object, key: string): unknown {
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
    return truncate(JSON.stringify(toPlain(value, new Set(), 0, limit)) ?? describe(value), limit);
  } catch {
    return truncate(describe(value), limit);
  }
}

function cleanArray(values: readonly unknown[], limit: number): CleanValue {
  const head = values.length > ARRAY_LIMIT ? values.slice(0, ARRAY_LIMIT) : values;
  const kind = typeof head.find((item) => item != null);
  if (kind === 'number' && head.every((item) => typeof item === 'number')) return head.slice();
  if (kind === 'boolean' && head.every((item) => typeof item === 'boolean')) return head.slice();
  return head.map((item) => (typeof item === 'string' ? truncate(item, limit) : toJson(item, limit)));
}

/**
 * Makes one attribute value fit.
 *
 * @param value anything: BigInt becomes a number or a string, a date ISO 8601, an object JSON
 * @param limit longest text kept, in UTF-16 code units
 * @returns the value to record, or `undefined` when there is nothing to record (`null`, functions, `undefined`); never throws
 * @example
 * cleanValue(10n, 100); // 10
 */
export function cleanValue(value: unknown, limit: number): CleanValue | undefined {
  switch (typeof value) {
    case 'string':
      return truncate(value, limit);
    case 'number':
    case 'boolean':
      return value;
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : truncate(value.toString(), limit);
    case 'symbol':
      return truncate(value.toString(), limit);
    case 'object':
      if (value === null) return undefined;
      if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
      try {
        return Array.isArray(value) ? cleanArray(value, limit) : toJson(value, limit);
      } catch {
        return undefined; // a revoked proxy fails even at `Array.isArray`
      }
    default:
      return undefined;
  }
}

function isCleanAlready(input: AttributeInput, keys: readonly string[], limit: number, count: number): boolean {
  if (keys.length > count) return false;
  for (const key of keys) {
    const value = input[key];
    const kind = typeof value;
    if (kind === 'number' || kind === 'boolean') continue;
    if (kind === 'string' && (value as string).length <= limit && key.length > 0) continue;
    return false;
  }
  return true;
}

/**
 * Makes attributes fit for a span: at most the configured number, each value within the configured length, everything
 * else turned into text or left out.
 *
 * @param input names and values as the caller has them, or `undefined`
 * @returns attributes that the SDK takes as they are; the input itself when nothing had to change; never throws
 * @example
 * cleanAttributes({ size: 3n, at: new Date(0), skip: undefined }); // { size: 3, at: '1970-01-01T00:00:00.000Z' }
 */
export function cleanAttributes(input: AttributeInput | undefined): Attributes {
  if (input == null || typeof input !== 'object') return {};
  const { attributeValueLengthLimit, attributeCountLimit } = getRuntime().settings;
  let keys: string[];
  try {
    keys = Object.keys(input);
    if (isCleanAlready(input, keys, attributeValueLengthLimit, attributeCountLimit)) return input;
  } catch {
    keys = safeKeys(input);
  }
  const out: Attributes = {};
  let count = 0;
  for (const key of keys) {
    if (count >= attributeCountLimit) break;
    const value = key === '' ? undefined : cleanValue(readProperty(input, key), attributeValueLengthLimit);
    if (value === undefined) continue;
    out[key] = value;
    count += 1;
  }
  return out;
}

function safeKeys(input: object): string[] {
  try {
    return Object.keys(input);
  } catch {
    return [];
  }
}
