/** Attributes, events and logs of a span. Every value is text and nothing else, whatever it holds. */
import { Fragment, useState } from 'react';
import { Time } from '../../parts/values.tsx';
import { bytes } from '../../units.ts';
import type { AttributeRow, EventRow, JsonValue, LogRow } from '../../../wire.ts';

/** A list or map that fits into a line stays in one. */
const ONE_LINE = 60;

export function valueText(value: JsonValue): string {
  if (typeof value === 'string') return value;
  const line = JSON.stringify(value);
  return line.length <= ONE_LINE ? line : JSON.stringify(value, undefined, 2);
}

/** Sections longer than this get a field that narrows them. */
const FILTER_FROM = 12;

/** A long key breaks where its words end. */
function Key({ text }: { readonly text: string }) {
  return text.split(/(?<=[._])/).map((part, at) => (
    // eslint-disable-next-line react/no-array-index-key -- parts of a key keep their order
    <Fragment key={at}>
      {part}
      <wbr />
    </Fragment>
  ));
}

export function Attributes({ rows, none }: { readonly rows: readonly AttributeRow[]; readonly none?: string }) {
  const [text, setText] = useState('');
  if (rows.length === 0) return none === undefined ? null : <p className="soft">{none}</p>;
  const wanted = text.toLowerCase();
  const shown = rows.filter(({ key, value }) => `${key} ${valueText(value)}`.toLowerCase().includes(wanted));
  return (
    <>
      {rows.length >= FILTER_FROM && (
        <input
          aria-label="Narrow the attributes"
          placeholder={`Narrow ${rows.length} attributes`}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      )}
      <table className="pairs">
        <tbody>
          {shown.map(({ key, value, type, cutBytes }) => (
            <tr key={key}>
              <th scope="row">
                <Key text={key} />
              </th>
              <td title={type}>
                {valueText(value)}
                {cutBytes !== undefined && <span className="soft"> … {bytes(cutBytes)} more</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

const textOf = (event: EventRow, key: string): string | undefined => {
  const found = event.attributes.find((attribute) => attribute.key === key);
  return found === undefined ? undefined : valueText(found.value);
};

function Exception({ event }: { readonly event: EventRow }) {
  const stack = textOf(event, 'exception.stacktrace');
  return (
    <div className="exception">
      <strong>{textOf(event, 'exception.type') ?? 'Exception'}</strong> {textOf(event, 'exception.message')}
      {stack !== undefined && <pre tabIndex={0}>{stack}</pre>}
    </div>
  );
}

export function Events({ events }: { readonly events: readonly EventRow[] }) {
  if (events.length === 0) return null;
  return (
    <section>
      <h3>Events</h3>
      {events.map((event, index) => (
        // eslint-disable-next-line react/no-array-index-key -- a span's events keep their order
        <div key={index} className="entry">
          <div>
            <Time millis={event.timeMillis} /> <strong>{event.name}</strong>
          </div>
          {event.name === 'exception' ? <Exception event={event} /> : <Attributes rows={event.attributes} />}
        </div>
      ))}
    </section>
  );
}

interface LogsProps {
  readonly logs: readonly LogRow[];
  readonly title: string;
  /** Given where logs of several spans stand together: leads to a log's own span. */
  readonly choose?: (spanId: string) => void;
}

export function Logs({ logs, title, choose }: LogsProps) {
  if (logs.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      {logs.map((log, index) => (
        // eslint-disable-next-line react/no-array-index-key -- logs keep their order
        <div key={index} className="entry">
          <Time millis={log.timeMillis} />{' '}
          <span className={/^(?:ERROR|FATAL)/.test(log.severity) ? 'tag bad' : 'tag'}>{log.severity || 'LOG'}</span>{' '}
          <span className="body">{valueText(log.body)}</span>
          {choose !== undefined && (
            <span className="soft">
              {' '}
              {log.service}
              {log.spanId !== undefined && (
                <>
                  {' '}
                  <button type="button" className="link" onClick={() => choose(log.spanId ?? '')}>
                    span
                  </button>
                </>
              )}
            </span>
          )}
          {log.attributes.length > 0 && (
            <details>
              <summary>{log.attributes.length} attributes</summary>
              <Attributes rows={log.attributes} />
            </details>
          )}
        </div>
      ))}
    </section>
  );
}
