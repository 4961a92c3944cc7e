/** The command as it is typed: a process of its own. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT } from '../repository/sources.ts';

/** How a command ended, and all that it wrote. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly errors: string;
}

/** A command that runs. */
export interface Command {
  readonly child: ChildProcessWithoutNullStreams;
  /** What it has written when this stands in it: on `out` or on `errors`. @throws when it ends before */
  readonly until: (text: string) => Promise<string>;
  readonly ended: Promise<Ended>;
}

/** Starts `throughline` with these arguments, in this process's environment or in this one alone. */
export function startCommand(args: readonly string[], env?: Readonly<Record<string, string>>): Command {
  const program = join(ROOT, 'src/cli/throughline.ts');
  const child = spawn(process.execPath, ['--no-warnings', program, ...args], {
    env: (env ?? process.env) as NodeJS.ProcessEnv,
  });
  const written = { out: '', errors: '' };
  child.stdout.on('data', (text: Buffer) => (written.out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (written.errors += text.toString()));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...written }));
  return {
    child,
    ended,
    async until(text) {
      const has = (): boolean => `${written.out}\n${written.errors}`.includes(text);
      while (!has()) {
        const more = [once(child.stdout, 'data'), once(child.stderr, 'data')];
        const end = await Promise.race([...more, ended]);
        if (!Array.isArray(end) && !has()) throw new Error(`ended without "${text}": ${JSON.stringify(end)}`);
      }
      return `${written.out}${written.errors}`;
    },
  };
}
