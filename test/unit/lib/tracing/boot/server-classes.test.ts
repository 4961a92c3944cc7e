/** Where Node hands requests over: servers of HTTP/2 too, whose classes it does not export. */
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { serverPrototypes } from '../../../../../src/lib/tracing/boot/server-classes.ts';

it('finds what every HTTP server inherits from, and nothing that others inherit from too', () => {
  const servers = [http.createServer(), https.createServer(), http2.createServer(), http2.createSecureServer()];
  expect(serverPrototypes()).toEqual(servers.map((server) => Object.getPrototypeOf(server) as object));
});
