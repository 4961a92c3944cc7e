/**
 * The tables of the store and how a file of them is opened. Times are whole Unix microseconds and durations whole nanoseconds
 * (both fit a double); ids are bytes; `body` columns hold the OTLP protobuf message itself, so that nothing is lost.
 */
import { DatabaseSync } from 'node:sqlite';

/** Marks the file as ours ("thrl"). */
const APPLICATION_ID = 0x7468726c;

const TABLES = `
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- body: a ResourceSpans without spans, so that the schema's address is in it; shared by all spans of equal senders.
CREATE TABLE resources (id INTEGER PRIMARY KEY, service TEXT NOT NULL, hash BLOB NOT NULL UNIQUE, body BLOB NOT NULL);
-- body: a ScopeSpans without spans.
CREATE TABLE scopes (id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, body BLOB NOT NULL);

-- What can happen: type is the position in wire.ts' operationTypes, kind is OTLP's number.
CREATE TABLE operations (
  id INTEGER PRIMARY KEY, service TEXT NOT NULL, name TEXT NOT NULL, type INTEGER NOT NULL, kind INTEGER NOT NULL,
  UNIQUE (service, name, type, kind));

-- One row per trace, kept at ingest: lists, facets and scatter read nothing else.
CREATE TABLE traces (
  id INTEGER PRIMARY KEY, trace_id BLOB NOT NULL UNIQUE,
  start_us INTEGER NOT NULL, end_us INTEGER NOT NULL, duration_us INTEGER NOT NULL,
  -- The root: a span without a parent (root_rank 0), else the earliest there is (1); earliest first.
  root_rank INTEGER NOT NULL, root_start_us INTEGER NOT NULL, root_operation INTEGER NOT NULL, root_type INTEGER NOT NULL,
  name TEXT NOT NULL, service TEXT NOT NULL, route TEXT, http_status INTEGER,
  span_count INTEGER NOT NULL, error_count INTEGER NOT NULL,
  -- Bit per operation type; JSON: spans per type by position, service names in order of appearance.
  type_mask INTEGER NOT NULL, types TEXT NOT NULL, services TEXT NOT NULL,
  -- AI calls: how many, how many of them without a known price, and their sums; tokens NULL when none counted them.
  ai_calls INTEGER NOT NULL, unpriced INTEGER NOT NULL, tokens_in INTEGER, tokens_out INTEGER, tokens_cached INTEGER,
  tokens_reasoning INTEGER, cost_usd REAL,
  version INTEGER NOT NULL, bytes INTEGER NOT NULL, touched_ms INTEGER NOT NULL);
CREATE INDEX traces_start ON traces (start_us DESC, id DESC);
CREATE INDEX traces_touched ON traces (touched_ms, id);
CREATE INDEX traces_root ON traces (root_operation, start_us);

CREATE TABLE spans (
  trace INTEGER NOT NULL REFERENCES traces (id), span_id BLOB NOT NULL, parent_id BLOB, seq INTEGER NOT NULL,
  operation INTEGER NOT NULL REFERENCES operations (id),
  start_us INTEGER NOT NULL, start_ns INTEGER NOT NULL, duration_ns INTEGER NOT NULL, status INTEGER NOT NULL,
  events INTEGER NOT NULL, links INTEGER NOT NULL,
  -- Of AI calls alone; cost_usd NULL with ai_call 1 is an unknown price.
  ai_call INTEGER NOT NULL, tokens_in INTEGER, tokens_out INTEGER, tokens_cached INTEGER, tokens_reasoning INTEGER,
  cost_usd REAL,
  -- Whom a client span calls, by its attributes: database, model's provider, queue, host; NULL when it does not say.
  peer TEXT,
  resource INTEGER NOT NULL, scope INTEGER NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (trace, span_id)) WITHOUT ROWID;

CREATE TABLE links (
  to_trace BLOB NOT NULL, to_span BLOB NOT NULL, trace INTEGER NOT NULL, span_id BLOB NOT NULL,
  PRIMARY KEY (to_trace, to_span, trace, span_id)) WITHOUT ROWID;
CREATE INDEX links_trace ON links (trace);
`;

