/**
 * Makes any value safe to put on a span: within limits, serialisable, and never by running into the program's own
 * getters and cycles in a way the program would notice.
 */
import type { Attributes } from '@opentelemetry/api';
import { ARRAY_LIMIT, describe, readProperty, toJson, toText, truncate } from './json.ts';
import { getRuntime } from './runtime.ts';

export { toJson };

// oxlint-disable-next-line no-control-regex -- control characters are what this looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/;
// oxlint-disable-next-line no-control-regex -- as above
const CONTROL_ALL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;
const SPAN_NAME_LIMIT = 256;

/** A value that every OpenTelemetry SDK and backend takes. */
export type CleanValue = string | number | boolean | string[] | number[] | boolean[];

/** Anything that a caller may hand over as attributes: every value is made fit, or left out. */
export type AttributeInput = Readonly<Record<string, unknown>>;

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

function cleanArray(values: readonly unknown[], limit: number): CleanValue {
  const head = values.length > ARRAY_LIMIT ? values.slice(0, ARRAY_LIMIT) : values;
  if (isAll(head, 'number') || isAll(head, 'boolean')) return head.slice();
  return Array.from(head, (item) => {
    const clean = cleanValue(item, limit);
    return clean === undefined || typeof clean === 'object' ? toJson(item, limit) : String(clean);
  });
}

function isAll<K extends 'number' | 'boolean'>(
  items: readonly unknown[],
  kind: K,
): items is (K extends 'number' ? number : boolean)[] {
  for (const item of items) if (typeof item !== kind) return false; // `every` would step over holes
  return items.length > 0;
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
      try {
        return Array.isArray(value) ? cleanArray(value, limit) : toText(value, limit);
      } catch {
        return undefined; // a revoked proxy fails at every question, `Array.isArray` included
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
