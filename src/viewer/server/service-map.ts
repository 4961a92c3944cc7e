/** Services and what they call: other services by the spans' parents, everything else by what the calling spans say. */
import type { OperationType, ServiceMap } from '../wire.ts';
import { providerOf } from './ai-usage.ts';
import { textAt, type Values, valuesOf } from './ai-values.ts';
import { statsOf } from './percentiles.ts';
import { durationNano, kindName, serviceName, type Span, statusName } from './span.ts';

type Kind = ServiceMap['services'][number]['kind'];
interface Group {
  readonly durations: number[];
  errors: number;
}
interface Peer {
  readonly name: string;
  readonly kind: Kind;
}
interface Place {
  readonly service: string;
  readonly type: OperationType;
}

const MINUTE = 60_000;
const LEAST_MINUTES = 1 / 60;
const MILLI_NANOS = 1e6;
const CACHES = /^(?:redis|memcached|valkey|aws\.elasticache)/u;
const CACHE_TYPES: readonly OperationType[] = ['cache', 'kv'];

function hostOf(values: Values): string | undefined {
  const address = textAt(values, 'server.address', 'net.peer.name', 'http.host');
  if (address !== undefined) return address;
  const url = textAt(values, 'url.full', 'http.url');
  return url !== undefined && URL.canParse(url) ? new URL(url).host : undefined;
}

/**
 * What a calling span calls, when it is none of the services that send spans.
 *
 * @param span a span of kind client or producer, or one that says which database, model or queue it uses
 * @param type the span's operation type
 * @returns its name and kind; undefined when the span does not say
 * @example
 * peerOf(span, 'internal'); // undefined
 */
export function peerOf(span: Span, type: OperationType): Peer | undefined {
  const values = valuesOf(span.attributes);
  const database = textAt(values, 'db.system.name', 'db.system');
  if (database !== undefined) {
    const place = textAt(values, 'db.namespace', 'db.name');
    const name = place === undefined ? database : `${database} ${place}`;
    return { name, kind: CACHES.test(database) || CACHE_TYPES.includes(type) ? 'cache' : 'database' };
  }
  const kind = kindName(span);
  if (type === 'ai') {
    const provider = providerOf(values);
    return provider === undefined || kind !== 'client' ? undefined : { name: provider, kind: 'ai' };
  }
  const system = textAt(values, 'messaging.system.name', 'messaging.system');
  if (system !== undefined) {
    const destination = textAt(values, 'messaging.destination.name');
    return { name: destination === undefined ? system : `${system} ${destination}`, kind: 'queue' };
  }
  if (kind !== 'client' && kind !== 'producer') return undefined;
  const host = textAt(values, 'service.peer.name', 'peer.service') ?? hostOf(values);
  return host === undefined ? undefined : { name: host, kind: CACHE_TYPES.includes(type) ? 'cache' : 'external' };
}

class Groups {
  readonly #groups = new Map<string, Group>();
  add(key: readonly string[], span: Span): void {
    const text = JSON.stringify(key);
    const group = this.#groups.get(text) ?? { durations: [], errors: 0 };
    group.durations.push(Number(durationNano(span)) / MILLI_NANOS);
    if (statusName(span) === 'error') group.errors += 1;
    this.#groups.set(text, group);
  }
  rows(minutes: number) {
    return [...this.#groups].map(([text, { durations, errors }]) => ({
      key: JSON.parse(text) as string[],
      ...statsOf(durations, errors),
      ratePerMinute: durations.length / minutes,
    }));
  }
}

/**
 * Draws the map. A call is a span of one service whose parent is another's; its time is the callee's. A consumed message
 * whose span has the sender's as parent or link goes from the queue to the consumer.
 *
 * @param traces spans of each trace, with the operation type of each span
 * @returns services and calls, by name; a service's own numbers are those of its entries (spans without a parent in it)
 * @example
 * mapServices([]); // { services: [], calls: [] }
 */
export function mapServices(traces: Iterable<readonly (readonly [span: Span, type: OperationType])[]>): ServiceMap {
  const services = new Groups();
  const calls = new Groups();
  const own = new Set<string>();
  let [first, last] = [Infinity, 0];
  for (const spans of traces) {
    const places = new Map<string, Place>();
    for (const [span, type] of spans) places.set(span.spanId, { service: serviceName(span), type });
    /** Spans whose callee sent spans itself: what they say of it would be a second node. */
    const answered = new Set<string>();
    for (const [span, type] of spans) {
      const service = serviceName(span);
      const parent = places.get(span.parentSpanId);
      own.add(service);
      const start = Number(span.startTimeUnixNano) / MILLI_NANOS;
      [first, last] = [Math.min(first, start), Math.max(last, start)];
      if (parent?.service === service) continue;
      services.add(['service', service], span);
      const queue = kindName(span) === 'consumer' ? peerOf(span, type) : undefined;
      if (queue !== undefined) calls.add([queue.kind, queue.name, service, 'queue'], span);
      else if (parent !== undefined) {
        answered.add(span.parentSpanId);
        calls.add(['service', parent.service, service, parent.type === 'internal' ? type : parent.type], span);
      }
    }
    for (const [span, type] of spans) {
      const kind = kindName(span);
      if (kind === 'consumer' || kind === 'server' || answered.has(span.spanId)) continue;
      const peer = peerOf(span, type);
      if (peer === undefined) continue;
      services.add([peer.kind, peer.name], span);
      calls.add(['', serviceName(span), peer.name, type], span);
    }
  }
  const minutes = Math.max((last - first) / MINUTE, LEAST_MINUTES);
  return {
    services: services
      .rows(minutes)
      .filter(({ key: [kind, name] }) => kind === 'service' || !own.has(name ?? ''))
      .map(({ key: [kind = 'external', name = ''], ...stats }) => ({ name, kind: kind as Kind, ...stats }))
      .sort((a, b) => a.name.localeCompare(b.name)),
    calls: calls
      .rows(minutes)
      .map(({ key: [, from = '', to = '', type = 'internal'], ...stats }) => ({
        from,
        to,
        type: type as OperationType,
        ...stats,
      }))
      .sort((a, b) => a.from.localeCompare(b.from) || a.to.localeCompare(b.to)),
  };
}
