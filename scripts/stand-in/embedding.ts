import { createHash } from 'node:crypto';
import { contentWords } from './answer.ts';

/**
 * A vector of length one for a text. Each word adds to a place that only the word decides, so texts that share words are
 * near each other, and the same text always has the same vector.
 *
 * @param dimensions 1 to 3072
 */
export function embed(text: string, dimensions: number): number[] {
  const vector = Array.from({ length: dimensions }, () => 0);
  const words = contentWords(text);
  for (const word of words.length > 0 ? words : [text]) {
    const digest = createHash('sha256').update(word).digest();
    for (let i = 0; i < 4; i++) {
      const place = digest.readUInt32LE(i * 4) % dimensions;
      vector[place] = (vector[place] ?? 0) + ((digest[16 + i] ?? 0) % 2 === 0 ? 1 : -1);
    }
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}

/** Little-endian 32-bit floats in base64: what OpenAI's clients ask for by default. */
export function toBase64(vector: readonly number[]): string {
  return Buffer.from(Float32Array.from(vector).buffer).toString('base64');
}
