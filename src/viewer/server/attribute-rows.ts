/** Attributes as the page shows them: JSON, with long texts cut. */
import type { AttributeRow, JsonValue } from '../wire.ts';
import { type Attribute, type AttributeValue, jsonOf } from './span.ts';

const TEXT_LIMIT = 16 * 1024;

/** A value, and how many bytes of it are left out. */
export interface ShownValue {
  readonly value: JsonValue;
  readonly cutBytes?: number;
}

/**
 * A value as JSON; a long text is cut, a long list or map becomes the beginning of its text.
 *
 * @param value any value
 * @param full long ones whole
 * @returns the value, and how much was cut
 * @example
 * shownValue({ type: 'int', value: 1n }, false); // { value: 1 }
 */
export function shownValue(value: AttributeValue, full: boolean): ShownValue {
  const whole = jsonOf(value);
  if (full || whole === null || (typeof whole !== 'string' && typeof whole !== 'object')) return { value: whole };
  const text = typeof whole === 'string' ? whole : JSON.stringify(whole);
  if (text.length <= TEXT_LIMIT) return { value: whole };
  const shown = text.slice(0, TEXT_LIMIT);
  return { value: shown, cutBytes: Buffer.byteLength(text) - Buffer.byteLength(shown) };
}

/**
 * One attribute as the page shows it.
 *
 * @param attribute any
 * @param full long ones whole
 * @returns key, type and value
 * @example
 * toAttributeRow({ key: 'a', value: { type: 'bool', value: true } }, false); // { key: 'a', type: 'bool', value: true }
 */
export function toAttributeRow({ key, value }: Attribute, full: boolean): AttributeRow {
  return { key, type: value.type, ...shownValue(value, full) };
}

/**
 * Nanoseconds as milliseconds, to the microsecond.
 *
 * @param nano Unix time
 * @returns Unix milliseconds with a fraction
 * @example
 * millis(1_500_999n); // 1.5
 */
export function millis(nano: bigint): number {
  return Number(nano / 1000n) / 1000;
}
