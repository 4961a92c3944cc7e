/** What an operation does, read from its kind and attributes at ingest; and what else of them has a column of its own. */
import { type OperationType, operationTypes } from '../wire.ts';

/** Reads one attribute as text: strings as they are, numbers and booleans in digits and words, the rest undefined. */
export type Lookup = (key: string) => string | undefined;

/** What is known of a span before its attributes are looked at. */
export interface Outline {
  readonly name: string;
  /** OTLP's number. */
  readonly kind: number;
}

/** OTLP's number of a span that answers a request. */
export const SERVER = 2;
/** OTLP's number of a span that sends one. */
export const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;
const CACHES = new Set(['redis', 'memcached', 'valkey', 'dragonfly', 'keydb']);
/** The names that the Workers helpers and other senders give to bindings. */
const BINDINGS: readonly (readonly [pattern: RegExp, type: OperationType])[] = [
  [/^(?:cloudflare-?)?d1$/u, 'd1'],
  [/^(?:cloudflare-?)?r2$/u, 'r2'],
  [/^(?:cloudflare-?)?(?:workers-?)?kv$/u, 'kv'],
  [/^(?:cloudflare-?)?vectorize$/u, 'vectorize'],
];

function bindingOf(text: string | undefined): OperationType | undefined {
  const plain = text?.toLowerCase().replaceAll(/[._ ]/gu, '-');
  return plain === undefined ? undefined : BINDINGS.find(([pattern]) => pattern.test(plain))?.[1];
}

const AI_KEYS = [
  'gen_ai.operation.name',
  'gen_ai.system',
  'gen_ai.provider.name',
  'gen_ai.request.model',
  'gen_ai.tool.name',
  'ai.operationId',
  'openinference.span.kind',
  'llm.model_name',
  'llm.request.model',
  'llm.vendor',
];

/**
 * Decides the operation type. The most particular sign wins: a call of a model over HTTP is `ai`, a query of D1 is `d1`.
 *
 * @param outline name and kind
 * @param read the span's attributes
 * @returns the type; `internal` when nothing says more
 * @example
 * operationTypeOf({ name: 'SELECT users', kind: 3 }, (key) => (key === 'db.system.name' ? 'postgresql' : undefined)); // 'database'
 */
