/** Which service calls which, as Jaeger's memory store counts it: for its own API; the page's map knows more. */
import type { DatabaseSync } from 'node:sqlite';

/** Traces that start in this window count, both ends included; Unix milliseconds. */
export interface DependencyArgs {
  readonly fromMillis: number;
  readonly toMillis: number;
  /** Edges that begin or end there; `''` for all. */
  readonly service: string;
}

/** One edge. */
export interface Dependency {
  readonly parent: string;
  readonly child: string;
  readonly callCount: number;
}

/**
 * Counts the edges: one for every span whose parent is in its trace, calls inside one service included.
 *
 * @param database opened for reading
 * @param args the window and the service
 * @returns edges by parent and child
 * @example
 * jaegerDependencies(database, { fromMillis: 0, toMillis: Date.now(), service: '' });
 */
export function jaegerDependencies(
  database: DatabaseSync,
  { fromMillis, toMillis, service }: DependencyArgs,
): readonly Dependency[] {
  const rows = database
    .prepare(
      `SELECT po.service AS parent, co.service AS child, count(*) AS calls
       FROM traces t JOIN spans c ON c.trace = t.id JOIN spans p ON p.trace = c.trace AND p.span_id = c.parent_id
       JOIN operations co ON co.id = c.operation JOIN operations po ON po.id = p.operation
       WHERE t.start_us BETWEEN ? AND ? AND (? = '' OR po.service = ? OR co.service = ?)
       GROUP BY po.service, co.service ORDER BY po.service, co.service`,
    )
    .all(fromMillis * 1000, toMillis * 1000 + 999, service, service, service);
  return rows.map((row) => ({
    parent: row['parent'] as string,
    child: row['child'] as string,
    callCount: row['calls'] as number,
  }));
}
