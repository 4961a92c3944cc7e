/** Starts the viewer: an OTLP receiver on one port, pages and query API on another, one store between them. */
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { createApi } from './api.ts';
import { createAccess, type Role } from './access.ts';
import { guardPages } from './access-guard.ts';
import { createAuditLog } from './audit-log.ts';
import { createForwarder, type ForwardOptions } from './forward.ts';
import type { Health, Retention, Session } from '../wire.ts';
import { openStore, type Stored, type StoredLogs } from './database-store.ts';
import { createFilesApi } from './files-api.ts';
import { FilterError, readFilter } from './filter-query.ts';
import { createArrivals } from './health.ts';
import { createJaegerV3 } from './jaeger-v3.ts';
import { isLoopback } from './host-guard.ts';
import { createLive, type Live } from './live.ts';
import { createPageFiles } from './page-files.ts';
import { createReceiver } from './receiver.ts';
import { createReportRoutes } from './report-routes.ts';
import { createLiveRoutes, webSocketServer } from './socket.ts';
import { createTally } from './tally.ts';
import { createViewerApi } from './viewer-api.ts';

/** Where the viewer listens and how much it keeps. */
export interface ViewerOptions {
  /** For OTLP/HTTP; 4318 by default, 0 for any free port. */
  readonly otlpPort?: number | undefined;
  /** For pages and query API; 16686 by default, 0 for any free port. */
  readonly queryPort?: number | undefined;
  /** `127.0.0.1` by default: nobody but this machine. */
  readonly host?: string | undefined;
  /** File of the store; in memory without one. */
  readonly file?: string | undefined;
  /** What is kept: a million spans, 2 GiB, a week by default. */
  readonly retention?: Partial<Retention> | undefined;
  /** Bytes of requests that may wait to be written; 64 MiB by default. Beyond them senders are told to come again. */
  readonly maxQueuedBytes?: number | undefined;
  /** For the role `viewer`; made when the host is more than this machine. With one, every question needs one. */
  readonly token?: string | undefined;
  /** For the role `admin`; made beside `token`. */
  readonly adminToken?: string | undefined;
  /** Where reads with a token are written down: beside the store's file, else in `.throughline`, by default. */
  readonly auditFile?: string | undefined;
  /** Another collector that gets everything as well. */
  readonly forward?: Pick<ForwardOptions, 'url' | 'headers'> | undefined;
}

/** What went through the store since start, and what it holds. */
export interface ViewerStats {
  readonly spans: number;
  readonly traces: number;
  readonly receivedSpans: number;
  readonly replacedSpans: number;
  readonly evictedSpans: number;
  readonly evictedTraces: number;
}

/** A running viewer. */
export interface Viewer {
  /** As in `http://127.0.0.1:4318`: what to set as OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly otlpUrl: string;
  /** As in `http://127.0.0.1:16686`: what to open in a browser. */
  readonly queryUrl: string;
  /** What to show for reading and for changing; absent when nobody has to. To be printed and written nowhere. */
  readonly tokens?: Readonly<Record<Role, string>>;
  /** Where reads with a token are written down. */
  readonly auditFile?: string;
  stats(): ViewerStats;
  /** What was found when the file was opened; sentences. */
  readonly notices: readonly string[];
  /** Stops listening and ends every connection at once. May be called again. */
  close(): Promise<void>;
}

interface Listening {
  readonly url: string;
  close(): Promise<void>;
}

function explain(error: NodeJS.ErrnoException, host: string, port: number, option: string): Error {
  const sentences: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} on ${host} is already in use; stop the program that has it (another viewer, Jaeger, a collector?) or choose another port with ${option}.`,
    EACCES: `Port ${port} on ${host} may not be opened by this user; choose one above 1023 with ${option}.`,
    ENOTFOUND: `Host ${host} is not a name that this machine knows; use 127.0.0.1 or an address of this machine.`,
    EADDRNOTAVAIL: `Host ${host} is not an address of this machine; use 127.0.0.1 or one that is.`,
  };
  return new Error(sentences[error.code ?? ''] ?? `Cannot listen on ${host}:${port}: ${error.message}`, {
    cause: error,
  });
}

/** A WebSocket that is told of the end answers in this time, or not at all. */
const GOODBYE_MILLIS = 500;

/** Whatever else a client would rather speak (`h2c`), it gets its answer over HTTP/1.1. */
function isWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

async function listen(app: Hono, host: string, port: number, option: string): Promise<Listening> {
  const server = createAdaptorServer({
    fetch: app.fetch,
    hostname: host.includes(':') ? `[${host}]` : host,
    // Leave this process's own Request and Response as they are.
    overrideGlobalObjects: false,
    // A missing Host is for the application to judge.
    serverOptions: { requireHostHeader: false, shouldUpgradeCallback: isWebSocket },
    websocket: { server: webSocketServer() },
  }) as Server;
  // Upgraded ones among them, which the server itself forgets.
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    const onError = (error: Error): void => reject(explain(error, host, port, option));
    server.once('error', onError);
    server.listen(port, host, () => {
      server.off('error', onError);
      resolve();
    });
  });
  const { port: boundPort, family, address } = server.address() as AddressInfo;
  const reachable = address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address;
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    server.closeAllConnections();
    const timer = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, GOODBYE_MILLIS);
    await closed;
    clearTimeout(timer);
  };
  return {
    url: `http://${family === 'IPv6' && reachable === address ? `[${reachable}]` : reachable}:${boundPort}`,
    close,
  };
}

