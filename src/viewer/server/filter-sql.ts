/** The page's filter as a condition on the table of traces. */
import { create, toBinary } from '@bufbuild/protobuf';
import { type OperationType, operationTypes, type TraceFilter } from '../wire.ts';
import {
  type AnyValue,
  AnyValueSchema,
  KeyValueSchema,
} from './proto/generated/opentelemetry/proto/common/v1/common_pb.js';

/** A condition with its values. `traces` is called `t`. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly (string | number | Uint8Array)[];
}

/** The facets that a list counts: each over the whole search without its own condition. */
export type FacetName = 'type' | 'service' | 'route' | 'status';

const MICRO_PER_MILLI = 1000;

function any(count: number, condition: string): string {
  return `(${Array.from({ length: count }, () => condition).join(' OR ')})`;
}

function escapeLike(text: string): string {
  return `%${text.replaceAll(/[\\%_]/gu, '\\$&')}%`;
}

/** Attribute values stand as UTF-8 in the message, so text may be looked for in its bytes. */
const IN_SPAN = `EXISTS (SELECT 1 FROM spans s JOIN resources r ON r.id = s.resource WHERE s.trace = t.id
  AND (instr(s.body, CAST(? AS BLOB)) > 0 OR instr(r.body, CAST(? AS BLOB)) > 0))`;

/** What a person may have meant by the text: a string, a number, a truth. */
function valuesMeant(text: string): AnyValue['value'][] {
  const isWhole = /^-?\d{1,18}$/u.test(text);
  const isNumber = text.trim() !== '' && Number.isFinite(Number(text));
  return [
    { case: 'stringValue', value: text },
    ...(isWhole ? [{ case: 'intValue' as const, value: BigInt(text) }] : []),
    ...(isNumber ? [{ case: 'doubleValue' as const, value: Number(text) }] : []),
    ...(text === 'true' || text === 'false' ? [{ case: 'boolValue' as const, value: text === 'true' }] : []),
  ];
}

/**
 * The bytes of the attributes that meet a condition, as they stand in the message: key and value with their tags and lengths,
 * so that neither a longer key nor the same text elsewhere is taken for them.
 */
function attributeBytes(condition: string): Uint8Array[] {
  const equals = condition.indexOf('=');
  const key = equals === -1 ? condition : condition.slice(0, equals);
  if (equals === -1) {
    // The value's tag follows the key, whatever the value is.
    return [Buffer.concat([toBinary(KeyValueSchema, create(KeyValueSchema, { key })), Uint8Array.of(0x12)])];
  }
  return valuesMeant(condition.slice(equals + 1)).map((value) =>
    toBinary(KeyValueSchema, create(KeyValueSchema, { key, value: create(AnyValueSchema, { value }) })),
  );
}

/**
 * Builds the condition.
 *
 * @param filter what must hold
 * @param without the facet whose own condition is left out
 * @returns SQL over `traces t`; `1` for an empty filter
 * @example
 * filterSql({ status: ['error'] }).sql; // '(t.error_count > 0)'
 */
export function filterSql(filter: TraceFilter, without?: FacetName): Condition {
  const parts: string[] = [];
  const values: (string | number | Uint8Array)[] = [];
  const add = (sql: string, ...more: (string | number | Uint8Array)[]): void => {
    parts.push(sql);
    values.push(...more);
  };
  const { q, type = [], service = [], route = [], status = [], attr = [] } = filter;
  if (type.length > 0 && without !== 'type') {
    const mask = type.reduce((bits, name: OperationType) => bits | (1 << operationTypes.indexOf(name)), 0);
    add('(t.type_mask & ?) <> 0', mask);
  }
  if (service.length > 0 && without !== 'service') {
    add(any(service.length, 'instr(t.services, ?) > 0'), ...service.map((name) => JSON.stringify(name)));
  }
  if (route.length > 0 && without !== 'route') add(`t.route IN (${route.map(() => '?').join(', ')})`, ...route);
  if (status.length === 1 && without !== 'status') {
    add(status[0] === 'error' ? '(t.error_count > 0)' : '(t.error_count = 0)');
  }
  if (filter.minMillis !== undefined) add('t.duration_us >= ?', Math.floor(filter.minMillis * MICRO_PER_MILLI));
  if (filter.maxMillis !== undefined) add('t.duration_us <= ?', Math.ceil(filter.maxMillis * MICRO_PER_MILLI));
  if (filter.from !== undefined) add('t.start_us >= ?', Math.floor(filter.from * MICRO_PER_MILLI));
  if (filter.to !== undefined) add('t.start_us <= ?', Math.ceil(filter.to * MICRO_PER_MILLI));
  for (const text of attr) {
    const meant = attributeBytes(text);
    add(any(meant.length, IN_SPAN), ...meant.flatMap((bytes) => [bytes, bytes]));
  }
  for (const word of (q ?? '').split(/\s+/u).filter((part) => part !== '')) {
    const like = escapeLike(word);
    const name = "(t.name LIKE ? ESCAPE '\\' OR t.services LIKE ? ESCAPE '\\' OR t.route LIKE ? ESCAPE '\\' OR";
    add(`${name} lower(hex(t.trace_id)) LIKE ? ESCAPE '\\' OR ${IN_SPAN})`, like, like, like, like, word, word);
  }
  return { sql: parts.length === 0 ? '1' : parts.join(' AND '), values };
}
