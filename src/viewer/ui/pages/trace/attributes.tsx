/** Attributes and events of a span. Every value is text and nothing else, whatever it holds. */
import { useState } from 'react';
import { Time } from '../../parts/values.tsx';
import { bytes } from '../../units.ts';
import type { AttributeRow, EventRow, JsonValue } from '../../../wire.ts';

/** A list or map that fits into a line stays in one. */
const ONE_LINE = 60;

export function valueText(value: JsonValue): string {
  if (typeof value === 'string') return value;
  const line = JSON.stringify(value);
  return line.length <= ONE_LINE ? line : JSON.stringify(value, undefined, 2);
}

/** Sections longer than this get a field that narrows them. */
const FILTER_FROM = 12;

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
              <th scope="row">{key}</th>
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
