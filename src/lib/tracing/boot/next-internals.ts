/**
 * The private parts of Next that the SERVER span leans on, each looked at with care: what is not there is `undefined`, and
 * whoever asks falls back. Seen in Next 16.4.5 and 16.4.6.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerAction } from '../request.ts';

/** Where Next keeps what it knows of a request (`next/dist/server/request-meta.js`, `NEXT_REQUEST_META`). */
const REQUEST_META = Symbol.for('NextInternalRequestMeta');
/** Where it keeps what a server process knows of its application (`router-server-context.js`). */
const SERVERS = Symbol.for('@next/router-server-methods');
/** Where it keeps the manifests of a build (`app-render/manifests-singleton.js`), in `next dev` those of what is compiled. */
const MANIFESTS = Symbol.for('next.server.manifests');
/** What the compiler calls an action that is written inside a component. */
const INLINE_ACTION = '$$RSC_SERVER_ACTION';

/**
 * A property of something that may be anything.
 *
 * @param holder where it may be
 * @param key its name
 * @returns its value, or `undefined`
 */
export function property(holder: unknown, key: PropertyKey): unknown {
  return typeof holder === 'object' && holder !== null ? Reflect.get(holder, key) : undefined;
}

/**
 * The route that Next has matched a request to.
 *
 * @param req the request as Node made it
 * @returns the template, such as `/products/[id]`; `undefined` when Next matched none (a redirect, an asset)
 */
export function matchedRoute(req: IncomingMessage): string | undefined {
  const meta = property(req, REQUEST_META);
  const pathname = property(property(property(meta, 'match'), 'definition'), 'pathname');
  return typeof pathname === 'string' ? pathname : undefined;
}

/**
 * The status that went out. When a proxy has failed, Next goes on, and writes another one on the response that is sent.
 *
 * @param res a response whose head is sent
 * @returns the status in the head that Node has written; `undefined` where there is none to read (HTTP/2)
 */
export function sentStatus(res: ServerResponse): number | undefined {
  const [, status] = /^HTTP\/\d\.\d (\d{3})/.exec(text(property(res, '_header')) ?? '') ?? [];
  return status === undefined ? undefined : Number(status);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * Finds a Server Action. The identifier may be anything that a client has sent: what the build does not know is nothing.
 *
 * @param id from the header `next-action`, or from the reference that the compiler has made of the action
 * @param globals the global object
 * @returns the action, or `undefined` when the build knows none of that identifier
 */
export function serverActionOf(id: unknown, globals: object = globalThis): ServerAction | undefined {
  const actions = property(property(property(globals, MANIFESTS), 'serverActionsManifest'), 'node');
  if (typeof id !== 'string' || typeof actions !== 'object' || actions === null || !Object.hasOwn(actions, id)) {
    return undefined;
  }
  const entry = property(actions, id);
  const name = text(property(entry, 'exportedName'));
  return {
    id,
    name: name?.startsWith(INLINE_ACTION) === true ? undefined : name,
    file: text(property(entry, 'filename')),
  };
}

/**
 * Whether this process answers requests with Next. `next start` and `next dev` say so in the environment; a custom server
 * and a standalone one are known by what Next leaves on the global object. A build serves nobody.
 *
 * @param environment the environment variables
 * @param globals the global object
 * @returns `true` in a server process of Next
 */
export function isNextServer(
  environment: Readonly<Record<string, string | undefined>>,
  globals: object = globalThis,
): boolean {
  if (environment['NEXT_PHASE'] === 'phase-production-build') return false;
  if (environment['NEXT_RUNTIME'] === 'nodejs') return true;
  return Object.getOwnPropertySymbols(globals).some((symbol) => symbol.description?.startsWith('@next/') === true);
}

/**
 * Where the build of the application lies.
 *
 * @param globals the global object
 * @returns folders in which `routes-manifest.json` may be, the likeliest first; relative to the working folder
 */
export function buildFolders(globals: object = globalThis): string[] {
  const servers = property(globals, SERVERS);
  const known = typeof servers === 'object' && servers !== null ? Object.entries(servers) : [];
  const folders = known.map(([folder, server]) => {
    const dist = property(property(server, 'nextConfig'), 'distDir');
    return [folder, typeof dist === 'string' ? dist : '.next'].filter((part) => part !== '').join('/');
  });
  return [...folders, '.next'];
}

/**
 * The requests that wait for an answer at this moment. A server of Next listens before `register()` has run, so its first
 * request is usually there before the tracing; only the process's list of open sockets knows of it.
 *
 * @param owner the process
 * @returns each request with its response
 */
export function waitingRequests(owner: object = process): [IncomingMessage, ServerResponse][] {
  const list = property(owner, '_getActiveHandles');
  const handles: unknown = typeof list === 'function' ? Reflect.apply(list, owner, []) : [];
  return (Array.isArray(handles) ? handles : []).flatMap((handle: unknown) => {
    const res = property(handle, '_httpMessage');
    const req = property(res, 'req');
    const isServer =
      typeof property(req, 'httpVersion') === 'string' && typeof property(res, 'writeHead') === 'function';
    return isServer ? [[req as IncomingMessage, res as ServerResponse]] : [];
  });
}
