/** The parts of a text to replace, kept apart from the text until all are known: to fold a list is to forget edits. */

/** Replacement `?`: for a literal. */
export const MARK = 0;
/** Replacement of one blank: for a run of blanks and comments. */
export const BLANK = 1;
/** Replacement by nothing: for what a `?` before it stands for as well. */
export const NOTHING = 2;
/** Replacement `, ...`: for rows. */
export const ELLIPSIS = 3;
const REPLACEMENTS: readonly string[] = ['?', ' ', '', ', ...'];

const WIDTH = 3;
// One list for ordinary statements: sanitising is synchronous and never nested, so nobody else holds it meanwhile.
const scratch = new Int32Array(WIDTH * 1024);

/** The edits of one text, in its order. */
export class SqlEdits {
  /** How many edits there are; may be lowered to forget the latest. */
  count = 0;
  #parts = scratch;

  /** Notes that a replacement stands for the text between two positions, none before those of the last edit. */
  add(start: number, end: number, replacement: number): void {
    const at = this.count * WIDTH;
    if (at + WIDTH > this.#parts.length) {
      const larger = new Int32Array(2 * this.#parts.length);
      larger.set(this.#parts);
      this.#parts = larger;
    }
    this.#parts[at] = start;
    this.#parts[at + 1] = end;
    this.#parts[at + 2] = replacement;
    this.count++;
  }

  /** The text with all edits made. */
  apply(text: string): string {
    const parts = this.#parts;
    const end = this.count * WIDTH;
    let out = '';
    let copied = 0;
    for (let at = 0; at < end; at += WIDTH) {
      const start = parts[at] ?? 0;
      const replacement = REPLACEMENTS[parts[at + 2] ?? MARK] ?? '?';
      out += start > copied ? text.slice(copied, start) + replacement : replacement;
      copied = parts[at + 1] ?? start;
    }
    return copied === 0 ? text : out + text.slice(copied);
  }
}
