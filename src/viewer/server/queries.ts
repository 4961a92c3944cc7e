/**
 * What may be asked of the store, by name. Each is a pure function of a database opened for reading and plain arguments; it
 * runs in the store's thread, so arguments and results are what structured clone carries. The tables are told in schema.ts.
 */
import type { DatabaseSync } from 'node:sqlite';

/** One question. */
export type Query<Args, Result> = (database: DatabaseSync, args: Args) => Result;

/** Every question there is. */
export const queries = {};
