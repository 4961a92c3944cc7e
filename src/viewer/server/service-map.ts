/** Services and what they call: other services by the spans' parents, everything else by what the calling spans say. */
import type { OperationType, ServiceMap } from '../wire.ts';
import { statsOf } from './percentiles.ts';

type Kind = ServiceMap['services'][number]['kind'];

/** What the map reads of a span. */
export interface MapSpan {
  readonly spanId: string;
  /** `''` for a root. */
  readonly parentId: string;
  readonly service: string;
  readonly type: OperationType;
  /** OTLP's number. */
  readonly kind: number;
  /** Whom the span calls, by its attributes. */
  readonly peer?: string | undefined;
  readonly startMillis: number;
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
  #first = Infinity;
  #last = 0;

  #node(name: string, kind: Kind, span: MapSpan): void {
    this.#services.add(`${kind} ${name}`, { name, kind }, span);
  }

  #call(from: string, to: string, type: OperationType, span: MapSpan): void {
    this.#calls.add(JSON.stringify([from, to, type]), { from, to, type }, span);
  }

  /** Spans whose callee sent spans itself: what they say of it would be a second node. */
  #entries(spans: readonly MapSpan[]): ReadonlySet<string> {
    const places = new Map(spans.map((span) => [span.spanId, span]));
    const answered = new Set<string>();
    for (const span of spans) {
      const parent = places.get(span.parentId);
      this.#own.add(span.service);
      this.#first = Math.min(this.#first, span.startMillis);
      this.#last = Math.max(this.#last, span.startMillis);
      if (parent?.service === span.service) continue;
      this.#node(span.service, 'service', span);
      // A message goes through its queue, which both sides name.
      if (span.kind === CONSUMER && span.peer !== undefined) this.#call(span.peer, span.service, 'queue', span);
      else if (parent !== undefined) {
        answered.add(parent.spanId);
        this.#call(parent.service, span.service, parent.type === 'internal' ? span.type : parent.type, span);
      }
    }
    return answered;
  }

  add(spans: readonly MapSpan[]): void {
    const answered = this.#entries(spans);
    for (const span of spans) {
      if (span.peer === undefined) continue;
      const isSender = span.kind !== CONSUMER;
      if (isSender && span.type !== 'queue' && answered.has(span.spanId)) continue;
      this.#node(span.peer, PEER_KINDS[span.type] ?? 'external', span);
      if (isSender) this.#call(span.service, span.peer, span.type, span);
    }
  }

  finish(): ServiceMap {
    const minutes = Math.max((this.#last - this.#first) / MINUTE, LEAST_MINUTES);
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
 * @returns services and calls, by name; a service's own numbers are those of the spans that entered it
 * @example
 * mapServices([]); // { services: [], calls: [] }
 */
export function mapServices(traces: Iterable<readonly MapSpan[]>): ServiceMap {
  const drawing = new Drawing();
  for (const spans of traces) drawing.add(spans);
  return drawing.finish();
}
