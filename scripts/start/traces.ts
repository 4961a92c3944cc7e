import { Fault } from '../launch/fault.mjs';
import { isFree, portFrom, takenSentence, takesOtlp } from './ports.ts';
import type { Environment } from '../launch/environment.mjs';

/** Where the traces of this run go. */
export type TracePlan =
  | { readonly kind: 'viewer'; readonly otlpPort: number; readonly queryPort: number }
  | { readonly kind: 'running'; readonly otlpPort: number; readonly queryPort: number }
  | { readonly kind: 'elsewhere'; readonly endpoint: string };

const local = new Set(['localhost', '127.0.0.1', '[::1]']);

function isLocal(endpoint: string, port: number): boolean {
  const url = URL.parse(endpoint);
  return url !== null && local.has(url.hostname) && url.port === String(port);
}

/**
 * Decides it before anything is started: to the endpoint that the environment names; to what already takes OTLP on our
 * port (a running Jaeger, say); else to our own viewer, whose ports must be free.
 *
 * @throws {Fault} naming the port that is taken and what to do
 */
export async function planTraces(env: Environment): Promise<TracePlan> {
  const otlpPort = portFrom(env, 'THROUGHLINE_OTLP_PORT', 4318);
  const queryPort = portFrom(env, 'THROUGHLINE_VIEWER_PORT', 16_686);
  const endpoint = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  if (endpoint && !isLocal(endpoint, otlpPort)) return { kind: 'elsewhere', endpoint };
  if (!(await isFree(otlpPort))) {
    if (await takesOtlp(otlpPort)) return { kind: 'running', otlpPort, queryPort };
    throw new Fault(takenSentence(otlpPort, 'the trace receiver', 'THROUGHLINE_OTLP_PORT'));
  }
  if (!(await isFree(queryPort))) {
    throw new Fault(takenSentence(queryPort, 'the trace viewer', 'THROUGHLINE_VIEWER_PORT'));
  }
  return { kind: 'viewer', otlpPort, queryPort };
}
