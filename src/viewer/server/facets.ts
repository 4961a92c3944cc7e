/** The counts beside a list: for each facet what its values would leave, whatever is chosen in it. */
import type { DatabaseSync } from 'node:sqlite';
import { type Facet, operationTypes, type TraceFilter, type TraceList } from '../wire.ts';
import { type Search, typeMask } from './filter-sql.ts';

const FACET_LIMIT = 50;

/** Traces that are equal in everything a facet asks. */
interface Alike {
  readonly mask: number;
  readonly services: readonly string[];
  readonly route: string;
  readonly status: 'error' | 'ok';
  readonly traces: number;
}

type FacetName = keyof TraceList['facets'];

/** One pass over the traces for all facets together: grouping is what takes the time. */
function groupAlike(database: DatabaseSync, { broad }: Search): readonly Alike[] {
  const known = new Map<string, readonly string[]>();
  const parse = (json: string): readonly string[] => {
    const services = known.get(json) ?? (JSON.parse(json) as string[]);
    known.set(json, services);
    return services;
  };
  const rows = database
    .prepare(
      `SELECT t.type_mask AS mask, t.error_count > 0 AS failed, t.route AS route, t.services AS services, count(*) AS traces
       FROM traces t INDEXED BY traces_alike WHERE ${broad.sql}
       GROUP BY t.type_mask, t.error_count > 0, t.route, t.services`,
    )
    .all(...broad.values);
  return rows.map((row): Alike => ({
    mask: Number(row['mask']),
    services: parse(String(row['services'])),
    route: String(row['route'] ?? ''),
    status: row['failed'] === 1 ? 'error' : 'ok',
    traces: Number(row['traces']),
  }));
}

/** What each facet's condition asks of traces; a facet in which nothing is chosen asks nothing. */
function conditionsOf({ type = [], service = [], route = [], status = [] }: TraceFilter) {
  const mask = typeMask(type);
  return {
    type: (alike: Alike) => mask === 0 || (alike.mask & mask) !== 0,
    service: (alike: Alike) => service.length === 0 || service.some((name) => alike.services.includes(name)),
    route: (alike: Alike) => route.length === 0 || route.includes(alike.route),
    status: (alike: Alike) => status.length !== 1 || status[0] === alike.status,
  } satisfies Record<FacetName, (alike: Alike) => boolean>;
}

const VALUES: Readonly<Record<FacetName, (alike: Alike) => readonly string[]>> = {
  type: ({ mask }) => operationTypes.filter((_, index) => (mask & (1 << index)) !== 0),
  service: ({ services }) => services,
  route: ({ route }) => (route === '' ? [] : [route]),
  status: ({ status }) => [status],
};

function countValues(all: readonly Alike[], valuesOf: (alike: Alike) => readonly string[]): Facet {
  const sums = new Map<string, number>();
  for (const alike of all) {
    for (const value of valuesOf(alike)) sums.set(value, (sums.get(value) ?? 0) + alike.traces);
  }
  return [...sums].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, FACET_LIMIT);
}

/**
 * Counts a search and its facets.
 *
 * @param database opened for reading
 * @param search its conditions
 * @param filter it was made of
 * @returns how many traces are found, and for each facet at most 50 values, the most frequent first
 * @example
 * const database = openDatabase(':memory:');
 * countFacets(database, searchSql(database, {}), {}).total; // 0
 */
export function countFacets(
  database: DatabaseSync,
  search: Search,
  filter: TraceFilter,
): Pick<TraceList, 'total' | 'facets'> {
  const alike = groupAlike(database, search);
  const conditions = conditionsOf(filter);
  const names: readonly FacetName[] = ['type', 'service', 'route', 'status'];
  const meeting = (without?: FacetName): readonly Alike[] =>
    alike.filter((each) => names.every((name) => name === without || conditions[name](each)));
  const count = (name: FacetName): Facet => countValues(meeting(name), VALUES[name]);
  return {
    total: meeting().reduce((sum, { traces }) => sum + traces, 0),
    facets: { type: count('type'), service: count('service'), route: count('route'), status: count('status') },
  };
}
