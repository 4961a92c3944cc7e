/**
 * The store's file: one viewer at a time has it, and what cannot be used is set aside under another name, so that nothing of it
 * is lost.
 */
import { mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Retention } from '../wire.ts';
import { createMaintenance, keepRetention, storedRetention } from './maintenance.ts';
import { damageOf, openDatabase, sqliteCode, UnusableFileError } from './schema.ts';

/** A file that is ready to be opened by the store's threads. */
export interface StoreFile {
  /** What was found; sentences. */
  readonly notices: readonly string[];
  /** The bounds that somebody set in the page. */
  readonly retention: Partial<Retention>;
  /** Renames a file that turned out to be damaged and begins a new one, with these bounds in it; nobody may have it open. @returns a sentence */
  replace(error: UnusableFileError, retention: Partial<Retention>): string;
  /** Lets others have it. May be called again. */
  release(): void;
}

/** Nothing is evicted by it. */
const ANY_RETENTION: Retention = { maxSpans: Infinity, maxBytes: Infinity, maxAgeHours: Infinity };
const SQLITE_BUSY = 5;
/** A viewer that was just stopped lets go of it in this time. */
const LOCK_WAIT_MILLIS = 1000;
/** Not of the file: of the folder, the disk or the right to write there. */
const CANNOT_WRITE: readonly number[] = [8, 13, 14];

/**
 * Holds the lock of a file by an open transaction in an empty database beside it: the system lets go of it when the process
 * ends, however it ends, so there is no stale lock.
 */
function lock(file: string): DatabaseSync {
  const holder = new DatabaseSync(`${file}-lock`);
  try {
    holder.exec(`PRAGMA busy_timeout = ${LOCK_WAIT_MILLIS}; BEGIN EXCLUSIVE`);
    return holder;
  } catch (error) {
    holder.close();
    if (sqliteCode(error) !== SQLITE_BUSY) throw error;
    throw new Error(
      `Another viewer has ${file} open: stop that one, or give this one a folder of its own with --data (or --memory for none).`,
      { cause: error },
    );
  }
}

function replace(file: string, error: UnusableFileError, retention: Partial<Retention>): string {
  const aside = `${file}.${new Date().toISOString().replaceAll(/[:.]/gu, '-')}`;
  // The file last: a journal that stays behind would be taken for that of the new one.
  for (const end of ['-wal', '-shm', '']) {
    try {
      renameSync(`${file}${end}`, `${aside}${end}`);
    } catch (failure) {
      // There need not be such a part; after an attempt that went wrong not even the file.
      if ((failure as NodeJS.ErrnoException).code !== 'ENOENT') throw failure;
    }
  }
  const database = openDatabase(file);
  keepRetention(database, retention);
  database.close();
  return `${file} ${error.message}; it was set aside as ${aside} and a new store was begun.`;
}

/** Reads everything that is read at every start. */
function readRetention(file: string): Partial<Retention> {
  const database = openDatabase(file);
  try {
    const retention = storedRetention(database);
    createMaintenance(database, ANY_RETENTION);
    return retention;
  } catch (error) {
    throw damageOf(error) ?? error;
  } finally {
    database.close();
  }
}

/** Opens it once to see that it can be used. */
function look(file: string): Pick<StoreFile, 'notices' | 'retention'> {
  try {
    return { notices: [], retention: readRetention(file) };
  } catch (error) {
    if (!(error instanceof UnusableFileError)) throw error;
    return { notices: [replace(file, error, {})], retention: {} };
  }
}

/**
 * Takes a file for this process.
 *
 * @param file its path; its folder is made
 * @returns the file, which can be used
 * @throws Error in one sentence when another viewer has it or its folder cannot be written
 * @example
 * takeFile('.throughline/traces.sqlite').release();
 */
export function takeFile(file: string): StoreFile {
  let holder: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true });
    holder = lock(file);
    return {
      ...look(file),
      replace: (error, retention) => replace(file, error, retention),
      release: () => (holder?.isOpen === true ? holder.close() : undefined),
    };
  } catch (error) {
    holder?.close();
    const isFileSystem = typeof (error as NodeJS.ErrnoException).syscall === 'string';
    if (!isFileSystem && !CANNOT_WRITE.includes(sqliteCode(error))) throw error;
    throw new Error(
      `The store cannot be written in ${dirname(file)} (${(error as Error).message}): choose another folder with --data, or keep nothing with --memory.`,
      { cause: error },
    );
  }
}
