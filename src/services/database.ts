/** The database: one connection pool and one Prisma client per process. */
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '@prisma/client';
import { Pool } from 'pg';
import { tracePrismaClient } from '@/lib/tracing';

/** Both ways to the same database. */
export interface Database {
  readonly prisma: PrismaClient;
  /** For statements that are written by hand. */
  readonly pool: Pool;
}

// Next evaluates a module once per bundle that it is in; a pool belongs to the process.
const KEY = Symbol.for('storefront.database');
const holder = globalThis as { [KEY]?: Database };

function connect(): Database {
  const connectionString = process.env['DATABASE_URL'];
  if (!connectionString) throw new Error('DATABASE_URL is not set: give the address of the database');
  const pool = new Pool({ connectionString, max: 10, connectionTimeoutMillis: 5000 });
  // An idle connection may be lost at any time. The pool replaces it; without a listener the process would end.
  pool.on('error', (error) => console.warn(`A connection to the database was lost: ${error.message}`));
  return { pool, prisma: tracePrismaClient(new PrismaClient({ adapter: new PrismaPg(pool) })) };
}

/**
 * The database of this process. It is connected to on first use, so that a build needs none.
 *
 * @throws Error when DATABASE_URL is not set
 */
export function database(): Database {
  return (holder[KEY] ??= connect());
}
