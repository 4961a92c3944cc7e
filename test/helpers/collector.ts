/**
 * An OTLP/HTTP collector for tests, apart from the viewer's server: `node:http`, and a decoder made from the official
 * protobuf definitions. It keeps
 * the bytes as they came, and spans in the form that trees are written from.
 */
import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { fromBinary, fromJson } from '@bufbuild/protobuf';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { ExportTraceServiceRequestSchema } from '../../src/viewer/server/proto/generated/opentelemetry/proto/collector/trace/v1/trace_service_pb.js';
import type {
  AnyValue,
  KeyValue,
} from '../../src/viewer/server/proto/generated/opentelemetry/proto/common/v1/common_pb.js';
import type { TreeSpan } from './trace-tree.ts';

export interface CollectedSpan extends TreeSpan {
  readonly traceId: string;
  readonly scope: string;
  readonly durationNanos: bigint;
  readonly events: readonly { readonly name: string; readonly attributes: Readonly<Record<string, unknown>> }[];
  readonly links: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
  readonly resource: Readonly<Record<string, unknown>>;
}

/** Gives an answer in place of taking the spans. */
export type Reply = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

const KINDS = [
  SpanKind.INTERNAL,
  SpanKind.INTERNAL,
  SpanKind.SERVER,
  SpanKind.CLIENT,
  SpanKind.PRODUCER,
  SpanKind.CONSUMER,
];
const STATUSES = [SpanStatusCode.UNSET, SpanStatusCode.OK, SpanStatusCode.ERROR];

function plain(value: AnyValue | undefined): unknown {
  const one = value?.value;
  if (one?.case === undefined) return undefined;
  switch (one.case) {
    case 'arrayValue':
      return one.value.values.map(plain);
    case 'intValue':
      return Number(one.value);
    default:
      return one.value;
  }
}

function record(attributes: readonly KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]));
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** OTLP/JSON writes ids in hex where protobuf's own JSON form has base64. */
function hexToBase64(json: string): string {
  return json.replace(
    /"(traceId|spanId|parentSpanId)":"([0-9a-fA-F]*)"/g,
    (_whole, key: string, hex: string) => `"${key}":"${Buffer.from(hex, 'hex').toString('base64')}"`,
  );
}

function decode(body: Buffer, contentType: string): CollectedSpan[] {
  const request = contentType.includes('json')
    ? fromJson(ExportTraceServiceRequestSchema, JSON.parse(hexToBase64(body.toString('utf8'))), {
        ignoreUnknownFields: true,
      })
    : fromBinary(ExportTraceServiceRequestSchema, body);
  return request.resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) =>
      spans.map((span) => ({
        traceId: toHex(span.traceId),
        spanId: toHex(span.spanId),
        parentSpanId: span.parentSpanId.length === 0 ? undefined : toHex(span.parentSpanId),
        name: span.name,
        kind: KINDS[span.kind] ?? SpanKind.INTERNAL,
        scope: scope?.name ?? '',
        startTimeNanos: span.startTimeUnixNano,
        durationNanos: span.endTimeUnixNano - span.startTimeUnixNano,
        status: STATUSES[span.status?.code ?? 0] ?? SpanStatusCode.UNSET,
        attributes: record(span.attributes),
        events: span.events.map((event) => ({ name: event.name, attributes: record(event.attributes) })),
        links: span.links.map((link) => ({
          traceId: toHex(link.traceId),
          spanId: toHex(link.spanId),
          attributes: record(link.attributes),
        })),
        resource: record(resource?.attributes ?? []),
      })),
    ),
  );
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}

export class Collector {
  readonly spans: CollectedSpan[] = [];
  readonly requests: { readonly headers: IncomingMessage['headers']; readonly url: string }[] = [];
  /** Set to answer something else than "taken". */
  reply: Reply | undefined;
  readonly #bodies: Buffer[] = [];
  readonly #server: Server;
  readonly #waiting = new Set<() => void>();

  constructor() {
    this.#server = createServer((request, response) => void this.#receive(request, response));
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    this.requests.push({ headers: request.headers, url: request.url ?? '' });
    if (this.reply) this.reply(request, response, body);
    else {
      const contentType = request.headers['content-type'] ?? '';
      this.#bodies.push(body);
      this.spans.push(...decode(body, contentType));
      response.writeHead(200, { 'content-type': contentType });
      response.end(contentType.includes('json') ? '{}' : undefined);
    }
    for (const check of this.#waiting) check();
  }

  async start(port = 0): Promise<this> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#server.unref(); // a test that fails before it closes this must not keep the runner alive
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Everything that came, uncompressed, as text: to look for a secret in. */
  get text(): string {
    return Buffer.concat(this.#bodies).toString('latin1');
  }

  ofTrace(traceId: string): CollectedSpan[] {
    return this.spans.filter((span) => span.traceId === traceId);
  }

  /** Resolves when the condition holds; looked at again with each request that comes. Rejects after the bound. */
  until(what: string, condition: () => boolean, boundMillis = 20_000): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        const seen = this.spans.map((span) => `${span.traceId.slice(0, 6)} ${span.name}`).join('\n');
        reject(new Error(`waited ${boundMillis} ms for ${what}; the collector has:\n${seen}`));
      }, boundMillis);
      const check = (): void => {
        if (!condition()) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
    });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
