import { request } from 'node:http';
import { type Viewer, startViewer } from '../../../src/viewer/server/index.ts';

/** What came back over the wire. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Sends one request with exactly these headers, also those that `fetch` would not let through (`Host`). */
export function send(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>> = {},
  body: Uint8Array | string = '',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks) }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Posts JSON text to the receiver. */
export function postJson(
  viewer: Viewer,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return send(`${viewer.otlpUrl}/v1/traces`, 'POST', { 'content-type': 'application/json', ...headers }, body);
}

/** Runs a test against a viewer of its own, on free ports. */
export async function withViewer(run: (viewer: Viewer) => Promise<void>, maxSpans?: number): Promise<void> {
  const viewer = await startViewer({
    otlpPort: 0,
    queryPort: 0,
    ...(maxSpans !== undefined && { retention: { maxSpans } }),
  });
  try {
    await run(viewer);
  } finally {
    await viewer.close();
  }
}
