/** Reads the page's filter from a query string. */
import { operationTypes, type TraceFilter } from '../wire.ts';

/** A parameter that cannot be read; the message names it. */
export class FilterError extends Error {
  override name = 'FilterError';
}

function numberOf(params: URLSearchParams, name: string): number | undefined {
  const text = params.get(name);
  if (text === null || text === '') return undefined;
  const value = Number(text);
  if (!Number.isFinite(value)) throw new FilterError(`${name}: expected a number, got ${text.slice(0, 40)}`);
  return value;
}

function wordsOf<Word extends string>(params: URLSearchParams, name: string, words: readonly Word[]): readonly Word[] {
  return [...new Set(params.getAll(name))].map((text) => {
    const word = words.find((each) => each === text);
    if (word === undefined) throw new FilterError(`${name}: expected ${words.join(', ')}, got ${text.slice(0, 40)}`);
    return word;
  });
}

/**
 * Reads a filter.
 *
 * @param params the query string; parameters that are none of the filter's are left alone
 * @returns the filter
 * @throws FilterError naming the parameter
 * @example
 * readFilter(new URLSearchParams('status=error&minMillis=100')); // { status: ['error'], minMillis: 100, ... }
 */
export function readFilter(params: URLSearchParams): TraceFilter {
  const numbers = (['minMillis', 'maxMillis', 'from', 'to'] as const).flatMap((name) => {
    const value = numberOf(params, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const q = params.get('q') ?? '';
  return {
    ...(q !== '' && { q }),
    type: wordsOf(params, 'type', operationTypes),
    service: params.getAll('service').filter((name) => name !== ''),
    route: params.getAll('route').filter((route) => route !== ''),
    status: wordsOf(params, 'status', ['ok', 'error']),
    attr: params.getAll('attr').filter((text) => text !== ''),
    ...Object.fromEntries(numbers),
  };
}

/**
 * Whether a filter lets everything through.
 *
 * @param filter any filter
 * @returns true when it has no condition
 * @example
 * isEmptyFilter(readFilter(new URLSearchParams())); // true
 */
export function isEmptyFilter(filter: TraceFilter): boolean {
  return Object.values(filter).every((value) => Array.isArray(value) && value.length === 0);
}
