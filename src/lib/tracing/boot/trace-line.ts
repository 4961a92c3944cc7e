/** Reads the lines that the simple tracer writes, out of the logs they went into. Pure. */
import { cleanAttributes } from '../attributes.ts';
import { redactText } from '../redaction.ts';
import type { Attributes } from '@opentelemetry/api';

/** One span, as its line has it. */
export interface TraceLine {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly operation: string;
  /** Milliseconds since the epoch. */
  readonly endMillis: number;
  readonly durationMillis: number;
  readonly failed: boolean;
  readonly attributes: Attributes;
  readonly events: readonly { readonly name: string; readonly timeMillis: number }[];
}

/** What a line of a log is: somebody else's, a span, or what should have been one. */
export type ReadLine =
  | { readonly kind: 'other' }
  | { readonly kind: 'span'; readonly span: TraceLine }
  | { readonly kind: 'bad'; readonly problem: string };

type Fields = Readonly<Record<string, unknown>>;

const MARK = 'TRACE: ';

class Problem extends Error {}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  return redactText(JSON.stringify(value).slice(0, 40));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * The JSON object in a line, whatever stands around it. Convex prints a text in quotes, with `'` and `\` escaped
 * (`object-inspect`, as its console uses it).
 */
function objectIn(text: string): Fields | undefined {
  const inside = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1);
  const found = parse(inside) ?? parse(inside.replace(/\\(['\\])/g, '$1'));
  return isFields(found) ? found : undefined;
}

/** A line that was cut off, or that is no line of ours at all. */
function lineIn(text: string): Fields | undefined {
  const found = objectIn(text);
  if (found === undefined) {
    if (text.includes('{')) throw new Problem('it is no whole JSON object; was it cut off?');
    return undefined;
  }
  if ('trace' in found) return found;
  // A log stream puts the line into a field of its own: `{"topic":"console","message":"'{...}'"}`.
  const { message } = found;
  if (typeof message !== 'string' || !message.includes(MARK) || !message.includes('{')) return undefined;
  return lineIn(message);
}

function textOf(name: string, value: unknown, form: RegExp, what: string): string {
  if (typeof value === 'string' && form.test(value)) return value;
  throw new Problem(`${name} should be ${what}, got ${show(value)}`);
}

const idOf = (name: string, value: unknown, digits: 16 | 32): string =>
  textOf(
    name,
    value,
    digits === 16 ? /^(?!0+$)[\da-f]{16}$/ : /^(?!0+$)[\da-f]{32}$/,
    `${digits} hexadecimal digits, not all zero`,
  );

function eventsOf(value: unknown): TraceLine['events'] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new Problem(`events should be a list, got ${show(value)}`);
  return value.map((event: unknown) => {
    const { name, timestamp } = isFields(event) ? event : ({} as Fields);
    if (typeof name !== 'string' || typeof timestamp !== 'number') {
      throw new Problem(`an event should have a name and a timestamp in milliseconds, got ${show(event)}`);
    }
    return { name, timeMillis: timestamp };
  });
}

function spanOf(line: Fields): TraceLine {
  const { trace, attributes } = line;
  if (!isFields(trace)) throw new Problem(`trace should be an object, got ${show(trace)}`);
  const endMillis = typeof line['timestamp'] === 'string' ? Date.parse(line['timestamp']) : Number.NaN;
  if (Number.isNaN(endMillis)) throw new Problem(`timestamp should be a date, got ${show(line['timestamp'])}`);
  const duration = textOf('trace.duration', trace['duration'], /^\d+(?:\.\d+)?ms$/, 'milliseconds, such as "42ms"');
  const status = textOf('trace.status', trace['status'], /^(?:OK|ERROR)$/, '"OK" or "ERROR"');
  const parent = trace['parentSpanId'];
  return {
    traceId: idOf('trace.traceId', trace['traceId'], 32),
    spanId: idOf('trace.spanId', trace['spanId'], 16),
    parentSpanId: parent === undefined ? undefined : idOf('trace.parentSpanId', parent, 16),
    operation: textOf('trace.operation', trace['operation'], /./, 'a name'),
    endMillis,
    durationMillis: Number.parseFloat(duration),
    failed: status === 'ERROR',
    attributes: isFields(attributes) ? cleanAttributes(attributes) : {},
    events: eventsOf(line['events']),
  };
}

/**
 * Reads one line of a log.
 *
 * @param text the line, with whatever the log puts around it
 * @returns the span; what is wrong with a line that should be one, without repeating more than a few letters of it; or that
 *   it is somebody else's. Never throws
 * @example
 * readTraceLine('GET / 200').kind; // 'other'
 */
export function readTraceLine(text: string): ReadLine {
  if (!text.includes(MARK)) return { kind: 'other' };
  try {
    const line = lineIn(text);
    return line === undefined ? { kind: 'other' } : { kind: 'span', span: spanOf(line) };
  } catch (error) {
    if (error instanceof Problem) return { kind: 'bad', problem: error.message };
    return { kind: 'bad', problem: 'it cannot be read' };
  }
}
