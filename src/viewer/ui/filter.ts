/** The filter of a search, in the page's address and in questions to the server: the same names in both. */
import { operationTypes, type OperationType, type TraceFilter } from '../wire.ts';
import type { Parameters } from './api.ts';

/** An address's query as text: a repeated parameter is a list. */
export type Search = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Reads a query the way browsers write it; TanStack's own way writes JSON, which no person can read or type. */
export function parseSearch(text: string): Record<string, string | readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(text)) found.set(name, [...(found.get(name) ?? []), value]);
  return Object.fromEntries(
    [...found].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]),
  );
}

/** The counterpart of `parseSearch`. */
export function stringifySearch(search: Readonly<Record<string, unknown>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (value === undefined || value === null || value === '') continue;
    for (const item of Array.isArray(value) ? (value as readonly unknown[]) : [value]) query.append(name, String(item));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

const list = (value: unknown): string[] =>
  value === undefined ? [] : (Array.isArray(value) ? (value as readonly unknown[]) : [value]).map(String);
const isType = (text: string): text is OperationType => operationTypes.some((type) => type === text);
const isStatus = (text: string): text is 'ok' | 'error' => text === 'ok' || text === 'error';

function number(value: unknown): number | undefined {
  const isNumber = typeof value === 'number' || (typeof value === 'string' && value.trim() !== '');
  const parsed = isNumber ? Number(value) : Number.NaN;
  return Number.isFinite(parsed) && parsed >= 0 ? parsed : undefined;
}

/** Takes a filter out of an address; what is no filter is ignored. */
export function readFilter(search: Readonly<Record<string, unknown>>): TraceFilter {
  const q = list(search['q']).join(' ').trim();
  const lists = {
    type: list(search['type']).filter(isType),
    service: list(search['service']),
    route: list(search['route']),
    status: list(search['status']).filter(isStatus),
    attr: list(search['attr']),
  };
  const numbers = ['minMillis', 'maxMillis', 'from', 'to'].map((name) => [name, number(search[name])] as const);
  return {
    ...(q === '' ? {} : { q }),
    ...Object.fromEntries(Object.entries(lists).filter(([, values]) => values.length > 0)),
    ...Object.fromEntries(numbers.filter(([, value]) => value !== undefined)),
  };
}

/** The filter as parameters of a question. */
export const filterParameters = (filter: TraceFilter): Parameters => ({ ...filter });

export const isEmptyFilter = (filter: TraceFilter): boolean => Object.keys(filter).length === 0;

/** Puts a value into a list of the filter, or takes it out when it is there. */
export function toggled(
  filter: TraceFilter,
  name: 'type' | 'service' | 'route' | 'status' | 'attr',
  value: string,
): TraceFilter {
  const values: readonly string[] = filter[name] ?? [];
  const next = values.includes(value) ? values.filter((item) => item !== value) : [...values, value];
  return readFilter({ ...filter, [name]: next });
}

const goUnits: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1e3, m: 6e4, h: 36e5 };

/** Milliseconds of a duration as Go writes it (`1.5s`, `1m30s`, `250ms`); `undefined` when it is none. */
export function goDuration(text: string): number | undefined {
  const parts = [...text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) return undefined;
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (goUnits[unit ?? ''] ?? 0), 0);
}

/** Tags of Jaeger's search: `{"http.method":"GET"}` and repeated `tag=key:value`. */
function jaegerTags(search: Readonly<Record<string, unknown>>): string[] {
  const pairs = list(search['tag']).map((tag) => tag.replace(':', '='));
  try {
    const tags: unknown = JSON.parse(list(search['tags'])[0] ?? '{}');
    for (const [key, value] of Object.entries(tags ?? {})) pairs.push(`${key}=${String(value)}`);
  } catch {
    // Not JSON: Jaeger's page ignores such a parameter too.
  }
  return pairs;
}

/** Translates the address of Jaeger's search page: its times are microseconds, its lookback counts from now. */
export function fromJaeger(search: Readonly<Record<string, unknown>>, now: number): TraceFilter {
  const one = (name: string): string | undefined => list(search[name])[0];
  const tags = jaegerTags(search);
  const isError = (tag: string): boolean => tag === 'error=true';
  const lookback = one('lookback');
  const back =
    lookback === undefined ? undefined : goDuration(lookback.replace(/(\d+)d$/, (_, days) => `${Number(days) * 24}h`));
  const custom = lookback === undefined || lookback === 'custom';
  const operation = one('operation');
  const millis = (name: string): number | undefined => {
    const value = number(one(name));
    return value === undefined ? undefined : value / 1000;
  };
  return readFilter({
    q: operation === 'all' ? undefined : operation,
    service: one('service'),
    attr: tags.filter((tag) => !isError(tag)),
    status: tags.some(isError) ? 'error' : undefined,
    minMillis: goDuration(one('minDuration') ?? ''),
    maxMillis: goDuration(one('maxDuration') ?? ''),
    from: custom ? millis('start') : back === undefined ? undefined : now - back,
    to: custom ? millis('end') : undefined,
  });
}
