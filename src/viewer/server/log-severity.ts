/** How bad a log record is, in one of OTLP's six words. */
import { logSeverities, type LogSeverity } from '../wire.ts';
import type { LogRecord } from './proto/generated/opentelemetry/proto/logs/v1/logs_pb.js';

/** Each word stands for four numbers (logs.proto, `SeverityNumber`). */
const NUMBERS_PER_WORD = 4;
/** What loggers call it, where the number is missing: syslog's words, and those of the usual libraries. */
const WORDS: Readonly<Record<string, LogSeverity>> = {
  verbose: 'TRACE',
  silly: 'TRACE',
  information: 'INFO',
  notice: 'INFO',
  warning: 'WARN',
  err: 'ERROR',
  severe: 'ERROR',
  critical: 'FATAL',
  crit: 'FATAL',
  alert: 'FATAL',
  emergency: 'FATAL',
  emerg: 'FATAL',
  panic: 'FATAL',
};

/**
 * Names a record's severity: by its number, else by its text.
 *
 * @param record any
 * @returns `''` when neither says one
 * @example
 * severityOf({ severityNumber: 18, severityText: 'error' }); // 'ERROR'
 */
export function severityOf({
  severityNumber,
  severityText,
}: Pick<LogRecord, 'severityNumber' | 'severityText'>): LogSeverity | '' {
  const byNumber = logSeverities[Math.ceil(severityNumber / NUMBERS_PER_WORD) - 1];
  if (byNumber !== undefined) return byNumber;
  const word = severityText.trim().toLowerCase();
  const known = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
  return known ?? logSeverities.find((each) => each.toLowerCase() === word) ?? '';
}
