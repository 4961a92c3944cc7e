// @ts-check
/** One at a time: two commands in the same folder must not install or build at once. */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, utimesSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from './fault.mjs';

/** The holder touches its file this often; a file that nobody has touched for five times as long is left over. */
const touchMs = 2000;

/**
 * Waits for its turn, does the work, and lets the next one in. What a killed process left is recognised.
 *
 * @template T
 * @param {string} file the file that says "somebody is at it"
 * @param {() => Promise<T>} work
 * @param {() => void} [onWait] called once if somebody else is at it
 * @returns {Promise<T>}
 */
export async function inTurn(file, work, onWait = () => {}) {
  mkdirSync(dirname(file), { recursive: true });
  for (let waited = 0; !take(file); waited++) {
    if (isLeftOver(file)) rmSync(file, { force: true });
    else {
      if (waited === 0) onWait();
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }
  const touch = setInterval(() => {
    const now = new Date();
    try {
      utimesSync(file, now, now);
    } catch {
      // somebody cleared the folder
    }
  }, touchMs);
  const release = () => rmSync(file, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    clearInterval(touch);
    process.removeListener('exit', release);
    release();
  }
}

/** @param {string} file */
function take(file) {
  try {
    const handle = openSync(file, 'wx');
    writeSync(handle, String(process.pid));
    closeSync(handle);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** @param {string} file */
function isLeftOver(file) {
  try {
    const age = Date.now() - statSync(file).mtimeMs;
    const pid = Number(readFileSync(file, 'utf8'));
    return age > 5 * touchMs || (pid > 0 && !isAlive(pid));
  } catch (error) {
    return codeOf(error) === 'ENOENT';
  }
}

/** @param {number} pid @returns {boolean} whether there is such a process, ours or not */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}
