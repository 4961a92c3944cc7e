/** Remembers answers by what was asked, not by how: the order of words and the little ones between do not count. */
import { tellingWords } from './words.ts';

const entryLimit = 200;
const lifetimeMillis = 5 * 60 * 1000;

interface Entry {
  readonly answer: string;
  readonly expiresAtUnixMillis: number;
}

/** A bounded cache of answers; the one not asked for the longest goes first. */
export class AnswerCache {
  readonly #entries = new Map<string, Entry>();

  /**
   * The key of a question.
   *
   * @param weightGrams what is to be shipped: another weight has another price in its answer
   */
  keyFor(question: string, weightGrams: number): string {
    const words = tellingWords(question).toSorted().join(' ');
    return `${words || question.toLowerCase()}|${weightGrams}`;
  }

  /** The answer, `undefined` when it is not known or too old. */
  get(key: string): string | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    if (entry.expiresAtUnixMillis <= Date.now()) return undefined;
    this.#entries.set(key, entry);
    return entry.answer;
  }

  /** Keeps an answer. */
  set(key: string, answer: string): void {
    this.#entries.delete(key);
    this.#entries.set(key, { answer, expiresAtUnixMillis: Date.now() + lifetimeMillis });
    const oldest = this.#entries.keys().next();
    if (this.#entries.size > entryLimit && !oldest.done) this.#entries.delete(oldest.value);
  }
}
