import type { Attribute, AttributeValue } from '../../../src/viewer/server/span.ts';

export type Plain = string | number | boolean | readonly Plain[] | { readonly [key: string]: Plain };

function valueOf(value: Plain): AttributeValue {
  if (typeof value === 'string') return { type: 'string', value };
  if (typeof value === 'boolean') return { type: 'bool', value };
  if (typeof value === 'number') {
    return Number.isInteger(value) ? { type: 'int', value: BigInt(value) } : { type: 'double', value };
  }
  if (Array.isArray(value)) return { type: 'array', value: value.map(valueOf) };
  return { type: 'map', value: attributesOf(value as { readonly [key: string]: Plain }) };
}

/** Attributes out of a plain object: whole numbers as integers. */
export function attributesOf(values: { readonly [key: string]: Plain }): readonly Attribute[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: valueOf(value) }));
}
