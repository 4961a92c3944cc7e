/** Attributes and events of a span. Every value is text and nothing else, whatever it holds. */
import { Link } from '@tanstack/react-router';
import { Fragment, useState } from 'react';
import { Time } from '../../parts/values.tsx';
import { indented } from './indented.ts';
import { bytes } from '../../units.ts';
import type { AttributeRow, EventRow, JsonValue } from '../../../wire.ts';

/** A list or map that fits into a line stays in one. */
const ONE_LINE = 60;

export function valueText(value: JsonValue): string {
  if (typeof value === 'string') return value;
  const line = JSON.stringify(value);
  return line.length <= ONE_LINE ? line : JSON.stringify(value, undefined, 2);
}

/** Text that holds JSON, as messages and bodies do, is read better over several lines; shorter it stays as it is. */
function shownText(value: JsonValue): string {
  const text = valueText(value);
  return typeof value === 'string' && value.length > ONE_LINE ? (indented(value) ?? text) : text;
}

/** A condition of the list finds texts, numbers and truths, and an address has to stay one. */
const CONDITION_LIMIT = 200;

/** The key leads to every trace that has the same. */
function Key({ row }: { readonly row: AttributeRow }) {
  const { key, value } = row;
  const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  const condition = `${key}=${valueText(value)}`;
  if (!isPlain || condition.length > CONDITION_LIMIT) return <Breaking text={key} />;
  return (
    <Link to="/" search={{ attr: [condition] }} preload={false} className="same" title="All traces with this value">
      <Breaking text={key} />
    </Link>
  );
}

/** Sections longer than this get a field that narrows them. */
const FILTER_FROM = 12;

/** A long key breaks where its words end. */
function Breaking({ text }: { readonly text: string }) {
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
          {shown.map((row) => (
            <tr key={row.key}>
              <th scope="row">
                <Key row={row} />
              </th>
              <td title={row.type}>
                {shownText(row.value)}
                {row.cutBytes !== undefined && <span className="soft"> … {bytes(row.cutBytes)} more</span>}
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
