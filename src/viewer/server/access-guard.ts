/** Stands before every route of both ports: names, origins, tokens, roles, the audit log and the headers of answers. */
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context, MiddlewareHandler } from 'hono';
import type { Access, Role } from './access.ts';
import type { AuditLog } from './audit-log.ts';
import { isOwnOrigin, mayPageSend } from './host-guard.ts';

/** What a guard needs. */
export interface GuardOptions {
  readonly access: Access;
  /** Given where tokens are. */
  readonly audit?: AuditLog | undefined;
  /** The clock, in Unix milliseconds; `Date.now` by default. */
  readonly now?: () => number;
}

const TRACE_IN_PATH = /\/(?:traces|trace)\/([0-9a-f]{1,32})(?:[./]|$)/iu;
/** What holds nothing of any trace: not worth a line. */
const UNAUDITED: ReadonlySet<string> = new Set(['/api/viewer/session', '/api/viewer/health']);
/** Its body is turned into another form and not kept. */
const READING_POSTS: ReadonlySet<string> = new Set(['/api/transform']);

const reads = new WeakMap<Request, string[]>();

/**
 * Tells the audit log which traces an answer holds, where the address does not.
 *
 * @param context of the request
 * @param traceIds hex
 * @example
 * app.get('/all', (context) => { noteReads(context, ['0af7651916cd43dd8448eb211c80319c']); return context.text(''); });
 */
export function noteReads(context: Context, traceIds: readonly string[]): void {
  const known = reads.get(context.req.raw) ?? [];
  known.push(...traceIds);
  reads.set(context.req.raw, known);
}

/** Everything but the page's own files, which are the same for everybody. */
function isGuarded(path: string): boolean {
  return path === '/api' || path.startsWith('/api/') || path.endsWith('.txt');
}

function roleNeeded(method: string, path: string): Role {
  const isReading = method === 'GET' || method === 'HEAD' || (method === 'POST' && READING_POSTS.has(path));
  return isReading ? 'viewer' : 'admin';
}

function addressOf(context: Context): string {
  try {
    return getConnInfo(context).remote.address ?? '';
  } catch {
    // Asked without a connection, as tests do.
    return '';
  }
}

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
};

/** What a route has set itself stays. */
function addHeaders(response: Response, path: string): void {
  for (const [name, value] of Object.entries(HEADERS)) {
    if (!response.headers.has(name)) response.headers.set(name, value);
  }
  // Traces do not belong into a browser's cache, which outlives the token.
  if (isGuarded(path) && !response.headers.has('cache-control')) response.headers.set('cache-control', 'no-store');
}

function signIn(context: Context, access: Access, token: string): Response {
  const url = new URL(context.req.url);
  url.searchParams.delete('token');
  context.header('cache-control', 'no-store');
  if (access.tokens !== undefined) {
    const cookie = access.signIn(token, context.req.header('host'));
    if (cookie === undefined) {
      return context.text(
        'This is not a token of this viewer. Go back and type the one that it printed when it started.\n',
        401,
      );
    }
    context.header('set-cookie', cookie);
  }
  // One slash: two would be another host.
  return context.redirect(`/${url.pathname.replace(/^[/\\]+/u, '')}${url.search}`, 303);
}

/**
 * Guards pages and query API.
 *
 * @param options the rules and the audit log
 * @returns a middleware to mount first; refuses with one sentence as JSON
 * @example
 * const guard = guardPages({ access: createAccess({ host: '127.0.0.1' }) });
 */
