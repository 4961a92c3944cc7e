/** The page's filter as a condition on the table of traces. */
import type { DatabaseSync } from 'node:sqlite';
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

const MICRO_PER_MILLI = 1000;

/**
 * A bit for each type, as `traces.type_mask` has them.
 *
 * @param types any of them
 * @returns their bits together
 * @example
 * typeMask([]); // 0
 */
export function typeMask(types: readonly OperationType[]): number {
  return types.reduce((bits, type) => bits | (1 << operationTypes.indexOf(type)), 0);
}

function any(count: number, condition: string): string {
  return `(${Array.from({ length: count }, () => condition).join(' OR ')})`;
}

function escapeLike(text: string): string {
  return `%${text.replaceAll(/[\\%_]/gu, '\\$&')}%`;
}

/** Attribute values stand as UTF-8 in the message, so text may be looked for in its bytes. */
const IN_SPAN = `EXISTS (SELECT 1 FROM spans s WHERE s.trace = t.id AND (instr(s.body, CAST(? AS BLOB)) > 0
  OR s.resource IN (SELECT r.id FROM resources r WHERE instr(r.body, CAST(? AS BLOB)) > 0)))`;

/** What a person may have meant by the text: a string, a number, a truth. */
function valuesMeant(text: string): AnyValue['value'][] {
  const isWhole = /^-?\d{1,19}$/u.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
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

/** Conditions that are put together with AND. */
class Conditions {
  readonly #parts: string[] = [];
  readonly #values: Condition['values'][number][] = [];
  add(sql: string, ...values: Condition['values']): void {
    this.#parts.push(sql);
    this.#values.push(...values);
  }
  /** `1` when there are none. */
  done(): Condition {
    return { sql: this.#parts.length === 0 ? '1' : this.#parts.join(' AND '), values: this.#values };
  }
}

/** Conditions that have no facet. */
function addBounds(conditions: Conditions, { minMillis, maxMillis, from, to }: TraceFilter): void {
  if (minMillis !== undefined) conditions.add('t.duration_us >= ?', Math.floor(minMillis * MICRO_PER_MILLI));
  if (maxMillis !== undefined) conditions.add('t.duration_us <= ?', Math.ceil(maxMillis * MICRO_PER_MILLI));
  if (from !== undefined) conditions.add('t.start_us >= ?', Math.floor(from * MICRO_PER_MILLI));
  if (to !== undefined) conditions.add('t.start_us <= ?', Math.ceil(to * MICRO_PER_MILLI));
}

function addFacets(conditions: Conditions, { type = [], service = [], route = [], status = [] }: TraceFilter): void {
  if (type.length > 0) conditions.add('(t.type_mask & ?) <> 0', typeMask(type));
  if (service.length > 0) {
    // Whole names: in the text of the list a comma between two of them looks like one.
    conditions.add(any(service.length, 'EXISTS (SELECT 1 FROM json_each(t.services) WHERE value = ?)'), ...service);
  }
  if (route.length > 0) conditions.add(`t.route IN (${route.map(() => '?').join(', ')})`, ...route);
  if (status.length === 1) {
    conditions.add(status[0] === 'error' ? '(t.error_count > 0)' : '(t.error_count = 0)');
  }
}

function addTexts(conditions: Conditions, { attr = [], q = '' }: TraceFilter): void {
  for (const text of attr) {
    const meant = attributeBytes(text);
    conditions.add(any(meant.length, IN_SPAN), ...meant.flatMap((bytes) => [bytes, bytes]));
  }
  for (const word of q.split(/\s+/u).filter((part) => part !== '')) {
    const like = escapeLike(word);
    const name = "(t.name LIKE ? ESCAPE '\\' OR t.services LIKE ? ESCAPE '\\' OR t.route LIKE ? ESCAPE '\\' OR";
    const sql = `${name} lower(hex(t.trace_id)) LIKE ? ESCAPE '\\' OR ${IN_SPAN})`;
    conditions.add(sql, like, like, like, like, word, word);
  }
}

/**
 * Builds the condition.
 *
 * @param filter what must hold
 * @returns SQL over `traces t`; `1` for an empty filter
 * @example
 * filterSql({ status: ['error'] }).sql; // '(t.error_count > 0)'
 */
export function filterSql(filter: TraceFilter): Condition {
  const conditions = new Conditions();
  addFacets(conditions, filter);
  addBounds(conditions, filter);
  addTexts(conditions, filter);
  return conditions.done();
}

/** Ids of the traces in which everything is found, as JSON. */
function findTexts(database: DatabaseSync, filter: TraceFilter): string {
  const conditions = new Conditions();
  addBounds(conditions, filter);
  addTexts(conditions, filter);
  const { sql, values } = conditions.done();
  const rows = database.prepare(`SELECT t.id FROM traces t WHERE ${sql}`).all(...values);
  return JSON.stringify(rows.map((row) => row['id']));
}

/** A search that is asked several things. */
export interface Search {
  /** What must hold whatever is chosen in the facets. */
  readonly broad: Condition;
  /** Everything. */
  readonly narrow: Condition;
}

/**
 * Builds the conditions of a search. Words and attributes are looked for in the spans themselves, which takes a hundred times as
 * long as everything else: here they are looked for once.
 *
 * @param database opened for reading
 * @param filter what must hold
 * @returns the conditions, over `traces t`
 * @example
 * searchSql(openDatabase(':memory:'), { status: ['error'] }).broad.sql; // '1'
 */
export function searchSql(database: DatabaseSync, filter: TraceFilter): Search {
  const { attr = [], q = '' } = filter;
  const found = attr.length === 0 && q.trim() === '' ? undefined : findTexts(database, filter);
  const [broad, narrow] = [new Conditions(), new Conditions()];
  addFacets(narrow, filter);
  for (const conditions of [broad, narrow]) {
    addBounds(conditions, filter);
    if (found !== undefined) conditions.add('t.id IN (SELECT value FROM json_each(?))', found);
  }
  return { broad: broad.done(), narrow: narrow.done() };
}
