/** A table that can be sorted by its columns: numbers from the largest, names from A. */
import { type ReactNode, useState } from 'react';

export interface Column<Row> {
  readonly name: string;
  /** What it says in full, when the heading is pointed at. */
  readonly title?: string;
  /** By what the column sorts; a column without is not sorted by. */
  readonly value?: (row: Row) => number | string | undefined;
  readonly cell: (row: Row) => ReactNode;
  readonly numeric?: boolean;
  /** Not on a phone. */
  readonly wide?: boolean;
}

function compare(a: number | string | undefined, b: number | string | undefined): number {
  if (a === b) return 0;
  if (a === undefined) return 1;
  if (b === undefined) return -1;
  return typeof a === 'number' && typeof b === 'number' ? b - a : String(a).localeCompare(String(b));
}

export function SortedTable<Row>(props: {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly chosen?: string | undefined;
  readonly most?: number;
}) {
  const { columns, rows, rowKey, most = 200 } = props;
  const [order, setOrder] = useState<{ readonly name: string; readonly back: boolean }>();
  const [all, setAll] = useState(false);
  const column = columns.find(({ name }) => name === order?.name);
  const sorted =
    column?.value === undefined ? rows : rows.toSorted((a, b) => compare(column.value?.(a), column.value?.(b)));
  const turned = order?.back === true ? sorted.toReversed() : sorted;
  const shown = all ? turned : turned.slice(0, most);
  const className = (each: Column<Row>): string =>
    `${each.numeric === true ? 'num' : ''}${each.wide === true ? ' wide' : ''}`;
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={props.label}>
      <table className="sorted">
        <thead>
          <tr>
            {columns.map((each) => {
              const isOrder = each.name === order?.name;
              const direction = (each.numeric === true) !== (order?.back === true) ? 'descending' : 'ascending';
              return (
                <th
                  key={each.name}
                  className={className(each)}
                  aria-sort={isOrder ? direction : undefined}
                  title={each.title}
                >
                  {each.value === undefined ? (
                    each.name
                  ) : (
                    <button type="button" onClick={() => setOrder({ name: each.name, back: isOrder && !order?.back })}>
                      {each.name}
                      {isOrder && <span aria-hidden="true">{direction === 'descending' ? ' ↓' : ' ↑'}</span>}
                    </button>
                  )}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr key={rowKey(row)} className={rowKey(row) === props.chosen ? 'chosen' : undefined}>
              {columns.map((each) => (
                <td key={each.name} className={className(each)}>
                  {each.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {turned.length > shown.length && (
        <button type="button" className="button" onClick={() => setAll(true)}>
          Show all {turned.length} rows
        </button>
      )}
    </div>
  );
}