export function guardPages({ access, audit, now = Date.now }: GuardOptions): MiddlewareHandler {
  const refuse = (context: Context, status: 401 | 403 | 500, error: string): Response =>
    context.json({ error }, status);
  const answer = async (context: Context, next: () => Promise<void>): Promise<Response | undefined> => {
    const { path, method } = context.req;
    const host = context.req.header('host');
    if (!access.allowsHost(host)) {
      return refuse(context, 403, 'The Host header names another machine: open this viewer under localhost.');
    }
    if (!isOwnOrigin(context.req.header('origin'), host)) {
      return refuse(context, 403, 'The Origin header names another site: only this viewer’s own page may ask.');
    }
    const token = context.req.query('token');
    if (token !== undefined && method === 'GET' && !isGuarded(path)) return signIn(context, access, token);
    if (!isGuarded(path)) {
      await next();
      return undefined;
    }
    const [authorization, cookie] = [context.req.header('authorization'), context.req.header('cookie')];
    const role = access.roleOf({ host, authorization, cookie });
    if (role === undefined) {
      context.header('www-authenticate', 'Bearer realm="throughline viewer"');
      return refuse(
        context,
        401,
        'This viewer asks for its token: send it as Authorization: Bearer TOKEN, or sign in.',
      );
    }
    if (role === 'viewer' && roleNeeded(method, path) === 'admin') {
      return refuse(context, 403, 'The role viewer reads only: this needs the admin token.');
    }
    await next();
    if (access.tokens === undefined || audit === undefined || UNAUDITED.has(path)) return undefined;
    const inPath = TRACE_IN_PATH.exec(path)?.[1]?.toLowerCase().padStart(32, '0');
    const traceIds = [...new Set([...(inPath === undefined ? [] : [inPath]), ...(reads.get(context.req.raw) ?? [])])];
    try {
      const address = addressOf(context);
      audit.write({ timeMillis: now(), role, address, method, path, status: context.res.status, traceIds });
    } catch (error) {
      void context.res.body?.cancel().catch(() => undefined);
      context.res = undefined;
      return refuse(context, 500, `The audit log cannot be written, so nothing is read: ${String(error)}`);
    }
    return undefined;
  };
  return async (context, next) => {
    const response = await answer(context, next);
    if (response !== undefined) context.res = response;
    addHeaders(context.res, context.req.path);
  };
}

/** Answers a request that is not let through, in the request's own encoding. */
export type Refuse = (context: Context, status: 401 | 403, message: string) => Response;

function preflight(context: Context): Response {
  const asked = context.req.header('access-control-request-headers');
  const asksPrivate = context.req.header('access-control-request-private-network') === 'true';
  const headers = {
    'access-control-allow-methods': 'POST',
    ...(asked !== undefined && { 'access-control-allow-headers': asked.slice(0, 1_000) }),
    ...(asksPrivate && { 'access-control-allow-private-network': 'true' }),
    'access-control-max-age': '600',
  };
  return new Response(null, { status: 204, headers });
}

/**
 * Guards the OTLP port: pages of this machine may send their spans, other pages may not.
 *
 * @param access the rules
 * @param refuse answers what is not let through
 * @returns a middleware to mount first
 * @example
 * const guard = guardOtlp(createAccess({ host: '127.0.0.1' }), (context, status, text) => context.text(text, status));
 */
export function guardOtlp(access: Access, refuse: Refuse): MiddlewareHandler {
  const isLetIn = (context: Context): boolean => {
    if (!access.guardsOtlp) return true;
    const [host, authorization] = [context.req.header('host'), context.req.header('authorization')];
    return access.roleOf({ host, authorization, cookie: undefined }) !== undefined;
  };
  return async (context, next) => {
    const [host, origin] = [context.req.header('host'), context.req.header('origin')];
    // Programs of HTTP/1.0 send no Host; a browser always does.
    if (host !== undefined && !access.allowsHost(host)) {
      return refuse(context, 403, `host: ${host.slice(0, 100)} is not a name of this receiver; send to localhost`);
    }
    if (origin !== undefined && !mayPageSend(origin, host)) {
      return refuse(context, 403, `origin: ${origin.slice(0, 100)} may not send here; pages of localhost may`);
    }
    const isPreflight = origin !== undefined && context.req.method === 'OPTIONS';
    if (isPreflight) context.res = preflight(context);
    else if (isLetIn(context)) await next();
    else context.res = refuse(context, 401, 'authorization: expected Bearer and the token that the viewer printed');
    if (origin === undefined) return undefined;
    // A page sees its answer, refusals included.
    context.res.headers.set('access-control-allow-origin', origin);
    context.res.headers.append('vary', 'Origin');
    return undefined;
  };
}
