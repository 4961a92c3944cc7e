/** One log record: its severity as a word with a mark, its line, and all that is known of it. Every text is text alone. */
import { Time } from '../../parts/values.tsx';
import { bytes, count } from '../../units.ts';
import { Attributes, valueText } from './attributes.tsx';
import { levelMarks, levelOf, lineOf } from './log-list.ts';
import type { LogRow } from '../../../wire.ts';

/** Longer lines are cut where only one line is shown. */
const MAX_LINE = 400;

export function LevelMark({ log }: { readonly log: LogRow }) {
  const level = levelOf(log);
  return (
    <span className={`level ${level.toLowerCase()}`} title={log.severityText}>
      <span aria-hidden="true">{levelMarks[level]}</span> {level === 'NONE' ? 'LOG' : level}
    </span>
  );
}

/** What a record says, on one line. */
export function LogLine({ log }: { readonly log: LogRow }) {
  const line = lineOf(log.body);
  return (
    <>
      {log.eventName !== undefined && <strong>{log.eventName} </strong>}
      {log.body === null ? '' : line.slice(0, MAX_LINE)}
    </>
  );
}

/** The whole record. */
export function LogDetails({ log }: { readonly log: LogRow }) {
  return (
    <div className="log-details">
      <pre tabIndex={0}>
        {log.body === null ? 'No body.' : valueText(log.body)}
        {log.bodyCutBytes !== undefined && ` … ${bytes(log.bodyCutBytes)} more`}
      </pre>
      <Attributes rows={log.attributes} none="No attributes." />
      <p className="soft">
        {log.timeMillis !== undefined && <Time millis={log.timeMillis} />} by {log.service}
        {log.severityText !== undefined && `, severity “${log.severityText}”`}
        {log.observedMillis !== undefined && (
          <>
            , observed <Time millis={log.observedMillis} />
          </>
        )}
        {log.droppedAttributes !== undefined && `; the sender left out ${count(log.droppedAttributes, 'attribute')}`}
      </p>
    </div>
  );
}

/** The records of one span, in its panel. */
export function SpanLogs({ logs, leftOut }: { readonly logs: readonly LogRow[]; readonly leftOut: number }) {
  if (logs.length === 0) return null;
  return (
    <section>
      <h3>Logs of this span</h3>
      {logs.map((log) => (
        <details key={log.id} className="entry">
          <summary>
            {log.timeMillis !== undefined && <Time millis={log.timeMillis} />} <LevelMark log={log} />{' '}
            <span className="body">
              <LogLine log={log} />
            </span>
          </summary>
          <LogDetails log={log} />
        </details>
      ))}
      {leftOut > 0 && <p className="soft">{count(leftOut, 'more log record')} not shown.</p>}
    </section>
  );
}
