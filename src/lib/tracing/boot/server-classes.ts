/** The server classes of Node whose `emit` hands a request over: those of HTTP/1.1, and those of HTTP/2 with the same interface. */
import type { EventEmitter } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { guarded } from '../guard.ts';

/** What of a server class is replaced. */
export type Emitting = Pick<EventEmitter, 'emit'>;

/**
 * Node does not export the classes of HTTP/2 servers; a server that never listens shows them. With `allowHTTP1` one of them
 * hands over requests of both kinds.
 */
function http2Prototypes(): Emitting[] {
  return [http2.createServer, http2.createSecureServer].flatMap((create) => {
    const prototype = guarded('finding the HTTP/2 servers', () => Object.getPrototypeOf(create()) as Emitting);
    // A class of its own: anything further up would be every network server, or every emitter.
    return prototype !== undefined && /^Http2\w*Server$/.test(prototype.constructor.name) ? [prototype] : [];
  });
}

/**
 * Where a request is handed over in this process.
 *
 * @returns the prototypes that every HTTP server of it inherits from, also those made before
 */
export function serverPrototypes(): Emitting[] {
  return [http.Server.prototype, https.Server.prototype, ...http2Prototypes()];
}
