/** Keys of caches and stores, which may hold a user's id, a token, a prompt. Pure. */
import type { Attributes } from '@opentelemetry/api';
import { redactText } from '../redaction.ts';
import * as CLOUDFLARE from './cloudflare.ts';

const LENGTH_LIMIT = 512;

/**
 * Tells keys apart without carrying them: FNV-1a, 32 bits.
 *
 * @param key any text
 * @returns eight hexadecimal digits
 * @example
 * hashKey('question-1'); // '31b358ab'
 */
export function hashKey(key: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/**
 * What may be recorded of a key: all of it when it begins as the allow-list says, else a hash.
 *
 * @param key the key; what is no text is left out
 * @param allowed beginnings of keys that may be recorded whole
 * @param name the attribute for a whole key
 * @returns attributes; empty for what is no text
 * @example
 * keyAttributes('session:8c1f', [], 'cloudflare.kv.query.keys');
 * // { 'throughline.key.hash': 'e2490335' }
 */
export function keyAttributes(key: unknown, allowed: readonly string[] = [], name: string): Attributes {
  if (typeof key !== 'string') return {};
  if (allowed.some((start) => key.startsWith(start))) return { [name]: redactText(key.slice(0, LENGTH_LIMIT)) };
  return { [CLOUDFLARE.KEY_HASH]: hashKey(key) };
}