const LOG_TABLES = `
-- Traces that log records speak of. The spans may come later or never, so nothing here refers to traces by its number.
CREATE TABLE log_traces (
  id INTEGER PRIMARY KEY, trace_id BLOB NOT NULL UNIQUE,
  -- Records that are kept, and that were refused because there were too many.
  count INTEGER NOT NULL, refused INTEGER NOT NULL, bytes INTEGER NOT NULL, touched_ms INTEGER NOT NULL,
  -- 1 until a span of the trace is here.
  waiting INTEGER NOT NULL);
CREATE INDEX log_traces_waiting ON log_traces (touched_ms, id) WHERE waiting = 1;

-- By time, and those of the same moment as they came: one range of the key is a trace's log.
-- time_ns: when it happened, else when it was observed, else 0; body: the LogRecord.
CREATE TABLE logs (
  trace INTEGER NOT NULL REFERENCES log_traces (id), time_ns INTEGER NOT NULL, seq INTEGER NOT NULL, span_id BLOB,
  resource INTEGER NOT NULL, scope INTEGER NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (trace, time_ns, seq)) WITHOUT ROWID;
`;

const REPORT_INDEXES = `
-- Percentiles per operation read this index alone. By time, and not by duration: so spans that arrive are written to a few pages
-- of it, and not to as many as there are spans.
DROP INDEX IF EXISTS spans_operation;
CREATE INDEX spans_operation ON spans (operation, start_us, duration_ns, status);

-- The list's other order.
CREATE INDEX traces_duration ON traces (duration_us DESC, id DESC);
-- Traces that are equal in everything a facet asks stand together, so that counting them needs no sorting.
CREATE INDEX traces_alike ON traces (type_mask, (error_count > 0), route, services, duration_us, start_us);
`;

/** What each format of the file adds to the one before it; a file of an older viewer gets what it lacks. */
const FORMATS = [TABLES, LOG_TABLES, REPORT_INDEXES];
/** Written to the file; a file with a higher number is of a newer viewer. */
export const SCHEMA_VERSION = FORMATS.length;

/** The file was made by a newer viewer, or is none of ours, or cannot be read; the message says which. */
export class UnusableFileError extends Error {
  override name = 'UnusableFileError';
}

/**
 * What SQLite says went wrong.
 *
 * @param error anything that was thrown
 * @returns the primary result code, as in https://www.sqlite.org/rescode.html; 0 for what is not SQLite's
 * @example
 * sqliteCode(new Error('other')); // 0
 */
export function sqliteCode(error: unknown): number {
  return ((error as { errcode?: number } | undefined)?.errcode ?? 0) & 0xff;
}

/**
 * Whether the file is to blame: it is damaged, or no database.
 *
 * @param error anything that was thrown
 * @returns the error that says so; undefined for a full disk, a missing right and everything else
 * @example
 * damageOf(new Error('other')); // undefined
 */
export function damageOf(error: unknown): UnusableFileError | undefined {
  // SQLITE_CORRUPT and SQLITE_NOTADB.
  if (![11, 26].includes(sqliteCode(error))) return undefined;
  return new UnusableFileError(`is damaged (${(error as Error).message})`, { cause: error });
}

function pragma(database: DatabaseSync, name: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}

function setUp(database: DatabaseSync): void {
  const version = Number(pragma(database, 'user_version'));
  const application = pragma(database, 'application_id');
  const isOurs = application === APPLICATION_ID && version > 0 && version <= SCHEMA_VERSION;
  if (isOurs && version === SCHEMA_VERSION) return;
  const isEmpty = database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'] === 0;
  if (!isEmpty && !isOurs) {
    throw new UnusableFileError(
      application === APPLICATION_ID
        ? `was written by another version of the viewer (format ${version}, this one reads ${SCHEMA_VERSION})`
        : 'is not a store of the viewer',
    );
  }
  const missing = FORMATS.slice(isOurs ? version : 0).join('');
  database.exec(
    `BEGIN; ${missing} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT;`,
  );
}

/**
 * Opens the store's file for writing, and makes the tables that it lacks. One process writes; others may read (WAL).
 *
 * @param path of the file, or `:memory:`
 * @returns the open database
 * @throws UnusableFileError when the file is damaged, newer or not ours
 * @example
 * const database = openDatabase(':memory:');
 */
export function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA busy_timeout = 5000');
    // First: another program's file is not to be changed, and the journal's mode is written into it.
    setUp(database);
    // FULL would wait for the disk at each commit; NORMAL in WAL mode survives the death of the process, which is the promise.
    // It waits when the journal is moved into the file: at 32 MB, for at SQLite's own 4 MB half of the time went there.
    database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 8000;
       PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;`,
    );
    return database;
  } catch (error) {
    database.close();
    throw damageOf(error) ?? error;
  }
}

/**
 * Opens the store's file for reading beside the thread that writes.
 *
 * @param path of the file
 * @returns the open database; it refuses to write
 * @example
 * openForReading(':memory:').isOpen; // true
 */
export function openForReading(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly: true });
  database.exec('PRAGMA busy_timeout = 5000; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;');
  return database;
}
