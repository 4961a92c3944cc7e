/** Decides which traces are kept, and counts the decisions. */
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

class CountingSampler implements Sampler {
  readonly #inner: Sampler;
  readonly #counters: TracingCounters;

  constructor(inner: Sampler, counters: TracingCounters) {
    this.#inner = inner;
    this.#counters = counters;
  }

  shouldSample(...question: Parameters<Sampler['shouldSample']>): SamplingResult {
    let answer: SamplingResult;
    try {
      answer = this.#inner.shouldSample(...question);
      if (typeof answer.decision !== 'number') throw new TypeError('a sampling result has a decision');
    } catch (error) {
      sayOnce('error', 'the sampler threw; this span is not recorded', error);
      answer = { decision: SamplingDecision.NOT_RECORD };
    }
    if (answer.decision === SamplingDecision.RECORD_AND_SAMPLED) this.#counters.sampled += 1;
    else this.#counters.unsampled += 1;
    return answer;
  }

  toString(): string {
    return this.#inner.toString();
  }
}

/**
 * The sampler of the process: the parent's decision first, then the user's own sampler or the ratio.
 *
 * @param config the resolved configuration
 * @param counters where decisions are counted
 * @param custom decides for traces that begin here, in place of the ratio
 * @returns a sampler that never throws
 */
export function createSampler(config: ResolvedConfig, counters: TracingCounters, custom?: Sampler): Sampler {
  const root = custom ?? new TraceIdRatioBasedSampler(config.sampling.ratio);
  return new CountingSampler(config.sampling.parentBased ? new ParentBasedSampler({ root }) : root, counters);
}
