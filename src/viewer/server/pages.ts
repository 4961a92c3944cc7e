/** The viewer's plain pages: the list of traces, one trace as a waterfall, and the same as text. No scripts. */
import { Hono } from 'hono';
import { html } from 'hono/html';
import { clip, type Html, renderPage, setPageHeaders } from './layout.ts';
import { normalizeTraceId } from './search.ts';
import type { SpanStore, StoredTrace, StoreStats } from './store.ts';
import { STYLE_SHEET } from './style-sheet.ts';
import { formatTraceText } from './text.ts';
import { renderTrace } from './trace-page.ts';
import { buildRows } from './tree.ts';
import { formatCount, formatDuration, formatTime } from './units.ts';

/** What the pages need. */
export interface PagesOptions {
  readonly store: SpanStore;
  /** What a sender sets as its endpoint, named on the empty page; `http://localhost:4318` by default. */
  readonly otlpUrl?: string;
}

const LISTED_TRACES = 200;

function renderTraceLine(trace: StoredTrace, longestNano: bigint): Html {
  const { summary } = trace;
  const { local, utc } = formatTime(summary.startTimeUnixNano);
  const share = longestNano === 0n ? 0 : (Number(summary.durationNano) / Number(longestNano)) * 100;
  const others = summary.services.length - 1;
  const isBad = summary.errorCount > 0;
  return html`<tr>
    <td class="name"><a href="/trace/${trace.traceId}">${clip(summary.name) || '(no name)'}</a></td>
    <td class="service">
      ${clip(summary.service)}${others > 0 ? html` <span>+ ${formatCount(others)} more</span>` : ''}
    </td>
    <td class="num">${formatCount(summary.spanCount)}</td>
    <td class="num ${isBad ? 'error' : 'soft'}">${isBad ? `✗ ${formatCount(summary.errorCount)}` : '0'}</td>
    <td>
      <div class="length">
        <svg aria-hidden="true">
          <rect class="track" width="100%" height="6" rx="3"></rect>
          <rect class="fill${isBad ? ' bad' : ''}" width="${Math.max(share, 0.5).toFixed(2)}%" height="6" rx="3"></rect>
        </svg>
        <span class="num">${formatDuration(summary.durationNano)}</span>
      </div>
    </td>
    <td class="time num"><time datetime="${utc}" title="${utc}">${local}</time></td>
  </tr>`;
}

function renderStats(stats: StoreStats): Html {
  return html`<span class="soft"
      >${formatCount(stats.traces, 'trace')}, ${formatCount(stats.spans)} of at most
      ${formatCount(stats.maxSpans, 'span')}
      kept${
        stats.evictedSpans > 0
          ? html`; ${formatCount(stats.evictedSpans, 'older span')} of ${formatCount(stats.evictedTraces, 'trace')}
            dropped`
          : ''
      }</span
    >
    <a class="end" href="/">Reload</a>`;
}

function renderEmpty(otlpUrl: string): Html {
  return html`<section class="empty">
    <h1>No traces yet</h1>
    <p class="soft">
      This viewer receives OpenTelemetry traces over OTLP/HTTP, in protobuf or JSON. Start your application with its
      exporter pointed here, make a request, then reload this page.
    </p>
    <pre>OTEL_EXPORTER_OTLP_ENDPOINT=${otlpUrl}</pre>
    <p><a href="/">Reload</a></p>
  </section>`;
}

function renderList(store: SpanStore, otlpUrl: string): Html {
  const stats = store.stats();
  if (stats.traces === 0) {
    return renderPage({ title: 'No traces yet', aside: html`<span></span>`, content: renderEmpty(otlpUrl) });
  }
  const traces = store.list().slice(0, LISTED_TRACES);
  const longest = traces.reduce((max, { summary }) => (summary.durationNano > max ? summary.durationNano : max), 0n);
  const hidden = stats.traces - traces.length;
  const content = html`${
      hidden > 0
        ? html`<p class="note">
            The ${formatCount(LISTED_TRACES)} newest traces are listed; ${formatCount(hidden, 'older trace')} can be
            read through <a href="/api/services">/api</a>.
          </p>`
        : ''
    }
    <div class="panel">
      <table class="traces">
        <colgroup>
          <col />
          <col class="c-service" />
          <col class="c-count" />
          <col class="c-count" />
          <col class="c-length" />
          <col class="c-time" />
        </colgroup>
        <thead>
          <tr>
            <th>Trace</th>
            <th class="service">Service</th>
            <th class="num">Spans</th>
            <th class="num">Errors</th>
            <th class="num">Duration</th>
            <th class="num time">Started (local time)</th>
          </tr>
        </thead>
        <tbody>
          ${traces.map((trace) => renderTraceLine(trace, longest))}
        </tbody>
      </table>
    </div>`;
  return renderPage({ title: 'Traces', aside: renderStats(stats), content });
}

function renderMissing(): Html {
  return renderPage({
    title: 'Not found',
    aside: html`<span></span>`,
    content: html`<section class="empty">
      <h1>Not here</h1>
      <p class="soft">
        There is no such page, or the trace has not arrived, or it was dropped to make room for newer ones.
      </p>
      <p><a href="/">All traces</a></p>
    </section>`,
  });
}

/**
 * Builds the pages: `/` (newest traces), `/trace/:id` (waterfall), `/trace/:id.txt` (the tree as plain text) and their
 * style sheet.
 *
 * @param options the store to read and the address to recommend
 * @returns a Hono application to mount at the root; every answer forbids scripts
 * @example
 * const response = await createPages({ store }).request('/');
 */
export function createPages({ store, otlpUrl = 'http://localhost:4318' }: PagesOptions): Hono {
  const app = new Hono();
  const find = (text: string): StoredTrace | undefined => {
    const id = normalizeTraceId(text);
    return id === undefined ? undefined : store.get(id);
  };
  app.use(async (context, next) => {
    await next();
    setPageHeaders(context);
  });
  app.get('/', (context) => context.html(renderList(store, otlpUrl)));
  app.get('/style.css', (context) => context.body(STYLE_SHEET, 200, { 'content-type': 'text/css; charset=utf-8' }));
  app.get('/trace/:file{[^/]+\\.txt}', (context) => {
    const trace = find(context.req.param('file').slice(0, -'.txt'.length));
    if (trace === undefined) return context.text('trace not found\n', 404);
    return context.text(`${formatTraceText(buildRows(trace.spans))}\n`);
  });
  app.get('/trace/:id', (context) => {
    const trace = find(context.req.param('id'));
    return trace === undefined ? context.html(renderMissing(), 404) : context.html(renderTrace(trace));
  });
  app.notFound((context) => context.html(renderMissing(), 404));
  return app;
}
