/** Everything one span carries, as it shows when its row is opened. */
import { html } from 'hono/html';
import { clip, type Html } from './layout.ts';
import { type Attribute, kindName, type Span, serviceName, statusName, valueText } from './span.ts';
import type { TraceRow } from './tree.ts';
import { formatCount, formatDuration, formatTime } from './units.ts';

const EVENT_LIMIT = 100;
const ATTRIBUTE_LIMIT = 200;
const VALUE_LIMIT = 4_096;

function renderPairs(pairs: readonly (readonly [key: string, value: unknown])[]): Html {
  return html`<table class="pairs mono">
    ${pairs.map(
      ([key, value]) =>
        html`<tr>
          <th scope="row">${key}</th>
          <td>${value}</td>
        </tr>`,
    )}
  </table>`;
}

function renderAttributes(attributes: readonly Attribute[], dropped: number): Html {
  const hidden = attributes.length - ATTRIBUTE_LIMIT;
  return renderPairs([
    ...attributes
      .slice(0, ATTRIBUTE_LIMIT)
      .map(
        ({ key, value }) =>
          [clip(key), value.type === 'empty' ? '(empty)' : clip(valueText(value), VALUE_LIMIT)] as const,
      ),
    ...(hidden > 0 ? [['', `${formatCount(hidden, 'more attribute')}, not shown`] as const] : []),
    ...(dropped > 0 ? [['', `${formatCount(dropped, 'attribute')} dropped by the sender`] as const] : []),
  ]);
}

function renderFacts(row: TraceRow): Html {
  const { span } = row;
  const { local, utc } = formatTime(span.startTimeUnixNano);
  const after = `(${formatDuration(row.offsetNano)} after the trace began)`;
  const facts: (readonly [string, unknown])[] = [
    ['service', clip(serviceName(span))],
    ['kind', kindName(span)],
    ['status', statusName(span)],
    ['start', html`<time datetime="${utc}" title="${utc}">${local}</time> ${after}`],
    ['duration', formatDuration(row.durationNano)],
    ['span id', span.spanId],
    ['parent span id', span.parentSpanId || '(none)'],
    ['flags', `0x${span.flags.toString(16).padStart(2, '0')}`],
  ];
  if (span.scope.name !== '') facts.push(['instrumentation', clip(`${span.scope.name} ${span.scope.version}`)]);
  if (span.traceState !== '') facts.push(['trace state', clip(span.traceState, VALUE_LIMIT)]);
  if (row.place === 'orphan') facts.push(['place', 'its parent has not arrived']);
  if (row.place === 'cycle') facts.push(['place', 'it is its own ancestor; the cycle was cut here']);
  return html`<section>
    <h2>Span</h2>
    ${renderPairs(facts)}
  </section>`;
}

function renderEvents(span: Span): Html | '' {
  if (span.events.length === 0 && span.droppedEventsCount === 0) return '';
  const hidden = span.events.length - EVENT_LIMIT;
  return html`<section>
    <h2>Events</h2>
    ${span.events.slice(0, EVENT_LIMIT).map((event) => {
      const after = event.timeUnixNano - span.startTimeUnixNano;
      const moment = after < 0n ? `${formatDuration(-after)} before the span` : `+${formatDuration(after)}`;
      return html`<details open>
        <summary>${moment} · ${clip(event.name) || '(no name)'}</summary>
        <div>${renderAttributes(event.attributes, event.droppedAttributesCount)}</div>
      </details>`;
    })}
    ${hidden > 0 ? html`<p class="soft">${formatCount(hidden, 'more event')}, not shown</p>` : ''}
    ${span.droppedEventsCount > 0 ? html`<p class="soft">${formatCount(span.droppedEventsCount, 'event')} dropped by the sender</p>` : ''}
  </section>`;
}

function renderLinks(span: Span): Html | '' {
  if (span.links.length === 0 && span.droppedLinksCount === 0) return '';
  const hidden = span.links.length - EVENT_LIMIT;
  return html`<section>
    <h2>Links</h2>
    ${span.links
      .slice(0, EVENT_LIMIT)
      .map(
        (link) =>
          html`<div class="mono">
            <a href="/trace/${clip(link.traceId, 32)}">trace ${clip(link.traceId, 32)}</a> span ${clip(link.spanId, 16)}
            ${link.attributes.length > 0 ? renderAttributes(link.attributes, link.droppedAttributesCount) : ''}
          </div>`,
      )}
    ${hidden > 0 ? html`<p class="soft">${formatCount(hidden, 'more link')}, not shown</p>` : ''}
    ${span.droppedLinksCount > 0 ? html`<p class="soft">${formatCount(span.droppedLinksCount, 'link')} dropped by the sender</p>` : ''}
  </section>`;
}

function renderFolded(title: string, attributes: readonly Attribute[], dropped: number): Html | '' {
  if (attributes.length === 0 && dropped === 0) return '';
  return html`<details>
    <summary>${title}</summary>
    <div>${renderAttributes(attributes, dropped)}</div>
  </details>`;
}

/**
 * Draws everything a span carries: status message, attributes, events, links, facts, instrumentation and resource.
 *
 * @param row a row of the trace's tree
 * @returns the markup; long values and lists are shortened, and say so
 * @example
 * html`<details><summary>${row.span.name}</summary>${renderSpanDetail(row)}</details>`;
 */
export function renderSpanDetail(row: TraceRow): Html {
  const { span } = row;
  const { resource, scope } = span;
  const hasAttributes = span.attributes.length > 0 || span.droppedAttributesCount > 0;
  return html`<div class="detail">
    ${span.status.message === '' ? '' : html`<p class="message mono">${clip(span.status.message, VALUE_LIMIT)}</p>`}
    ${
      hasAttributes
        ? html`<section>
            <h2>Attributes</h2>
            ${renderAttributes(span.attributes, span.droppedAttributesCount)}
          </section>`
        : ''
    }
    ${renderEvents(span)} ${renderLinks(span)} ${renderFacts(row)}
    ${renderFolded('Instrumentation', scope.attributes, scope.droppedAttributesCount)}
    ${renderFolded('Resource', resource.attributes, resource.droppedAttributesCount)}
  </div>`;
}
