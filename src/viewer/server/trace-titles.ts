/**
 * What a trace is called. Most are called as their root; the request of a page or a script is named only by its method, so its
 * trace takes the route that answered it, or else its path.
 */
import type { DatabaseSync } from 'node:sqlite';
import { operationTypes } from '../wire.ts';
import { CLIENT, isBareMethod, SERVER } from './operation-type.ts';
import type { SpanColumns } from './span-columns.ts';

/** The parts of a trace's row that say what it is called. */
export interface Titled {
  name: string;
  route: string | null;
  readonly root_rank: number;
  readonly root_type: number;
  readonly root_operation: number;
}

/** Names traces. */
export interface Titles {
  /** The trace has a new root. The route that it had until now is that of the earliest span there was. */
  begin(row: Titled, root: SpanColumns): void;
  /** The trace has one more span. */
  add(row: Titled, span: SpanColumns): void;
}

const HTTP = operationTypes.indexOf('http');

/** The preflight of a browser has another method than the request it goes before. */
function mayAnswer(name: string, route: string | null): route is string {
  return route !== null && (!isBareMethod(name) || route.startsWith(`${name} `));
}

/**
 * Prepares to name traces.
 *
 * @param database opened for writing
 * @returns functions that change a row on its way through a batch
 * @example
 * const titles = createTitles(database);
 */
export function createTitles(database: DatabaseSync): Titles {
  const operation = database.prepare('SELECT name, kind FROM operations WHERE id = ?');
  return {
    begin(row, root) {
      const isRequest = root.kind === CLIENT && root.type === HTTP;
      row.route = root.route ?? (isRequest && mayAnswer(root.name, row.route) ? row.route : null);
      row.name = isRequest && isBareMethod(root.name) ? (row.route ?? root.title) : root.name;
    },
    add(row, { kind, route }) {
      // Asked for few spans: those of a server in a trace whose root has no route.
      if (kind !== SERVER || route === null || row.route !== null) return;
      if (row.root_rank !== 0 || row.root_type !== HTTP) return;
      const root = operation.get(row.root_operation);
      const name = String(root?.['name']);
      if (root?.['kind'] !== CLIENT || !mayAnswer(name, route)) return;
      row.route = route;
      if (isBareMethod(name)) row.name = route;
    },
  };
}
