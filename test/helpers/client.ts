/** Asks a server as it speaks: HTTP/1.1 with or without TLS, or HTTP/2. Node's `fetch` takes no certificate of a test's own. */
import { once } from 'node:events';
import http, { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import http2, { type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import https from 'node:https';
import { type Socket, connect } from 'node:net';
import tls from 'node:tls';

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

  /**
   * Asks for all of them over one connection, before the first has been answered: one behind the other in HTTP/1.1, side by
   * side in HTTP/2. Gives how many were answered with 200.
   */
  async together(
    questions: readonly { readonly path: string; readonly headers: Question['headers'] }[],
  ): Promise<number> {
    if (this.#protocol === 'http2') {
      const answers = await Promise.all(questions.map(({ path, headers = {} }) => this.ask(path, { headers })));
      return answers.filter(({ status }) => status === 200).length;
    }
    const port = Number(new URL(this.#origin).port);
    const socket = this.#protocol === 'http' ? connect(port, 'localhost') : tls.connect({ port, ca: this.#ca, servername: 'localhost' }); // prettier-ignore
    const bytes = questions.map(({ path, headers = {} }, index) => {
      const closing = index === questions.length - 1 ? { connection: 'close' } : {};
      const lines = Object.entries({ host: 'localhost', ...headers, ...closing });
      return `GET ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
    });
    return (await spoken(socket, bytes.join(''))).split('HTTP/1.1 200').length - 1;
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
    const stream = this.#session.request({ ...headers, ':method': method, ':path': path });
    stream.end(body);
    const [answered] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader];
    const cancel = (): void => stream.close(http2.constants.NGHTTP2_CANCEL);
    return { status: answered[':status'] ?? 0, headers: answered, incoming: stream, cancel };
  }
}

async function closed(incoming: Incoming): Promise<void> {
  if (!incoming.closed) await new Promise((resolve) => incoming.once('close', resolve));
}

async function spoken(socket: Socket, bytes: string): Promise<string> {
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
  socket.on('error', () => {});
  socket.write(bytes, 'latin1');
  await once(socket, 'close');
  return answer;
}

/** Writes bytes as they are and gives what comes back until the server closes; ask it to with `Connection: close`. */
export function exchange(port: number, bytes: string): Promise<string> {
  return spoken(connect(port, 'localhost'), bytes);
}
