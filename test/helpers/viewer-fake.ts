/**
 * Stands in for the viewer's server where the page alone is tested: the wire's answers from memory, the built page under the
 * same rules for scripts and styles.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { extname, join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { operationTypes } from '../../src/viewer/wire.ts';
import type { OperationType, SpanDetail, TraceList, TraceRow, TraceSkeleton } from '../../src/viewer/wire.ts';

const START = Date.UTC(2026, 10, 21, 12, 0, 0);
export const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** One span of a fake trace; times in microseconds. */
export interface FakeSpan {
  readonly name: string;
  readonly type: OperationType;
  readonly parent: number;
  readonly start: number;
  readonly length: number;
  readonly error?: boolean;
  readonly service?: string;
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
export const traceIdOf = (number: number): string => hex(number, 32);
export const spanIdOf = (at: number): string => hex(at + 1, 16);

/** The columns of a trace, its spans given parents first, as the server would send them. */
export function fakeSkeleton(
  number: number,
  spans: readonly FakeSpan[],
  more: Partial<TraceSkeleton> = {},
): TraceSkeleton {
  const names = [...new Set(spans.map(({ name }) => name))];
  const services = [...new Set(spans.map(({ service }) => service ?? 'storefront'))];
  const nameIndex = new Map(names.map((name, index) => [name, index]));
  const depth: number[] = [];
  for (const { parent } of spans) depth.push(parent < 0 ? 0 : (depth[parent] ?? 0) + 1);
  const types: Partial<Record<OperationType, number>> = {};
  for (const { type } of spans) types[type] = (types[type] ?? 0) + 1;
  const row: TraceRow = {
    traceId: traceIdOf(number),
    name: spans[0]?.name ?? '',
    service: services[0] ?? '',
    services,
    startMillis: START + number * 1000,
    durationMillis: spans.reduce((most, { start, length }) => Math.max(most, start + length), 0) / 1000,
    spanCount: spans.length,
    errorCount: spans.filter(({ error }) => error).length,
    types,
    open: false,
  };
  return {
    row,
    version: 1,
    names,
    services,
    spans: {
      id: spans.map((_, at) => spanIdOf(at)),
      parent: spans.map(({ parent }) => parent),
      depth,
      name: spans.map(({ name }) => nameIndex.get(name) ?? 0),
      service: spans.map(({ service }) => services.indexOf(service ?? 'storefront')),
      type: spans.map(({ type }) => operationTypes.indexOf(type)),
      kind: spans.map(() => 1),
      status: spans.map(({ error }) => (error ? 2 : 0)),
      startMicros: spans.map(({ start }) => start),
      durationMicros: spans.map(({ length }) => length),
    },
    events: {},
    links: {},
    tokens: {},
    costUsd: {},
    warnings: [],
    ...more,
  };
}

function detailOf(skeleton: TraceSkeleton, at: number): SpanDetail {
  const { spans, names, services, row } = skeleton;
  const name = names[spans.name[at] ?? 0] ?? '';
  return {
    traceId: row.traceId,
    spanId: spans.id[at] ?? '',
    name,
    service: services[spans.service[at] ?? 0] ?? '',
    kind: 'internal',
    type: operationTypes[spans.type[at] ?? 0] ?? 'internal',
    status: spans.status[at] === 2 ? 'error' : 'unset',
    ...(spans.status[at] === 2 ? { statusMessage: 'It did not work' } : {}),
    startMillis: row.startMillis + (spans.startMicros[at] ?? 0) / 1000,
    durationMillis: (spans.durationMicros[at] ?? 0) / 1000,
    scope: { name: 'fake', version: '1.0.0', attributes: [] },
    resource: [{ key: 'service.name', type: 'string', value: 'storefront' }],
    attributes: [
      { key: 'code.function.name', type: 'string', value: name },
      { key: 'app.items', type: 'int', value: 42 },
    ],
    events:
      spans.status[at] === 2
        ? [
            {
              name: 'exception',
              timeMillis: row.startMillis,
              attributes: [
                { key: 'exception.type', type: 'string', value: 'TypeError' },
                { key: 'exception.message', type: 'string', value: 'no such tent' },
                {
                  key: 'exception.stacktrace',
                  type: 'string',
                  value: 'TypeError: no such tent\n    at find (shop.ts:12:3)',
                },
              ],
            },
          ]
        : [],
    links: [],
    linkedFrom: [],
    logs: [],
    dropped: { attributes: 0, events: 0, links: 0 },
    usual: { count: 240, errors: 2, p50Millis: 12, p95Millis: 48, p99Millis: 120 },
  };
}

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
const typeOf = (file: string): string => types[extname(file)] ?? 'text/html; charset=utf-8';

export interface FakeViewer {
  readonly url: string;
  /** Every question asked so far, path and query. */
  readonly asked: string[];
  close(): Promise<void>;
}

function listOf(rows: readonly TraceRow[]): TraceList {
  const count = (values: readonly string[]): [string, number][] =>
    [...new Set(values)].map((value) => [value, values.filter((other) => other === value).length]);
  return {
    traces: rows,
    total: rows.length,
    facets: {
      type: count(rows.flatMap((row) => Object.keys(row.types))),
      service: count(rows.flatMap((row) => row.services)),
      route: count(rows.flatMap((row) => row.route ?? [])),
      status: count(rows.map((row) => (row.errorCount > 0 ? 'error' : 'ok'))),
    },
  };
}

/** Starts the stand-in on a free port. */
export async function startFakeViewer(folder: string, skeletons: readonly TraceSkeleton[]): Promise<FakeViewer> {
  const asked: string[] = [];
  const rows = skeletons.map(({ row }) => row).toReversed();
  const answer = (url: URL): unknown => {
    const [what, id, part, spanId] = url.pathname.slice('/api/viewer/'.length).split('/');
    if (what === 'session') return { role: 'admin', version: '0', otlpUrl: 'http://127.0.0.1:4318', canDelete: true };
    if (what === 'scatter') {
      return {
        traceIds: rows.map(({ traceId }) => traceId),
        startMillis: rows.map(({ startMillis }) => startMillis),
        durationMillis: rows.map(({ durationMillis }) => durationMillis),
        errors: rows.map(({ errorCount }) => (errorCount > 0 ? 1 : 0)),
        types: rows.map(() => 'http'),
      };
    }
    if (what !== 'traces') return undefined;
    if (id === undefined) {
      const wanted = url.searchParams.getAll('status');
      return listOf(rows.filter((row) => wanted.length === 0 || wanted.includes(row.errorCount > 0 ? 'error' : 'ok')));
    }
    const skeleton = skeletons.find(({ row }) => row.traceId === id);
    if (skeleton === undefined) return undefined;
    if (part === 'spans') return detailOf(skeleton, skeleton.spans.id.indexOf(spanId ?? ''));
    if (part === 'logs') return { logs: [], total: 0, refused: 0 };
    return skeleton;
  };
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const isApi = url.pathname.startsWith('/api/');
    if (isApi) asked.push(url.pathname + url.search);
    if (url.pathname === '/api/viewer/live') {
      response
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .write('data: {"kind":"hello","version":"0"}\n\n');
      return;
    }
    if (isApi) {
      const body = answer(url);
      response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body ?? { error: 'There is no such thing.' }));
      return;
    }
    const file = url.pathname.startsWith('/assets/') ? url.pathname : '/index.html';
    readFile(join(folder, file)).then(
      (body) => response.writeHead(200, { 'content-type': typeOf(file), 'content-security-policy': CSP }).end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
