/** One trace as a waterfall: a row for each span that opens to everything the span carries. */
import { html } from 'hono/html';
import { clip, type Html, renderPage } from './layout.ts';
import { kindName, serviceName, statusName } from './span.ts';
import { renderSpanDetail } from './span-detail.ts';
import type { StoredTrace } from './store.ts';
import { DRAWN_DEPTH_LIMIT, SERVICE_HUES } from './style-sheet.ts';
import { buildRows, type TraceRow } from './tree.ts';
import { formatCount, formatDuration, formatTime } from './units.ts';

// What a browser can show at once; the rest stays readable through the API.
const ROW_LIMIT = 2_000;
const TICKS = [0, 25, 50, 75, 100] as const;

interface Scale {
  readonly totalNano: bigint;
  readonly hues: ReadonlyMap<string, number>;
}

function percent(part: bigint, total: bigint): number {
  return total === 0n ? 0 : (Number(part) / Number(total)) * 100;
}

function renderBar(row: TraceRow, { totalNano }: Scale, isBad: boolean): Html {
  const width = Math.max(percent(row.durationNano, totalNano), 0.3);
  const x = Math.min(percent(row.offsetNano, totalNano), 100 - width);
  return html`<svg aria-hidden="true">
    ${TICKS.map((tick) => html`<line class="grid" x1="${tick}%" x2="${tick}%" y1="0" y2="100%"></line>`)}
    <rect
      class="span${isBad ? ' bad' : ''}"
      x="${x.toFixed(3)}%"
      y="25%"
      width="${width.toFixed(3)}%"
      height="50%"
      rx="2"
    ></rect>
  </svg>`;
}

function renderRow(row: TraceRow, scale: Scale, parentService: string | undefined): Html {
  const { span } = row;
  const service = serviceName(span);
  const kind = kindName(span);
  const status = statusName(span);
  const isDeep = row.depth > DRAWN_DEPTH_LIMIT;
  return html`<details class="row">
    <summary class="h${scale.hues.get(service) ?? 0}">
      <span class="label d${Math.min(row.depth, DRAWN_DEPTH_LIMIT)}">
        ${isDeep ? html`<span class="tag kept">level ${formatCount(row.depth)}</span>` : ''}
        <span class="name">${clip(span.name) || '(no name)'}</span>
        ${service === parentService ? '' : html`<span class="service">${clip(service)}</span>`}
        ${kind === 'internal' || kind === 'unspecified' ? '' : html`<span class="tag">${kind}</span>`}
        ${status === 'error' ? html`<span class="tag bad">✗ error</span>` : ''}
        ${status === 'ok' ? html`<span class="tag">ok</span>` : ''}
        ${row.place === 'orphan' ? html`<span class="tag">parent missing</span>` : ''}
        ${row.place === 'cycle' ? html`<span class="tag bad">cycle</span>` : ''}
      </span>
      ${renderBar(row, scale, status === 'error')}
      <span class="num">${formatDuration(row.durationNano)}</span>
    </summary>
    ${renderSpanDetail(row)}
  </details>`;
}

/** A service is named where it differs from the parent's row. */
function renderRows(rows: readonly TraceRow[], scale: Scale): readonly Html[] {
  const services: string[] = [];
  return rows.map((row) => {
    services.length = row.depth;
    const parentService = services.at(-1);
    services.push(serviceName(row.span));
    return renderRow(row, scale, parentService);
  });
}

/**
 * Draws the page of one trace.
 *
 * @param trace a trace of the store
 * @returns the document: the first 2,000 rows, with long values shortened, every shortening said
 * @example
 * context.html(renderTrace(trace));
 */
export function renderTrace(trace: StoredTrace): Html {
  const { summary } = trace;
  const rows = buildRows(trace.spans);
  const shown = rows.slice(0, ROW_LIMIT);
  const hues = new Map(summary.services.map((service, index) => [service, index % SERVICE_HUES]));
  const scale: Scale = { totalNano: summary.durationNano, hues };
  const { local, utc } = formatTime(summary.startTimeUnixNano);
  const ticks = TICKS.map((tick) => formatDuration((summary.durationNano * BigInt(tick)) / 100n));
  const name = clip(summary.name) || '(no name)';
  const hidden = rows.length - shown.length;
  const content = html`<h1>${name}</h1>
    <ul class="facts">
      <li>
        ${summary.services.length === 1 ? 'service' : 'services'}
        <b>${clip(summary.services.slice(0, 12).join(', '))}</b>
      </li>
      <li>duration <b>${formatDuration(summary.durationNano)}</b></li>
      <li><b>${formatCount(summary.spanCount)}</b> ${summary.spanCount === 1 ? 'span' : 'spans'}</li>
      <li>
        ${
          summary.errorCount > 0
            ? html`<b class="error">✗ ${formatCount(summary.errorCount, 'error')}</b>`
            : html`<b>0</b> errors`
        }
      </li>
      <li>
        started <b><time datetime="${utc}" title="${utc}">${local}</time></b>
      </li>
      <li>trace <b class="mono">${trace.traceId}</b></li>
    </ul>
    ${
      hidden > 0
        ? html`<p class="note">
            The first ${formatCount(ROW_LIMIT, 'span')} are drawn;
            <a href="/trace/${trace.traceId}.txt">the text</a> has all ${formatCount(rows.length)}.
          </p>`
        : ''
    }
    <div class="panel">
      <div class="axis">
        <span>Span</span><span class="ticks">${ticks.map((tick) => html`<span>${tick}</span>`)}</span
        ><span class="num">Duration</span>
      </div>
      ${renderRows(shown, scale)}
    </div>`;
  const aside = html`<a href="/">All traces</a>
    <span class="end"
      ><a href="/trace/${trace.traceId}">Reload</a> · <a href="/trace/${trace.traceId}.txt">Text</a> ·
      <a href="/api/traces/${trace.traceId}?prettyPrint=true">JSON</a></span
    >`;
  return renderPage({ title: name, aside, content });
}
