/** Serves the built page, and a trace as plain text; any other address is the page's own to route. */
import { existsSync, readFileSync } from 'node:fs';
import { extname, join, resolve, sep } from 'node:path';
import { Hono } from 'hono';
import type { DatabaseStore } from './database-store.ts';
import { normalizeTraceId } from './search.ts';
import { formatTraceText } from './text.ts';
import { buildRows } from './tree.ts';

/** What serving the page needs. */
export interface PageFilesOptions {
  readonly store: DatabaseStore;
  /** Folder of the built page; found beside this file, or where the sources' build puts it, by default. */
  readonly folder?: string | undefined;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
};
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

function findFolder(): string {
  // In the package the page lies beside the compiled server; run from source it is built into `.throughline`.
  const built = resolve(import.meta.dirname, '../ui');
  return existsSync(join(built, 'assets')) ? built : resolve(import.meta.dirname, '../../../.throughline/viewer-ui');
}

/**
 * Builds the routes of the page.
 *
 * @param options the store, and where the page is
 * @returns a Hono application to mount last
 * @example
 * const response = await createPageFiles({ store }).request('/');
 */
export function createPageFiles({ store, folder = findFolder() }: PageFilesOptions): Hono {
  const app = new Hono();
  const send = (path: string, status: 200 | 404 = 200): Response =>
    new Response(new Uint8Array(readFileSync(path)), {
      status,
      headers: {
        'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
        'content-security-policy': CSP,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': path.includes(`${sep}assets${sep}`) ? 'public, max-age=31536000, immutable' : 'no-cache',
      },
    });
  app.get('/trace/:file{[^/]+\\.txt}', async (context) => {
    const id = normalizeTraceId(context.req.param('file').slice(0, -'.txt'.length));
    const spans = id === undefined ? [] : await store.query('spans', id);
    context.header('x-content-type-options', 'nosniff');
    if (spans.length === 0) return context.text('trace not found\n', 404);
    return context.text(`${formatTraceText(buildRows(spans))}\n`);
  });
  app.get('/*', (context) => {
    const wanted = resolve(folder, `.${context.req.path}`);
    if (extname(wanted) !== '' && wanted.startsWith(folder + sep) && existsSync(wanted)) return send(wanted);
    const page = join(folder, 'index.html');
    if (existsSync(page)) return send(page);
    return context.text(
      'The page is not built: run node scripts/build-viewer-page.ts, then load this address again.',
      503,
    );
  });
  return app;
}
