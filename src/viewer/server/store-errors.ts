/** What the store says when it cannot do what it was asked, in words that tell the sender whether to come again. */
import { OtlpError } from './otlp.ts';
import { damageOf, sqliteCode, UnusableFileError } from './schema.ts';

/** The writer is behind; the request was not taken. */
export class BusyError extends Error {
  override name = 'BusyError';
}

/** The disk does not take anything now; nothing of the request was stored. */
export class UnavailableError extends Error {
  override name = 'UnavailableError';
}

const KINDS: Readonly<Record<string, new (message: string) => Error>> = {
  BusyError,
  OtlpError,
  UnavailableError,
  UnusableFileError,
};

/**
 * Says what SQLite threw in the store's own words.
 *
 * @param error anything that was thrown
 * @returns an error whose name and message are to be passed on
 * @example
 * storeErrorOf(Object.assign(new Error('database or disk is full'), { errcode: 13 })).name; // 'UnavailableError'
 */
export function storeErrorOf(error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  switch (sqliteCode(error)) {
    // SQLITE_BUSY and SQLITE_LOCKED
    case 5:
    case 6:
      return new BusyError('another program holds the store: send again in a second');
    // SQLITE_READONLY, SQLITE_IOERR and SQLITE_FULL
    case 8:
    case 10:
    case 13:
      return new UnavailableError(
        `the store cannot be written (${message}): send again when there is room on its disk`,
      );
    default:
      return damageOf(error) ?? (error instanceof Error ? error : new Error(message));
  }
}

/**
 * Makes an error that came from another thread one that can be told from others by its class.
 *
 * @param told its name and message
 * @returns the error
 * @example
 * revivedError({ name: 'BusyError', message: 'later' }) instanceof BusyError; // true
 */
export function revivedError({ name, message }: { readonly name: string; readonly message: string }): Error {
  return new (KINDS[name] ?? Error)(message);
}

/**
 * Whether and when to come again.
 *
 * @param error anything that the store threw
 * @returns the HTTP status and the seconds of `Retry-After`; undefined for what coming again does not help
 * @example
 * retryOf(new BusyError('later')); // { status: 429, seconds: '1' }
 */
export function retryOf(error: unknown): { readonly status: 429 | 503; readonly seconds: string } | undefined {
  if (error instanceof BusyError) return { status: 429, seconds: '1' };
  return error instanceof UnavailableError ? { status: 503, seconds: '30' } : undefined;
}
