/**
 * Who read which trace with a token: one JSON object a line. Written before the answer leaves, so that nothing is read that
 * is not in it; bounded, because the oldest file is dropped when a new one begins.
 */
import { appendFileSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Role } from './access.ts';

/** One request with a token. Never the token, nor the query string, which holds what somebody searched for. */
export interface AuditEntry {
  readonly timeMillis: number;
  readonly role: Role;
  /** The peer's IP address; a proxy's, when there is one. */
  readonly address: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Of every trace whose spans are in the answer, or that was deleted. */
  readonly traceIds: readonly string[];
}

/** Where entries go. */
export interface AuditLog {
  /** @throws what the file system throws: then the request must not be answered */
  write(entry: AuditEntry): void;
}

/** Where the log is and how large it may become. */
export interface AuditLogOptions {
  readonly file: string;
  /** Of one file; 8 MiB by default. */
  readonly maxBytes?: number | undefined;
  /** How many older files are kept, as `{file}.1` (the newest) and up; 4 by default. */
  readonly keep?: number | undefined;
}

const DEFAULT_BYTES = 8 * 1024 * 1024;
const DEFAULT_KEEP = 4;
/** Addresses and paths are what a client wrote: a line has a bound too. */
const MAX_PATH = 500;
const MAX_IDS = 1_000;

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function line({ timeMillis, traceIds, path, ...entry }: AuditEntry): string {
  return `${JSON.stringify({
    time: new Date(timeMillis).toISOString(),
    ...entry,
    path: path.slice(0, MAX_PATH),
    traceIds: traceIds.slice(0, MAX_IDS),
    ...(traceIds.length > MAX_IDS && { moreTraces: traceIds.length - MAX_IDS }),
  })}\n`;
}

/**
 * Opens the log; lines of an earlier start stay.
 *
 * @param options file and bounds
 * @returns the log; its files can be read by the user alone
 * @throws what the file system throws for a folder that cannot be made
 * @example
 * const openLog = createAuditLog;
 */
export function createAuditLog({ file, maxBytes = DEFAULT_BYTES, keep = DEFAULT_KEEP }: AuditLogOptions): AuditLog {
  mkdirSync(dirname(file), { recursive: true });
  let size = sizeOf(file);
  const rotate = (): void => {
    rmSync(`${file}.${keep}`, { force: true });
    for (let number = keep - 1; number >= 0; number -= 1) {
      const from = number === 0 ? file : `${file}.${number}`;
      if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, `${file}.${number + 1}`);
    }
    size = 0;
  };
  return {
    write(entry) {
      const text = line(entry);
      const bytes = Buffer.byteLength(text);
      if (size > 0 && size + bytes > maxBytes) rotate();
      appendFileSync(file, text, { mode: 0o600 });
      size += bytes;
    },
  };
}