/** Whoever passes everything on to itself never ends. */
function isSameServer(url: string, own: string, host: string): boolean {
  const [there, here] = [new URL(url), new URL(own)];
  return there.port === here.port && (isLoopback(there.hostname) || [here.hostname, host].includes(there.hostname));
}

const VERSION = '0.1.0';

/**
 * Starts the viewer; in memory unless it is given a file.
 *
 * @param options ports, host and store bound
 * @returns the running viewer, both ports open
 * @throws Error (as a rejection) in one sentence when a port is taken or an option is wrong; nothing stays open then
 * @example
 * const viewer = await startViewer({ otlpPort: 0, queryPort: 0 });
 * console.log(viewer.queryUrl);
 * await viewer.close();
 */
export async function startViewer(options: ViewerOptions = {}): Promise<Viewer> {
  const { otlpPort = 4318, queryPort = 16686, host = '127.0.0.1', file, retention } = options;
  for (const [name, port] of Object.entries({ otlpPort, queryPort })) {
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      throw new RangeError(`${name} must be a whole number from 0 to 65535, got ${port}`);
    }
  }
  // First: a wrong token or address leaves nothing behind.
  const access = createAccess({ host, token: options.token, adminToken: options.adminToken });
  const forwarder = options.forward === undefined ? undefined : createForwarder(options.forward);
  const auditFile =
    options.auditFile ?? join(file === undefined ? '.throughline' : dirname(file), 'viewer-audit.jsonl');
  const tally = createTally();
  let listeners: Live | undefined;
  const store = await openStore({
    file,
    retention,
    maxQueuedBytes: options.maxQueuedBytes,
    onEvicted: (evicted) => {
      tally.left(evicted);
      // What is too old when the file is opened leaves before anybody can listen.
      listeners?.deleted(evicted.traceIds);
    },
  });
  const live = createLive(store, VERSION);
  listeners = live;
  const arrivals = createArrivals(tally.received);
  const onStored = (stored: Stored): void => {
    tally.stored(stored);
    live.grown(stored.traces);
  };
  const onStoredLogs = (stored: StoredLogs): void => {
    tally.storedLogs(stored);
    live.logged(stored.traceIds);
  };
  const startedMillis = Date.now();
  const opened: Listening[] = [];
  const close = async (): Promise<void> => {
    live.close();
    await Promise.all(opened.map((each) => each.close()));
    await forwarder?.close();
    await store.close();
  };
  try {
    const audit = access.tokens === undefined ? undefined : createAuditLog({ file: auditFile });
    const receiver = await listen(
      createReceiver({
        store,
        host,
        access,
        onStored,
        onStoredLogs,
        onArrival: (arrival) => arrivals.record(arrival),
        onAccepted: forwarder?.push,
      }),
      host,
      otlpPort,
      '--otlp-port',
    );
    opened.push(receiver);
    if (forwarder !== undefined && isSameServer(forwarder.report().url, receiver.url, host)) {
      throw new Error('--forward names this viewer itself: give the address of another collector.');
    }
    const otlpUrl = receiver.url.replace('//127.0.0.1:', '//localhost:');
    const query = new Hono();
    query.use(guardPages({ access, audit }));
    query.get('/api/viewer/session', (context) => {
      const { host: name, authorization, cookie } = context.req.header();
      const role = access.roleOf({ host: name, authorization, cookie }) ?? 'viewer';
      return context.json({ role, version: VERSION, otlpUrl, canDelete: role === 'admin' } satisfies Session);
    });
    query.get('/api/viewer/health', async (context) => {
      const { requests: _requests, bytes, maxBytes } = store.queued();
      const { retention: bounds, ...state } = await store.state();
      return context.json({
        version: VERSION,
        startedMillis,
        otlpUrl,
        ...arrivals.report(),
        queue: { bytes, maxBytes },
        store: { ...(file !== undefined && { file }), ...state },
        retention: bounds,
        evicted: tally.evicted(),
        notices: store.notices,
        ...(forwarder !== undefined && { forward: forwarder.report() }),
      } satisfies Health);
    });
    query.route('/', createLiveRoutes(live));
    query.route('/', createFilesApi({ store, onStored }));
    query.route('/', createReportRoutes({ ask: (name, args) => store.query(name, args), readFilter, now: Date.now }));
    query.route(
      '/',
      createViewerApi({ store, live, session: { role: 'admin', version: VERSION, otlpUrl, canDelete: true } }),
    );
    query.route('/', createJaegerV3({ store }));
    query.route('/', createApi({ store }));
    query.route('/', createPageFiles({ store }));
    query.onError((error, context) => context.json({ error: error.message }, error instanceof FilterError ? 400 : 500));
    const page = await listen(query, host, queryPort, '--port');
    opened.push(page);
    return {
      otlpUrl: receiver.url,
      queryUrl: page.url,
      notices: store.notices,
      ...(access.tokens !== undefined && { tokens: access.tokens, auditFile }),
      stats: () => {
        const { spans, traces } = store.held();
        return { spans, traces, ...tally.sums() };
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