export function operationTypeOf({ name, kind }: Outline, read: Lookup): OperationType {
  const named = read('operation.type') ?? read('throughline.operation.type');
  if (named !== undefined && (operationTypes as readonly string[]).includes(named)) return named as OperationType;
  if (AI_KEYS.some((key) => read(key) !== undefined)) return 'ai';
  const system = read('db.system.name') ?? read('db.system');
  const binding = bindingOf(system) ?? bindingOf(read('cloudflare.binding.type')) ?? bindingOf(read('rpc.system'));
  if (binding !== undefined) return binding;
  if (/^kv[._ ]/iu.test(name) || read('kv.operation') !== undefined) return 'kv';
  if (/^r2[._ ]/iu.test(name) || read('r2.operation') !== undefined) return 'r2';
  if (/^d1[._ ]/iu.test(name) || read('d1.operation') !== undefined) return 'd1';
  if (/^vectorize[._ ]/iu.test(name) || read('vectorize.operation') !== undefined) return 'vectorize';
  if (read('cache.hit') !== undefined || read('cache.operation') !== undefined || /^cache[._ ]/iu.test(name))
    return 'cache';
  if (system !== undefined) return CACHES.has(system.toLowerCase()) ? 'cache' : 'database';
  if (kind === PRODUCER || kind === CONSUMER || read('messaging.system') !== undefined) return 'queue';
  if (/^auth[._ ]/iu.test(name) || read('auth.operation') !== undefined || read('auth.type') !== undefined)
    return 'auth';
  const isHttp =
    read('http.request.method') !== undefined || read('http.method') !== undefined || read('http.route') !== undefined;
  return isHttp || (kind === SERVER && /^(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\b/u.test(name))
    ? 'http'
    : 'internal';
}

/**
 * Method and route of a request.
 *
 * @param outline name and kind
 * @param read the span's attributes
 * @returns as in `GET /api/products/[id]`; undefined for what is no request, or one whose route nobody knows
 * @example
 * routeOf({ name: 'GET', kind: 2 }, (key) => ({ 'http.route': '/', 'http.request.method': 'GET' })[key]); // 'GET /'
 */
export function routeOf({ name, kind }: Outline, read: Lookup): string | undefined {
  if (kind === CLIENT) return undefined;
  const route = read('http.route') ?? read('next.route');
  const method = read('http.request.method') ?? read('http.method');
  if (route !== undefined) return method === undefined ? route : `${method} ${route}`;
  return kind === SERVER && /^[A-Z]{3,7} \//u.test(name) ? name : undefined;
}

/**
 * Whether a name says no more than the method of a request.
 *
 * @param name of a span
 * @returns true for `GET`, false for `GET /`
 * @example
 * isBareMethod('GET'); // true
 */
export function isBareMethod(name: string): boolean {
  return /^[A-Z]{3,7}$/u.test(name);
}

/** Of an address, a path, or a path with a query; the query may hold what is nobody's business. */
function pathOf(address: string | undefined): string | undefined {
  return /^(?:[a-z][a-z\d+.-]*:\/\/[^/?#]*)?(\/[^?#]*)/iu.exec(address ?? '')?.[1];
}

/**
 * A name that says where a request goes, for one that is named only by its method, as the conventions name a request of a
 * client that knows no template.
 *
 * @param outline name and kind
 * @param read the span's attributes
 * @returns as in `POST /api/chat`; the name itself for every other span, and where no address is known
 * @example
 * titleOf({ name: 'POST', kind: 3 }, (key) => (key === 'url.full' ? 'https://shop.example/api/chat?q=1' : undefined)); // 'POST /api/chat'
 */
export function titleOf({ name, kind }: Outline, read: Lookup): string {
  if (kind !== CLIENT || !isBareMethod(name)) return name;
  const path =
    read('url.template') ?? pathOf(read('url.path') ?? read('url.full') ?? read('http.url') ?? read('http.target'));
  return path === undefined ? name : `${name} ${path}`;
}

/**
 * The status of an HTTP answer.
 *
 * @param read the span's attributes
 * @returns the number, or undefined
 * @example
 * httpStatusOf((key) => (key === 'http.response.status_code' ? '404' : undefined)); // 404
 */
export function httpStatusOf(read: Lookup): number | undefined {
  const text = read('http.response.status_code') ?? read('http.status_code');
  return text !== undefined && /^[1-9]\d\d$/u.test(text) ? Number(text) : undefined;
}

/**
 * Whom a client span calls.
 *
 * @param outline name and kind
 * @param type as `operationTypeOf` found it
 * @param read the span's attributes
 * @returns database, provider, queue or host; undefined for spans that call nobody or do not say whom
 * @example
 * peerOf({ name: 'SELECT', kind: 3 }, 'database', (key) => (key === 'db.system.name' ? 'postgresql' : undefined)); // 'postgresql'
 */
export function peerOf({ kind }: Outline, type: OperationType, read: Lookup): string | undefined {
  if (kind !== CLIENT && kind !== PRODUCER && kind !== CONSUMER) return undefined;
  const said = read('service.peer.name') ?? read('peer.service');
  if (said !== undefined) return said;
  if (type === 'ai')
    return read('gen_ai.provider.name') ?? read('gen_ai.system') ?? read('llm.vendor') ?? read('server.address');
  if (type === 'queue') return read('messaging.destination.name') ?? read('messaging.system');
  const system = read('db.system.name') ?? read('db.system');
  const namespace = read('db.namespace') ?? read('db.name');
  if (system !== undefined) return namespace === undefined ? system : `${system} ${namespace}`;
  return read('server.address') ?? read('net.peer.name') ?? (type === 'internal' || type === 'http' ? undefined : type);
}
