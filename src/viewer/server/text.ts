/** A trace as text, for terminals: nothing in it can move a cursor or change a colour. */
import { type KindName, kindName, serviceName, statusName } from './span.ts';
import type { RowPlace, TraceRow } from './tree.ts';
import { formatMillis } from './units.ts';

const NAME_LIMIT = 80;
/** Deeper levels are drawn at this one with their number, so that a chain of thousands stays readable. */
const DRAWN_DEPTH_LIMIT = 24;
/** Control characters (escape sequences, line ends) and those that turn the reading direction. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;
/** Characters that take two cells: CJK, Hangul, full width forms, emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\p{Emoji_Presentation}]/gu;
const NO_WIDTH = /\p{Mn}|\p{Me}|\u200d/gu;

const SILENT_KINDS: ReadonlySet<KindName> = new Set(['internal', 'unspecified']);
const PLACE_NOTES: Readonly<Record<RowPlace, string | undefined>> = {
  root: undefined,
  child: undefined,
  orphan: 'parent missing',
  cycle: 'cycle',
};

function clean(text: string): string {
  const characters = Array.from(text.slice(0, NAME_LIMIT * 4).replace(UNSAFE, '�'));
  return characters.length > NAME_LIMIT ? `${characters.slice(0, NAME_LIMIT - 1).join('')}…` : characters.join('');
}

function width(text: string): number {
  return Array.from(text.replace(NO_WIDTH, '')).length + (text.match(WIDE)?.length ?? 0);
}

/** `open[depth]` says whether a sibling of the ancestor at that depth is still to come. */
function branch(row: TraceRow, open: readonly boolean[]): string {
  if (row.depth === 0) return '';
  const drawn = Math.min(row.depth, DRAWN_DEPTH_LIMIT);
  const guides = open.slice(1, drawn).map((isOpen) => (isOpen ? '│  ' : '   '));
  const depthNote = row.depth > DRAWN_DEPTH_LIMIT ? `(${row.depth}) ` : '';
  return `${guides.join('')}${row.isLast ? '└─ ' : '├─ '}${depthNote}`;
}

/**
 * Draws a trace as a tree of text lines: name, service where it changes, kind (unless internal), `✗` for an error,
 * duration in milliseconds aligned to the right.
 *
 * @param rows the rows of `buildRows`, in their order
 * @returns the lines joined by line feeds, without one at the end; `''` for no rows
 * @example
 * formatTraceText(buildRows(spans));
 * // GET /products/[id]  web · server    12.30 ms
 * // └─ SELECT products  client           8.02 ms
 */
export function formatTraceText(rows: readonly TraceRow[]): string {
  const open: boolean[] = [];
  const services: string[] = [];
  const lines = rows.map((row) => {
    open.length = row.depth;
    services.length = row.depth;
    const service = serviceName(row.span);
    const kind = kindName(row.span);
    const notes = [
      services[row.depth - 1] === service ? undefined : clean(service),
      SILENT_KINDS.has(kind) ? undefined : kind,
      PLACE_NOTES[row.place],
    ].filter((note) => note !== undefined);
    const mark = statusName(row.span) === 'error' ? '✗ ' : '';
    const label = `${branch(row, open)}${mark}${clean(row.span.name) || '(no name)'}`;
    open.push(!row.isLast);
    services.push(service);
    return { left: [label, notes.join(' · ')].filter(Boolean).join('  '), right: formatMillis(row.durationNano) };
  });
  const leftWidth = lines.reduce((max, line) => Math.max(max, width(line.left)), 0);
  const rightWidth = lines.reduce((max, line) => Math.max(max, line.right.length), 0);
  return lines
    .map(({ left, right }) => `${left}${' '.repeat(leftWidth - width(left))}  ${right.padStart(rightWidth)}`)
    .join('\n');
}
