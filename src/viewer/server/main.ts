/** Starts the viewer: an OTLP receiver on one port, pages and query API on another, one store between them. */
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { createApi } from './api.ts';
import { isAllowedHost } from './host-guard.ts';
import { createPages } from './pages.ts';
import { createReceiver } from './receiver.ts';
import { createStore, type StoreStats } from './store.ts';

/** Where the viewer listens and how much it keeps. */
export interface ViewerOptions {
  /** For OTLP/HTTP; 4318 by default, 0 for any free port. */
  readonly otlpPort?: number | undefined;
  /** For pages and query API; 16686 by default, 0 for any free port. */
  readonly queryPort?: number | undefined;
  /** `127.0.0.1` by default: nobody but this machine. */
  readonly host?: string | undefined;
  /** Bound of the store in spans; 50,000 by default. */
  readonly maxSpans?: number | undefined;
}

/** A running viewer. */
export interface Viewer {
  /** As in `http://127.0.0.1:4318`: what to set as OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly otlpUrl: string;
  /** As in `http://127.0.0.1:16686`: what to open in a browser. */
  readonly queryUrl: string;
  stats(): StoreStats;
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
    EADDRNOTAVAIL: `Host ${host} is not an address of this machine; use 127.0.0.1 or one that is.`,
  };
  return new Error(sentences[error.code ?? ''] ?? `Cannot listen on ${host}:${port}: ${error.message}`, {
    cause: error,
  });
}

async function listen(app: Hono, host: string, port: number, option: string): Promise<Listening> {
  const server = createAdaptorServer({
    fetch: app.fetch,
    hostname: host.includes(':') ? `[${host}]` : host,
    // Leave this process's own Request and Response as they are.
    overrideGlobalObjects: false,
    // A missing Host is for the application to judge.
    serverOptions: { requireHostHeader: false },
  }) as Server;
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
    await closed;
  };
  return {
    url: `http://${family === 'IPv6' && reachable === address ? `[${reachable}]` : reachable}:${boundPort}`,
    close,
  };
}

/** The query port holds what was traced: every request must name this machine. */
function guard(app: Hono, host: string): void {
  app.use(async (context, next) => {
    if (isAllowedHost(context.req.header('host'), host)) return next();
    return context.text('This page answers only under localhost: the Host header names another machine.', 403);
  });
}

/**
 * Starts the viewer with an empty store in memory.
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
  const { otlpPort = 4318, queryPort = 16686, host = '127.0.0.1', maxSpans } = options;
  for (const [name, port] of Object.entries({ otlpPort, queryPort })) {
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      throw new RangeError(`${name} must be a whole number from 0 to 65535, got ${port}`);
    }
  }
  const store = createStore({ maxSpans });
  const receiver = await listen(createReceiver({ store, host }), host, otlpPort, 'otlpPort');
  const query = new Hono();
  guard(query, host);
  query.route('/', createApi({ store }));
  query.route('/', createPages({ store, otlpUrl: receiver.url.replace('//127.0.0.1:', '//localhost:') }));

  let page: Listening;
  try {
    page = await listen(query, host, queryPort, 'queryPort');
  } catch (error) {
    await receiver.close();
    throw error;
  }
  return {
    otlpUrl: receiver.url,
    queryUrl: page.url,
    stats: () => store.stats(),
    close: async () => {
      await Promise.all([receiver.close(), page.close()]);
    },
  };
}
