/** What the view of logs works out: what is shown of them, how many of each severity there are, when each was written. */
import { duration } from '../../units.ts';
import { logSeverities, type JsonValue, type LogRow, type LogSeverity } from '../../../wire.ts';

/** A severity, or that none was said. */
export type Level = LogSeverity | 'NONE';
/** From the worst: what one looks for first. */
export const levels: readonly Level[] = [...logSeverities.toReversed(), 'NONE'];

export const levelOf = ({ severity }: LogRow): Level => (severity === '' ? 'NONE' : severity);

/** Takes severities out of an address; undefined for none. */
export function readLevels(value: unknown): readonly Level[] | undefined {
  const words = (Array.isArray(value) ? (value as readonly unknown[]) : [value]).map(String);
  const found = levels.filter((level) => words.includes(level));
  return found.length === 0 ? undefined : found;
}

/** A shape for each, so that nobody has to tell colours apart. */
export const levelMarks: Readonly<Record<Level, string>> = {
  FATAL: '✖',
  ERROR: '●',
  WARN: '▲',
  INFO: '■',
  DEBUG: '□',
  TRACE: '·',
  NONE: '–',
};

/** A text as it is, everything else as JSON on one line. */
export const lineOf = (value: JsonValue): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** How many there are of each severity that is there. */
export function countLevels(logs: readonly LogRow[]): readonly (readonly [Level, number])[] {
  const counts = new Map<Level, number>();
  for (const log of logs) counts.set(levelOf(log), (counts.get(levelOf(log)) ?? 0) + 1);
  return levels.flatMap((level) => {
    const count = counts.get(level);
    return count === undefined ? [] : [[level, count] as const];
  });
}

/** Everything of a record that is read, for the search. */
function textOf({ body, severityText, eventName, service, spanId, attributes }: LogRow): string {
  const pairs = attributes.map(({ key, value }) => `${key}=${lineOf(value)}`);
  return [body === null ? '' : lineOf(body), severityText, eventName, service, spanId, ...pairs]
    .join('\n')
    .toLowerCase();
}

const texts = new WeakMap<LogRow, string>();
function searchedText(log: LogRow): string {
  const text = texts.get(log) ?? textOf(log);
  texts.set(log, text);
  return text;
}

/**
 * Narrows logs.
 *
 * @param wanted severities; none of them means all
 * @param find words that must all stand somewhere in the record, in any case
 */
export function narrowLogs(logs: readonly LogRow[], wanted: readonly Level[], find: string): readonly LogRow[] {
  const words = find.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0 && words.length === 0) return logs;
  return logs.filter(
    (log) =>
      (wanted.length === 0 || wanted.includes(levelOf(log))) && words.every((word) => searchedText(log).includes(word)),
  );
}

/** When a record was written, from the trace's start: `+12 ms`, `-3 ms` before it, `no time` where nobody knows. */
export function offset({ timeMillis }: LogRow, startMillis: number): string {
  if (timeMillis === undefined) return 'no time';
  // Clocks of milliseconds and of microseconds meet here: what is less than one apart is no time.
  const millis = Math.round((timeMillis - startMillis) * 1000) / 1000;
  return `${millis < 0 ? '' : '+'}${duration(millis)}`;
}
