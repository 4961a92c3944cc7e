/** A service for tests: a real HTTP server of Node's on a free port. */
import { once } from 'node:events';
import { type IncomingMessage, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the service answers with: a status, and its body as JSON. */
export type Answer = (request: IncomingMessage) => { readonly status: number; readonly body: unknown };

export interface NodeService {
  readonly url: string;
  /** The headers of each request, in the order in which they came. */
  readonly received: IncomingMessage['headers'][];
  close(): Promise<void>;
}

export async function startService(answer: Answer): Promise<NodeService> {
  const received: IncomingMessage['headers'][] = [];
  const server = createServer((request, response) => {
    received.push(request.headers);
    const { status, body } = answer(request);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
