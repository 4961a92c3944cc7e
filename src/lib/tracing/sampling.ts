/** Which traces leave: by the ratio, by their route, and by how they ended. The part of the configuration that says it. */
import type { EnvironmentReader } from './environment.ts';
import type { ConfigOptions } from './options.ts';

/** Decides when a trace begins. */
export interface ResolvedSampling {
  /** Share of the traces that begin here, from 0 to 1. */
  readonly ratio: number;
  /** The same for single routes: a template such as `/api/health`, or `/api/orders/*` for all that is below. */
  readonly routes: Readonly<Record<string, number>>;
  /** Whether the decision of a caller comes first. */
  readonly parentBased: boolean;
}

/** Decides when a trace has ended, of those that were not sampled. */
export interface ResolvedKeep {
  /** Keeps traces with a span that failed. */
  readonly errors: boolean;
  /** Keeps traces whose root took longer than this; `Infinity` keeps none for its time. */
  readonly slowerThanMillis: number;
  /** Spans that wait for a decision, at the most. */
  readonly maxSpans: number;
  /** Their estimated size in bytes, at the most. */
  readonly maxBytes: number;
  /** The longest that a trace waits for the end of its root. */
  readonly maxAgeMillis: number;
}

const SAMPLERS = [
  'parentbased_traceidratio',
  'traceidratio',
  'parentbased_always_on',
  'always_on',
  'parentbased_always_off',
  'always_off',
] as const;

/**
 * Resolves the sampling.
 *
 * @param options what was written in code
 * @param env the variables
 * @returns ratio and rules; what was written in code wins
 */
export function resolveSampling(options: ConfigOptions, env: EnvironmentReader): ResolvedSampling {
  const bounds = { min: 0, max: 1, integer: false };
  const sampler = env.choice(SAMPLERS, 'OTEL_TRACES_SAMPLER');
  const resolved = (ratio: number): ResolvedSampling => ({
    ratio,
    routes: options.sampling?.routes ?? {},
    parentBased: sampler === undefined || sampler.startsWith('parentbased_'),
  });
  if (options.sampling?.ratio !== undefined) return resolved(options.sampling.ratio);
  if (sampler?.endsWith('always_on')) return resolved(1);
  if (sampler?.endsWith('always_off')) return resolved(0);
  return resolved(env.number(bounds, 'OTEL_TRACES_SAMPLER_ARG') ?? env.number(bounds, 'OTEL_SAMPLING_RATE') ?? 1);
}

/**
 * Resolves what is kept of the traces that were not sampled.
 *
 * @param options what was written in code
 * @returns conditions and bounds; `undefined` when nothing is kept
 */
export function resolveKeep({ keep }: ConfigOptions): ResolvedKeep | undefined {
  if (keep === undefined) return undefined;
  return {
    errors: keep.errors ?? false,
    slowerThanMillis: keep.slowerThanMillis ?? Infinity,
    maxSpans: keep.maxSpans ?? 10_000,
    maxBytes: keep.maxBytes ?? 32 * 1024 * 1024,
    maxAgeMillis: keep.maxAgeMillis ?? 60_000,
  };
}
