/** The parent's side of `commands.ts`. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { COMMANDS, CommandName } from './commands.ts';

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** A traced program in a process of its own. */
export class Program {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #calls = 0;
  #printed = '';

  private constructor(env: Readonly<Record<string, string>>) {
    this.#child = fork(join(__dirname, 'commands.ts'), [], {
      execArgv: [],
      silent: true,
      env: { NODE_ENV: 'test', NODE_NO_WARNINGS: '1', ...env },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.#printed += chunk.toString()));
    }
    this.#child.on('message', ({ id, value, error }: Answer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(value);
      else waiting?.reject(new Error(error));
    });
    this.#child.once('close', (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`ended with ${code}:\n${this.#printed}`));
    });
  }

  /** Resolves when the program takes commands. */
  static async start(env: Readonly<Record<string, string>> = {}): Promise<Program> {
    const program = new Program(env);
    await new Promise((resolve, reject) => program.#waiting.set(0, { resolve, reject }));
    return program;
  }

  /** What the program has printed so far. */
  get printed(): string {
    return this.#printed;
  }

  call<N extends CommandName>(
    name: N,
    ...args: Parameters<(typeof COMMANDS)[N]>
  ): Promise<Awaited<ReturnType<(typeof COMMANDS)[N]>>> {
    this.#calls += 1;
    const id = this.#calls;
    return new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, name, args });
    }) as Promise<Awaited<ReturnType<(typeof COMMANDS)[N]>>>;
  }

  async stop(): Promise<void> {
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await closed;
  }
}
