/** Asks a server as it speaks: HTTP/1.1 with or without TLS, or HTTP/2. Node's `fetch` takes no certificate of a test's own. */
import { once } from 'node:events';
import http, { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import http2, { type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import https from 'node:https';
import { type Socket, connect } from 'node:net';

export type Protocol = 'http' | 'https' | 'http2';

export interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What of both kinds of answers is looked at. */
type Incoming = IncomingMessage | ClientHttp2Stream;

export class Client {
  readonly #origin: string;
  readonly #protocol: Protocol;
  readonly #ca: string | undefined;
  readonly #agent: http.Agent;
  #session: ClientHttp2Session | undefined;

  constructor(protocol: Protocol, port: number, ca?: string) {
    this.#protocol = protocol;
    this.#origin = `${protocol === 'http' ? 'http' : 'https'}://localhost:${port}`;
    this.#ca = ca;
    this.#agent = protocol === 'http' ? new http.Agent({ keepAlive: true }) : new https.Agent({ keepAlive: true, ca });
  }

  /** Reads the whole answer; of a stream that breaks, what came until then. */
  async ask(path: string, question: Question = {}): Promise<Answer> {
    const { status, headers, incoming } = await this.#send(path, question);
    let body = '';
    incoming.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')));
    incoming.on('error', () => {});
    await closed(incoming);
    return { status, headers, body };
  }

  /** Reads the first piece of an answer and goes away. */
  async leave(path: string, question: Question = {}): Promise<void> {
    const { incoming, cancel } = await this.#send(path, question);
    incoming.on('error', () => {});
    incoming.once('data', cancel);
    await closed(incoming);
  }

  close(): void {
    this.#agent.destroy();
    this.#session?.destroy();
  }

  #send(
    path: string,
    question: Question,
  ): Promise<{ status: number; headers: IncomingHttpHeaders; incoming: Incoming; cancel: () => void }> {
    return this.#protocol === 'http2' ? this.#sendByStream(path, question) : this.#sendByRequest(path, question);
  }

  async #sendByRequest(path: string, { method = 'GET', headers = {}, body }: Question) {
    const send = this.#protocol === 'http' ? http.request : https.request;
    const request: ClientRequest = send(this.#origin + path, {
      method,
      headers: headers as http.OutgoingHttpHeaders,
      agent: this.#agent,
    });
    request.end(body);
    const [incoming] = (await once(request, 'response')) as [IncomingMessage];
    request.on('error', () => {});
    return {
      status: incoming.statusCode ?? 0,
      headers: incoming.headers,
      incoming,
      cancel: () => void request.destroy(),
    };
  }

  async #sendByStream(path: string, { method = 'GET', headers = {}, body }: Question) {
    this.#session ??= http2.connect(this.#origin, this.#ca === undefined ? {} : { ca: this.#ca });
    const stream = this.#session.request({ ...headers, ':method': method, ':path': path } as http2.OutgoingHttpHeaders);
    stream.end(body);
    const [answered] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader];
    const cancel = (): void => stream.close(http2.constants.NGHTTP2_CANCEL);
    return { status: answered[':status'] ?? 0, headers: answered, incoming: stream, cancel };
  }
}

async function closed(incoming: Incoming): Promise<void> {
  if (!incoming.closed) await new Promise((resolve) => incoming.once('close', resolve));
}

/** Writes bytes as they are and gives what comes back until the server closes; ask it to with `Connection: close`. */
export async function exchange(port: number, bytes: string): Promise<string> {
  const socket: Socket = connect(port, 'localhost');
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
  socket.on('error', () => {});
  socket.write(bytes, 'latin1');
  await once(socket, 'close');
  return answer;
}
