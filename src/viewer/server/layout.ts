/** The frame around every page, and the headers that keep whatever was traced from running in it. */
import type { Context } from 'hono';
import { html } from 'hono/html';
import { formatCount } from './units.ts';

/** Markup in which every inserted string is escaped. */
export type Html = ReturnType<typeof html>;

/** No script at all, from anywhere; the one style sheet; nobody may frame the page. */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cg fill='%233f7fc4'%3E%3Crect x='1' y='2' width='14' height='3' rx='1'/%3E%3Crect x='4' y='7' width='8' height='3' rx='1'/%3E%3Crect x='7' y='12' width='5' height='3' rx='1'/%3E%3C/g%3E%3C/svg%3E";

/**
 * Shortens a text that nobody can read at that length anyway.
 *
 * @param text any text
 * @param limit how many characters to keep; 200 by default, enough for a name
 * @returns the text, with how much is missing when it was cut
 * @example
 * clip('abcdef', 3); // 'abc… (3 more characters)'
 */
export function clip(text: string, limit = 200): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit)}… (${formatCount(text.length - limit, 'more character')})`;
}

/** What a page consists of. */
export interface PageParts {
  readonly title: string;
  /** Shown at the right end of the top bar. */
  readonly aside: Html;
  readonly content: Html;
}

/**
 * Sets the headers that every answer of the query port's pages carries.
 *
 * @param context the request's context
 * @example
 * setPageHeaders(context);
 */
export function setPageHeaders(context: Context): void {
  for (const [name, value] of Object.entries(HEADERS)) context.header(name, value);
}

/**
 * Draws a whole page.
 *
 * @param parts title, top bar and content
 * @returns the document, every inserted string escaped
 * @example
 * context.html(renderPage({ title: 'Traces', aside: html``, content: html`<h1>Traces</h1>` }));
 */
export function renderPage({ title, aside, content }: PageParts): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Throughline</title>
        <link rel="icon" href="${ICON}" />
        <link rel="stylesheet" href="/style.css" />
      </head>
      <body>
        <header class="bar-top"><a class="brand" href="/">Throughline</a>${aside}</header>
        <main>${content}</main>
      </body>
    </html>`;
}
