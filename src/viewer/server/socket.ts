/** What is new, pushed: `/api/viewer/live` as server-sent events, `/api/live` over a WebSocket. Both say the same. */
import { upgradeWebSocket, type WebSocketServerLike } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { type WebSocket, WebSocketServer } from 'ws';
import type { LiveMessage } from '../wire.ts';
import type { Live } from './live.ts';

/** How often a silent connection is shown to be alive, and one that is not is found. */
const PING_MILLIS = 20_000;
/** What may wait for a listener: messages of server-sent events, bytes of a WebSocket. */
const MAX_WAITING_MESSAGES = 8;
const MAX_WAITING_BYTES = 1024 * 1024;
/** Listeners have nothing to say. */
const MAX_HEARD_BYTES = 1024;
const GOING_AWAY = 1001;
const TRY_LATER = 1013;

const TOO_MANY = 'Too many pages listen already: close some of them.';

function streamLive(context: Context, live: Live): Response {
  return streamSSE(context, async (stream) => {
    let waiting = 0;
    const write = (event: { readonly data: string; readonly event?: string }): void => {
      waiting += 1;
      void stream
        .writeSSE(event)
        .catch(() => undefined)
        .finally(() => {
          waiting -= 1;
        });
    };
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    stream.onAbort(end);
    const stop = live.listen({
      isBehind: () => waiting >= MAX_WAITING_MESSAGES,
      send: (message: LiveMessage) => write({ data: JSON.stringify(message) }),
      close: end,
    });
    if (stop === undefined) return;
    const ping = setInterval(() => {
      if (waiting < MAX_WAITING_MESSAGES) write({ event: 'ping', data: '' });
    }, PING_MILLIS);
    await ended;
    clearInterval(ping);
    stop();
  });
}

/** Keeps asking whether the other side is there; one that does not answer in time is gone. */
function watch(socket: WebSocket): () => void {
  let answered = true;
  socket.on('pong', () => {
    answered = true;
  });
  const timer = setInterval(() => {
    if (!answered) {
      socket.terminate();
      return;
    }
    answered = false;
    socket.ping();
  }, PING_MILLIS);
  return () => clearInterval(timer);
}

/**
 * What a server needs to take WebSockets, for `createAdaptorServer`.
 *
 * @returns the part of the options; the routes refuse and upgrade
 * @example
 * const options = webSocketServer();
 */
export function webSocketServer(): WebSocketServerLike {
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_HEARD_BYTES, perMessageDeflate: false });
  // Two type packages describe one class.
  return server as unknown as WebSocketServerLike;
}

/**
 * Builds the routes. Host, Origin and token are judged before, by the guard of all routes.
 *
 * @param live the hub
 * @returns a Hono application to mount at the root
 * @example
 * const routes = createLiveRoutes(createLive(store, '0.1.0'));
 */
export function createLiveRoutes(live: Live): Hono {
  const app = new Hono();
  app.get('/api/viewer/live', (context) => streamLive(context, live));
  app.get(
    '/api/live',
    upgradeWebSocket(() => {
      let stop: (() => void) | undefined;
      let unwatch: (() => void) | undefined;
      const end = (): void => {
        unwatch?.();
        stop?.();
      };
      return {
        onOpen: (_event, { raw }) => {
          const socket = raw as unknown as WebSocket;
          unwatch = watch(socket);
          stop = live.listen({
            isBehind: () => socket.bufferedAmount > MAX_WAITING_BYTES,
            send: (message) => socket.send(JSON.stringify(message)),
            close: () => socket.close(GOING_AWAY, 'the viewer ends'),
          });
          if (stop === undefined) socket.close(TRY_LATER, TOO_MANY);
        },
        onClose: end,
        onError: end,
      };
    }),
    (context) => {
      context.header('upgrade', 'websocket');
      return context.json(
        { error: 'This address speaks WebSocket; for server-sent events ask /api/viewer/live.' },
        426,
      );
    },
  );
  return app;
}
