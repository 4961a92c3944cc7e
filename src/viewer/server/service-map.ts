/** Services and what they call: other services by the spans' parents, everything else by what the calling spans say. */
import type { OperationType, ServiceMap } from '../wire.ts';
import { statsOf } from './percentiles.ts';

type Kind = ServiceMap['services'][number]['kind'];

/** What the map reads of an operation. */
export interface MapOperation {
  readonly service: string;
  readonly type: OperationType;
  /** OTLP's number. */
  readonly kind: number;
}

/** What the map reads of a span. */
export interface MapSpan {
  /** Its place in the trace, by which children name it. */
  readonly seq: number;
  readonly operation: MapOperation;
  /** Absent where the trace does not hold it. */
  readonly parent?: { readonly seq: number; readonly operation: MapOperation } | undefined;
  /** Whom the span calls, by its attributes. */
  readonly peer?: string | undefined;
  readonly durationMillis: number;
  readonly failed: boolean;
}

const MINUTE = 60_000;
const LEAST_MINUTES = 1 / 60;
const CONSUMER = 5;
const PEER_KINDS: Readonly<Partial<Record<OperationType, Kind>>> = {
  ai: 'ai',
  database: 'database',
  d1: 'database',
  vectorize: 'database',
  r2: 'database',
  cache: 'cache',
  kv: 'cache',
  queue: 'queue',
};

class Groups<Key> {
  readonly #groups = new Map<string, { readonly key: Key; readonly durations: number[]; errors: number }>();
  add(text: string, key: Key, span: MapSpan): void {
    let group = this.#groups.get(text);
    if (group === undefined) {
      group = { key, durations: [], errors: 0 };
      this.#groups.set(text, group);
    }
    group.durations.push(span.durationMillis);
    if (span.failed) group.errors += 1;
  }
  rows(minutes: number) {
    return [...this.#groups.values()].map(({ key, durations, errors }) => ({
      ...key,
      ...statsOf(durations, errors),
      ratePerMinute: durations.length / minutes,
    }));
  }
}

class Drawing {
  readonly #services = new Groups<{ name: string; kind: Kind }>();
  readonly #calls = new Groups<{ from: string; to: string; type: OperationType }>();
  readonly #own = new Set<string>();

  #node(name: string, kind: Kind, span: MapSpan): void {
    this.#services.add(`${kind} ${name}`, { name, kind }, span);
  }

  #call(from: string, to: string, type: OperationType, span: MapSpan): void {
    this.#calls.add(`${type} ${from.length} ${from} ${to}`, { from, to, type }, span);
  }

  /** Spans whose callee sent spans itself: what they say of it would be a second node. */
  #entries(spans: readonly MapSpan[]): ReadonlySet<number> {
    const answered = new Set<number>();
    for (const span of spans) {
      const { operation, parent, peer } = span;
      const { service, type, kind } = operation;
      if (parent?.operation.service === service) continue;
      this.#own.add(service);
      this.#node(service, 'service', span);
      // A message goes through its queue, which both sides name.
      if (kind === CONSUMER && peer !== undefined) this.#call(peer, service, 'queue', span);
      else if (parent !== undefined) {
        answered.add(parent.seq);
        const { operation: caller } = parent;
        this.#call(caller.service, service, caller.type === 'internal' ? type : caller.type, span);
      }
    }
    return answered;
  }

  add(spans: readonly MapSpan[]): void {
    const answered = this.#entries(spans);
    for (const span of spans) {
      if (span.peer === undefined) continue;
      const { service, type, kind } = span.operation;
      const isSender = kind !== CONSUMER;
      if (isSender && type !== 'queue' && answered.has(span.seq)) continue;
      this.#node(span.peer, PEER_KINDS[type] ?? 'external', span);
      if (isSender) this.#call(service, span.peer, type, span);
    }
  }

  finish(durationMillis: number): ServiceMap {
    const minutes = Math.max(durationMillis / MINUTE, LEAST_MINUTES);
    return {
      services: this.#services
        .rows(minutes)
        .filter(({ kind, name }) => kind === 'service' || !this.#own.has(name))
        .sort((a, b) => a.name.localeCompare(b.name)),
      calls: this.#calls.rows(minutes).sort((a, b) => a.from.localeCompare(b.from) || a.to.localeCompare(b.to)),
    };
  }
}

/**
 * Draws the map. A call is a span of one service whose parent is another's, and takes as long as the callee's span. What
 * sends no spans itself is called by the spans that name it. A message goes from its sender to the queue, and from the
 * queue to who consumes it.
 *
 * @param traces spans of each trace, in any order
 * @param durationMillis from the first trace's start to the last one's: rates are reckoned over it
 * @returns services and calls, by name; a service's own numbers are those of the spans that entered it
 * @example
 * mapServices([], 0); // { services: [], calls: [] }
 */
export function mapServices(traces: Iterable<readonly MapSpan[]>, durationMillis: number): ServiceMap {
  const drawing = new Drawing();
  for (const spans of traces) drawing.add(spans);
  return drawing.finish(durationMillis);
}
