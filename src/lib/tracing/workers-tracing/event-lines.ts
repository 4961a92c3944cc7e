/** Finds the events of a stream of server-sent events that say something of the whole answer (HTML standard, section 9.2). */

/** Events of text alone are only counted: parsing each would cost more of a Worker's CPU than the tracing may. */
const TELLING = /"(?:usage|finish_reason|stop_reason)":\s*[{"]/;
/** The longest line that is looked at, in UTF-16 code units. */
const LINE_LIMIT = 65_536;

/** Takes bytes in as they come, however they are cut. */
export class EventLines {
  readonly #tell: (event: unknown) => void;
  readonly #decoder = new TextDecoder();
  #rest = '';
  /** How many events came, the mark of the end left out. */
  count = 0;

  /** @param tell is given each event that says something of the whole answer */
  constructor(tell: (event: unknown) => void) {
    this.#tell = tell;
  }

  /** Takes one chunk in. */
  add(chunk: unknown): void {
    this.#rest +=
      typeof chunk === 'string' ? chunk : this.#decoder.decode(chunk as Uint8Array<ArrayBuffer>, { stream: true });
    const lines = this.#rest.split('\n');
    this.#rest = (lines.pop() ?? '').slice(-LINE_LIMIT);
    for (const line of lines) if (line.startsWith('data:')) this.#event(line.slice(5).trim());
  }

  #event(data: string): void {
    if (data === '[DONE]') return;
    this.count += 1;
    if (TELLING.test(data)) this.#tell(JSON.parse(data));
  }
}
