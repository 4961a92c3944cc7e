import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { toProcessEnv, type Environment } from '../launch/environment.mjs';

/** What the keeper is asked to run, and how it ends it. */
export interface KeptProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The user and group to run as; this process's own by default. */
  readonly uid?: number;
  readonly gid?: number;
  /** The signal that asks for an orderly end. */
  readonly stopSignal: 'SIGINT' | 'SIGTERM';
  /** How long that end may take before `hardSignal`, in milliseconds; SIGKILL follows three seconds later. */
  readonly graceMs: number;
  readonly hardSignal: 'SIGQUIT' | 'SIGKILL';
}

/** What the keeper says to the one that started it. */
export interface KeeperMessage {
  readonly pid: number;
}

/** A program of ours that runs beside us. */
export interface Kept {
  /** The keeper's own process id. */
  readonly pid: number;
  /** Settles with the exit code when the program has ended, asked for or not. */
  readonly exited: Promise<number>;
  /** Asks for an orderly end and waits for it. May be called again. */
  stop(): Promise<void>;
  /** Ends it at once, without the orderly end. */
  kill(): void;
}

/** Node's flag against the "experimental" lines that Node 22 prints on every start. */
export const quietNode = '--disable-warning=ExperimentalWarning';

/** What runs at this moment; each leaves when it has ended. */
const alive = new Set<Kept>();

function kept(child: ChildProcess, tell: (word: 'stop' | 'kill') => void): Kept {
  const exited = new Promise<number>((resolve) => {
    child.once('error', () => resolve(127));
    child.once('exit', (code) => resolve(code ?? 128));
  });
  const program: Kept = {
    pid: child.pid ?? 0,
    exited,
    async stop() {
      tell('stop');
      await exited;
    },
    kill: () => tell('kill'),
  };
  alive.add(program);
  void exited.then(() => alive.delete(program));
  return program;
}

/** Stops whatever is still running, in no order. */
export async function stopKept(): Promise<void> {
  await Promise.all([...alive].map((program) => program.stop()));
}

function open(log: string): number {
  mkdirSync(dirname(log), { recursive: true });
  return openSync(log, 'a');
}

/**
 * Starts a program that is not ours (PostgreSQL, Next) under a keeper.
 *
 * @param root the checkout's folder
 * @param log the file that gets the program's output, after what is already in it
 */
export function keep(root: string, program: KeptProgram, env: Environment, log: string): Kept {
  const output = open(log);
  const args = [quietNode, join(root, 'scripts', 'start', 'keeper.ts'), JSON.stringify(program)];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: toProcessEnv(env),
    detached: true,
    stdio: ['ignore', output, output, 'ipc'],
  });
  closeSync(output);
  child.on('error', () => {}); // `exited` tells
  return kept(child, (word) => {
    if (child.connected) child.send(word, () => {});
  });
}

/** A script of ours that runs beside us. */
export interface KeptScript extends Kept {
  /** Settles with the first message that it sends. */
  readonly firstMessage: Promise<unknown>;
}

/**
 * Starts a script of ours that ends itself when its channel to us closes (see `endWithParent`).
 *
 * @param script its file
 * @param log the file that gets its output
 */
export function startScript(root: string, script: string, env: Environment, log: string): KeptScript {
  const output = open(log);
  const child = spawn(process.execPath, [quietNode, script], {
    cwd: root,
    env: toProcessEnv(env),
    detached: true,
    stdio: ['ignore', output, output, 'ipc'],
  });
  closeSync(output);
  child.on('error', () => {});
  const firstMessage = new Promise((resolve) => {
    child.once('message', resolve);
  });
  return { ...kept(child, (word) => void child.kill(word === 'stop' ? 'SIGTERM' : 'SIGKILL')), firstMessage };
}

/** The last lines of a log file: what a program said before it ended. */
export function lastLines(log: string, count = 15): string {
  try {
    return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  } catch {
    return '';
  }
}
