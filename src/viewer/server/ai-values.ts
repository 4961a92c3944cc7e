/** Attributes as plain values, and what may be read from them whoever wrote them: text, numbers, JSON. */
import type { JsonValue } from '../wire.ts';
import { type Attribute, jsonOf } from './span.ts';

/** Attributes by key, as plain values; of a repeated key the first. */
export type Values = ReadonlyMap<string, JsonValue>;

/**
 * Reads attributes once.
 *
 * @param attributes of a span, an event or a log record
 * @returns them by key
 * @example
 * valuesOf(span.attributes).get('gen_ai.request.model');
 */
export function valuesOf(attributes: readonly Attribute[]): Values {
  const values = new Map<string, JsonValue>();
  for (const { key, value } of attributes) if (!values.has(key)) values.set(key, jsonOf(value));
  return values;
}

/**
 * The first of several names that says something.
 *
 * @param values where to look
 * @param keys current name first
 * @returns text that is not empty; numbers as text
 * @example
 * textAt(new Map([['gen_ai.system', 'openai']]), 'gen_ai.provider.name', 'gen_ai.system'); // 'openai'
 */
export function textAt(values: Values, ...keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = values.get(key);
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return undefined;
}

/**
 * The first of several names that holds a count or an amount: a finite number, not negative, also written as text.
 *
 * @param values where to look
 * @param keys current name first
 * @returns the number
 * @example
 * numberAt(new Map([['gen_ai.usage.input_tokens', '12']]), 'gen_ai.usage.input_tokens'); // 12
 */
export function numberAt(values: Values, ...keys: readonly string[]): number | undefined {
  for (const key of keys) {
    const value = values.get(key);
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number === 'number' && Number.isFinite(number) && number >= 0) return number;
  }
  return undefined;
}

/**
 * A value that may be JSON in a text.
 *
 * @param value as it came
 * @returns what the text holds when it is an object or a list, else the value itself
 * @example
 * parsed('{"city":"Oslo"}'); // { city: 'Oslo' }
 */
export function parsed(value: JsonValue | undefined): JsonValue | undefined {
  if (typeof value !== 'string' || !/^\s*[[{]/u.test(value)) return value;
  try {
    return JSON.parse(value) as JsonValue;
  } catch {
    return value;
  }
}

/**
 * An object, or nothing.
 *
 * @param value any JSON
 * @returns the value when it is an object
 * @example
 * objectOf([1]); // undefined
 */
export function objectOf(value: JsonValue | undefined): { readonly [key: string]: JsonValue } | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { readonly [key: string]: JsonValue })
    : undefined;
}
