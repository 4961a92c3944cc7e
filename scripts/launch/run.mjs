// @ts-check
/** Starting other programs, and ending them when this one is told to end. */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
/** @import { ChildProcess } from 'node:child_process' */
import { toProcessEnv } from './environment.mjs';
import { Interrupted } from './fault.mjs';

/** How much of a program's output is kept to be shown when it fails, in characters. */
const keptOutput = 64 * 1024;
/** How long a program may take to end when it is told to. */
const graceMs = 3000;
/** @type {Set<ChildProcess>} */
const running = new Set();
/** @type {string | undefined} the signal that ends the work */
let interruption;
/** @type {Set<ChildProcess>} what the terminal was handed over to: at most one */
const successors = new Set();

/**
 * From now on SIGINT, SIGTERM and SIGHUP end the programs that `run` has started, and `run` throws Interrupted; a second
 * signal ends them hard. Without a running program the process ends at once.
 */
export function stopOnSignals() {
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => interrupt(signal));
  }
}

/**
 * One press of Ctrl-C arrives several times: from the terminal, and from each process between it and us (npm, the
 * launcher), which all pass it on. What comes within this time is the same press.
 */
export const samePressMs = 1000;
let interruptedAt = 0;

/** @param {NodeJS.Signals} signal passed on as it is to the program that `handOver` started */
export function interrupt(signal) {
  if (successors.size > 0) {
    for (const successor of successors) successor.kill(signal);
    return;
  }
  if (running.size === 0) process.exit(new Interrupted(signal).exitCode);
  if (Date.now() - interruptedAt < samePressMs) return;
  if (!interruption) process.stdout.write('\nStopping what is under way; a second Ctrl-C does not wait for it.\n');
  interruptedAt = Date.now();
  void endRunning(signal);
}

/**
 * Ends what `run` has started, hard after three seconds and at the second call; from now on `run` throws Interrupted.
 *
 * @param {NodeJS.Signals} signal
 * @returns {Promise<void>} settles when it has ended
 */
export async function endRunning(signal) {
  const children = [...running];
  const ended = children.map((child) => new Promise((resolve) => child.once('close', resolve)));
  for (const child of children) killGroup(child, interruption ? 'SIGKILL' : 'SIGTERM');
  interruption = signal;
  // npm finishes what it is at and then undoes it, up to a minute; an installation without its stamp is repeated anyway.
  const hard = setTimeout(() => children.forEach((child) => killGroup(child, 'SIGKILL')), graceMs);
  await Promise.all(ended);
  clearTimeout(hard);
}

/**
 * A program and what it has started itself: npm's installation scripts, the servers of a test run.
 *
 * @param {ChildProcess} child
 * @param {NodeJS.Signals} signal
 */
function killGroup(child, signal) {
  if (process.platform === 'win32' || child.pid === undefined) {
    child.kill(signal);
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch {
    // it has ended in the meantime
  }
}

/**
 * Runs a program to its end and keeps its output away from the screen.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {object} options
 * @param {string} options.cwd
 * @param {Record<string, string | undefined>} [options.env]
 * @param {string} [options.log] a file that gets all of the output
 * @param {boolean} [options.shell]
 * @param {(chunk: string) => void} [options.onOutput]
 * @returns {Promise<{ code: number, output: string }>} the exit code (127: no such program) and the end of its output
 * @throws {Interrupted} when a signal ended the work
 */
export async function run(command, args, { cwd, env = process.env, log, shell = false, onOutput }) {
  if (interruption) throw new Interrupted(interruption);
  const file = log ? createWriteStream(log) : undefined;
  file?.on('error', () => {}); // a log that cannot be written is no reason to stop
  let output = '';
  /** @param {string} text */
  const keep = (text) => {
    output = (output + text).slice(-keptOutput);
    file?.write(text);
    onOutput?.(text);
  };
  const code = await new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: toProcessEnv(env),
      shell,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32', // a group of its own: Ctrl-C comes to us, and we end the whole group
      windowsHide: true,
    });
    running.add(child);
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', (error) => {
      running.delete(child);
      keep(`${error.message}\n`);
      resolve(127);
    });
    child.on('close', (exitCode, signal) => {
      running.delete(child);
      resolve(exitCode ?? (signal ? 128 : 1));
    });
  });
  file?.end();
  if (interruption) throw new Interrupted(interruption);
  return { code, output };
}

/** Numbers of the signals that end programs, for the shell's convention 128 + number. */
const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGABRT: 6, SIGKILL: 9, SIGTERM: 15 };

/**
 * Hands the terminal over to another program: signals go on to it (after `stopOnSignals`), and its end is ours. The channel between the two
 * tells it when this process is gone, however it went.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env: Record<string, string | undefined> }} options
 * @returns {Promise<number>} its exit code
 */
export function handOver(command, args, { cwd, env }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: toProcessEnv(env),
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    });
    successors.add(child);
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signalNumbers[/** @type {'SIGTERM'} */ (signal)] ?? 0)));
  });
}

/**
 * Calls back when the process that started this one is gone without having said so (killed hard, or crashed): by the
 * channel that `handOver` opens, and under npm, which opens none, by looking who the parent is.
 *
 * @param {() => void} ended called at most once
 */
export function whenParentEnds(ended) {
  if (process.channel) {
    process.once('disconnect', ended);
    process.channel.unref();
  } else if (process.env.npm_lifecycle_event && process.platform !== 'win32') {
    const parent = process.ppid;
    const timer = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(timer);
      ended();
    }, 1000);
    timer.unref();
  }
}
