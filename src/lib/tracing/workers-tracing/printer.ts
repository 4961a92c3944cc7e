/** Prints spans in place of the viewer, while a Worker is developed. */
import type { OtlpRequest } from './otlp.ts';

/**
 * Prints each span as one line of JSON.
 *
 * @param request what is sent to the collector
 */
export function printSpans(request: OtlpRequest): void {
  for (const { scopeSpans } of request.resourceSpans) {
    for (const span of scopeSpans.flatMap(({ spans }) => spans)) console.log(JSON.stringify(span));
  }
}
