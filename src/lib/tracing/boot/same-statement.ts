/** Whether two spans tell of one statement, and what the one adds to the other. Pure. */
import { type Attributes, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { ATTR } from '../semconv/names.ts';
import { type SqlSystem, isSqlSystem, sanitizeSql } from '../semconv/sql.ts';
import type { DatabaseSpan } from './database-span.ts';

/** The most of two texts that is compared, in UTF-16 code units: of a long one spans hold only the beginning. */
const COMPARED = 1024;

const systemOf = ({ attributes }: ReadableSpan): unknown => attributes[ATTR.DB_SYSTEM] ?? attributes['db.system'];
const textOf = ({ attributes }: ReadableSpan): unknown => attributes[ATTR.DB_QUERY_TEXT] ?? attributes['db.statement'];

/** In this form two texts can be compared: values and numbered parameters are all `?`. */
function comparable(text: string, system: unknown): string {
  return sanitizeSql(text.slice(0, 2 * COMPARED), { system: system as SqlSystem })
    .replaceAll(/\$\d+|@p\d+/g, '?')
    .slice(0, COMPARED)
    .replace(/[\s;]+$/, '');
}

/**
 * Whether one span tells all that a span and its single part tell.
 *
 * @param outer the span around, which has ended
 * @param inner its only part, which has ended
 * @returns `false` where the inner one says something else: another statement, a database of another kind, a failure that
 *   was caught, links, or events besides the exception
 */
export function tellsTheSame(outer: ReadableSpan, inner: ReadableSpan): boolean {
  const isCaught = inner.status.code === SpanStatusCode.ERROR && outer.status.code !== SpanStatusCode.ERROR;
  if (isCaught || inner.links.length > 0 || inner.events.some(({ name }) => name !== 'exception')) return false;
  const [system, text, innerText] = [systemOf(inner), textOf(outer), textOf(inner)];
  if (typeof text === 'string' && typeof innerText === 'string') {
    return text === innerText || comparable(text, system) === comparable(innerText, system);
  }
  return isSqlSystem(system) || system === systemOf(outer);
}

/**
 * What a span that is not shown knows of its statement: server, database, text, whatever the driver has said.
 *
 * @param inner the span that is not shown
 * @param outer the one that is; its own attributes stay
 * @returns attributes for `outer`
 */
export function attributesToAdd(inner: DatabaseSpan, outer: ReadableSpan): Attributes {
  const all: Attributes = { ...inner.added, ...inner.span.attributes };
  const added = Object.fromEntries(Object.entries(all).filter(([name]) => !(name in outer.attributes)));
  // A text is read in the dialect of the system beside it, and the driver knows best which one it speaks.
  const system = systemOf(inner.span);
  if (textOf(outer) === undefined && typeof system === 'string') added[ATTR.DB_SYSTEM] = system;
  return added;
}
