/** Decides which traces are sampled, and counts the decisions. */
import { type Attributes, SpanKind } from '@opentelemetry/api';
import {
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  type SamplingResult,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import type { ResolvedConfig } from '../config.ts';
import { sayOnce } from '../guard.ts';
import type { TracingCounters } from '../runtime.ts';
import { ATTR } from '../semconv/names.ts';
import { splitUrl } from '../semconv/url.ts';
import { RouteRules } from './route-rules.ts';

type Question = Parameters<Sampler['shouldSample']>;

function textOf(attributes: Attributes, name: string): string | undefined {
  const value = attributes[name];
  return typeof value === 'string' ? value : undefined;
}

/** The ratio of the request's route where there is a rule for it, else what would have been asked. */
class RouteSampler implements Sampler {
  readonly #rules: RouteRules;
  readonly #otherwise: Sampler;
  readonly #samplers: ReadonlyMap<number, Sampler>;

  constructor(routes: Readonly<Record<string, number>>, otherwise: Sampler) {
    this.#rules = new RouteRules(routes);
    this.#otherwise = otherwise;
    this.#samplers = new Map(Object.values(routes).map((ratio) => [ratio, new TraceIdRatioBasedSampler(ratio)]));
  }

  shouldSample(...question: Question): SamplingResult {
    const [, , , kind, attributes] = question;
    const ratio = kind === SpanKind.SERVER ? this.#ratioOf(attributes) : undefined;
    const sampler = ratio === undefined ? undefined : this.#samplers.get(ratio);
    return (sampler ?? this.#otherwise).shouldSample(...question);
  }

  /** The route is known at the start where the build's manifests say it; the path always is. */
  #ratioOf(attributes: Attributes): number | undefined {
    const target = textOf(attributes, 'http.target'); // on Next's own server span, which has nothing newer
    const path = textOf(attributes, ATTR.URL_PATH) ?? (target === undefined ? undefined : splitUrl(target).path);
    return this.#rules.ratioFor(textOf(attributes, ATTR.HTTP_ROUTE), path);
  }

  toString(): string {
    return `RouteSampler{${this.#otherwise.toString()}}`;
  }
}

/**
 * A call of an instrumented client. Its span is recorded though nobody will see it: who gets trace context and baggage
 * depends on the host, and the propagator reads that from the span (`propagation/target.ts`).
 */
function isHttpCall([, , , kind, attributes]: Question): boolean {
  return kind === SpanKind.CLIENT && ATTR.HTTP_METHOD in attributes && ATTR.SERVER_ADDRESS in attributes;
}

class CountingSampler implements Sampler {
  readonly #inner: Sampler;
  readonly #counters: TracingCounters;
  readonly #recordsAll: boolean;

  constructor(inner: Sampler, counters: TracingCounters, recordsAll: boolean) {
    this.#inner = inner;
    this.#counters = counters;
    this.#recordsAll = recordsAll;
  }

  shouldSample(...question: Question): SamplingResult {
    let answer: SamplingResult;
    try {
      answer = this.#inner.shouldSample(...question);
      if (typeof answer.decision !== 'number') throw new TypeError('a sampling result has a decision');
    } catch (error) {
      sayOnce('error', 'the sampler threw; this span is not recorded', error);
      answer = { decision: SamplingDecision.NOT_RECORD };
    }
    if (answer.decision === SamplingDecision.RECORD_AND_SAMPLED) {
      this.#counters.sampled += 1;
      return answer;
    }
    this.#counters.unsampled += 1;
    const isRecorded = this.#recordsAll || isHttpCall(question);
    return isRecorded ? { ...answer, decision: SamplingDecision.RECORD } : answer;
  }

  toString(): string {
    return this.#inner.toString();
  }
}

/**
 * The sampler of the process: the parent's decision first, then the rule of the route, then the user's own sampler or the
 * ratio. Where traces are kept for how they end, what is not sampled is recorded all the same: it leaves this process as
 * not sampled (`traceparent` ends in `00`), and the tail stage decides what becomes of it here.
 *
 * @param config the resolved configuration
 * @param counters where decisions are counted
 * @param custom decides for traces that begin here, in place of the ratio
 * @returns a sampler that never throws
 */
export function createSampler(config: ResolvedConfig, counters: TracingCounters, custom?: Sampler): Sampler {
  const { ratio, routes, parentBased } = config.sampling;
  const plain = custom ?? new TraceIdRatioBasedSampler(ratio);
  const root = Object.keys(routes).length === 0 ? plain : new RouteSampler(routes, plain);
  return new CountingSampler(
    parentBased ? new ParentBasedSampler({ root }) : root,
    counters,
    config.keep !== undefined,
  );
}
