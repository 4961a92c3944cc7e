import { Fault, Interrupted, report } from '../launch/fault.mjs';
import { endRunning, samePressMs, whenParentEnds } from '../launch/run.mjs';
import { lastLines, stopKept, type Kept } from './kept.ts';

interface Part {
  readonly name: string;
  readonly stop: () => Promise<void>;
  readonly kill: () => void;
}

/** What runs, in the order in which it was started; and its end, in the opposite order, for whatever reason. */
export class Running {
  readonly #root: string;
  readonly #parts: Part[] = [];
  #endingSince = 0;
  #ready = false;

  constructor(root: string) {
    this.#root = root;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => this.#onSignal(signal));
    whenParentEnds(() => this.#onSignal('SIGTERM'));
  }

  /** Whether everything is being stopped. */
  get isEnding(): boolean {
    return this.#endingSince > 0;
  }

  /** Adds a part that only needs to be closed. */
  add(name: string, close: () => Promise<void>): void {
    this.#parts.push({ name, stop: close, kill: () => {} });
  }

  /** Adds a program of ours. When it ends unasked, everything else ends too, and its last words are shown. */
  watch(name: string, part: Pick<Kept, 'exited' | 'stop' | 'kill'>, log: string): void {
    this.#parts.push({ name, stop: () => part.stop(), kill: () => part.kill() });
    void part.exited.then((code) => {
      if (this.isEnding) return;
      const sentence = `${name} ended by itself (exit code ${code}), so everything else was stopped: its last lines are above, all of them in ${log}.`;
      void this.fail(new Fault(sentence, lastLines(log)));
    });
  }

  /** From now on Ctrl-C is the normal end (exit code 0). */
  ready(): void {
    this.#ready = true;
  }

  /** Stops everything, then says why and exits. */
  async fail(error: unknown): Promise<void> {
    if (this.isEnding) return; // what breaks while everything is being stopped needs no sentence of its own
    await this.#end();
    process.exit(report(error, this.#root));
  }

  #onSignal(signal: NodeJS.Signals): void {
    if (this.isEnding) {
      if (Date.now() - this.#endingSince < samePressMs) return;
      void endRunning(signal);
      for (const part of this.#parts) part.kill();
      process.exit(new Interrupted(signal).exitCode);
    }
    process.stdout.write('\nStopping: the last spans are sent first.\n');
    const code = this.#ready ? 0 : new Interrupted(signal).exitCode;
    void Promise.all([endRunning(signal), this.#end()]).then(() => {
      process.stdout.write('Everything is stopped.\n');
      process.exit(code);
    });
  }

  async #end(): Promise<void> {
    this.#endingSince = Date.now();
    for (const { name, stop } of this.#parts.toReversed()) {
      await stop().catch((error: unknown) => {
        process.stderr.write(`${name} did not stop in order: ${String(error)}\n`);
      });
    }
    await stopKept(); // what was still starting
  }
}
