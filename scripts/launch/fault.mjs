// @ts-check
/** The faults that a person can do something about: shown as one sentence, never as a stack trace. */

export class Fault extends Error {
  /**
   * @param {string} message what happened and what to do, in one sentence
   * @param {string} [details] what a program printed before it gave up; shown above the sentence
   * @param {number} [exitCode] of the whole command
   */
  constructor(message, details = '', exitCode = 1) {
    super(message);
    this.name = 'Fault';
    this.details = details;
    this.exitCode = exitCode;
  }
}

/** Somebody pressed Ctrl-C (or sent SIGTERM): not a fault, but the work ends here. */
export class Interrupted extends Fault {
  /** @param {string} [signal] its name, SIGINT by default */
  constructor(signal = 'SIGINT') {
    super('Interrupted: run the same command again to go on from here.', '', signal === 'SIGTERM' ? 143 : 130);
    this.name = 'Interrupted';
  }
}

/** @param {unknown} error @returns {string} its code (`EACCES`), or an empty text */
export function codeOf(error) {
  const code = error !== null && typeof error === 'object' ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : '';
}

/**
 * The sentence for an error of the file system.
 *
 * @param {unknown} error what was thrown
 * @param {string} place the file or folder that the work was about
 * @returns {string | undefined} undefined when it is none of the known ones
 */
export function fileSentence(error, place) {
  switch (codeOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return `The disk is full: free some space (the packages need about 1.5 GB) and run the same command again.`;
    case 'EACCES':
    case 'EPERM':
      return `No right to write in ${place}: run the command as the user who owns that folder, or change its owner.`;
    case 'EROFS':
      return `${place} is on a read-only disk: copy the project to a folder that can be written to.`;
    case 'EMFILE':
    case 'ENFILE':
      return `Too many files are open on this machine: raise the limit (\`ulimit -n 4096\`) and run the same command again.`;
    default:
      return undefined;
  }
}

/**
 * Prints an error as a person should see it and tells the exit code. Only an unforeseen error keeps its stack.
 *
 * @param {unknown} error
 * @param {string} place the project's folder
 * @returns {number} the exit code
 */
export function report(error, place) {
  if (error instanceof Fault) {
    if (error.details) process.stderr.write(`${error.details.trimEnd()}\n\n`);
    process.stderr.write(`${error.message}\n`);
    return error.exitCode;
  }
  const sentence = fileSentence(error, place);
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${sentence ?? `Something went wrong that was not foreseen: please report this.\n${stack}`}\n`);
  return 1;
}
