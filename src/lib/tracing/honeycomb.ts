/** Honeycomb's variables, as the gateway's document sets them. */
import type { EnvironmentReader } from './environment.ts';

/**
 * Where traces go when nothing else says so.
 *
 * @param env the variables
 * @returns Honeycomb's address where there is a key for it, else this machine
 */
export function defaultEndpoint(env: EnvironmentReader): string {
  return env.text('HONEYCOMB_API_KEY') === undefined ? 'http://localhost:4318' : 'https://api.honeycomb.io';
}

/**
 * The headers that Honeycomb wants. A key is a credential: it goes to Honeycomb's own hosts, and to the address that the
 * document puts beside it (`OTEL_EXPORTER_URL`), never to a collector that another variable or option names.
 *
 * @param env the variables
 * @param tracesUrl where batches go
 * @param isBeside whether `OTEL_EXPORTER_URL` named it
 * @returns the headers; empty without a key
 */
export function honeycombHeaders(env: EnvironmentReader, tracesUrl: string, isBeside: boolean): Record<string, string> {
  const key = env.text('HONEYCOMB_API_KEY');
  const dataset = env.text('HONEYCOMB_DATASET');
  const isTheirs = /(?:^|\.)honeycomb\.io$/.test(new URL(tracesUrl).hostname);
  if (key === undefined || !(isTheirs || isBeside)) return {};
  return { 'x-honeycomb-team': key, ...(dataset === undefined ? {} : { 'x-honeycomb-dataset': dataset }) };
}
