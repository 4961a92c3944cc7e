/** What the result of a database call says about itself. */
import { returnedRows } from '../semconv/database.ts';
import { ATTR } from '../semconv/names.ts';
import type { OpenSpan, Settled } from '../span.ts';

/**
 * Writes how many rows came back.
 *
 * @param value what the driver returned
 * @param open the span of the call
 * @returns the value, unchanged
 */
export function settleRows(value: unknown, open: OpenSpan): Settled {
  const rows = returnedRows(value);
  if (rows !== undefined) open.span.setAttribute(ATTR.DB_RETURNED_ROWS, rows);
  return { value, later: false };
}
