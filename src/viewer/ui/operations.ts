/** Names of the operation types; their hues are in the style sheet (`--t-http` ...), under the same words. */
import type { OperationType } from '../wire.ts';

/** In full, for facets and headings. */
export const typeNames: Readonly<Record<OperationType, string>> = {
  http: 'HTTP',
  ai: 'AI',
  database: 'Database',
  queue: 'Queue',
  cache: 'Cache',
  kv: 'KV',
  r2: 'R2',
  d1: 'D1',
  vectorize: 'Vectorize',
  auth: 'Auth',
  internal: 'Internal',
};

/** Three letters at most, for marks: the hue alone tells nothing to some people. */
export const typeMarks: Readonly<Record<OperationType, string>> = {
  http: 'HTTP',
  ai: 'AI',
  database: 'DB',
  queue: 'QUE',
  cache: 'CAC',
  kv: 'KV',
  r2: 'R2',
  d1: 'D1',
  vectorize: 'VEC',
  auth: 'AUTH',
  internal: 'INT',
};
