/** The names that a WITH clause defines (common table expressions), which are no tables of the database. */

/** More than any statement defines; a bound for what we keep. */
const MAX_NAMES = 100;

/** The names of one statement. */
export class CteNames {
  readonly #names = new Set<string>();
  #latest = '';

  /** Notes a name that may turn out to be one of these. */
  name(name: string): void {
    this.#latest = foldName(name);
  }

  /** The name noted last is one of these. */
  define(): void {
    if (this.#names.size < MAX_NAMES) this.#names.add(this.#latest);
  }

  /** Whether the text between two positions is one of these names. */
  has(text: string, start: number, end: number): boolean {
    return this.#names.size > 0 && this.#names.has(foldName(text.slice(start, end)));
  }

  /** Forgets all: another statement begins. */
  clear(): void {
    this.#names.clear();
  }
}

/** Without quotes and case, since a name may be defined with and used without them. */
function foldName(name: string): string {
  const quoted = name.length > 1 && '"`['.includes(name.charAt(0));
  return (quoted ? name.slice(1, -1) : name).toLowerCase();
}
