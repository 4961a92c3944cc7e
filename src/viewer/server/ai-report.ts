/** What models were asked, by model, route, user, thread or trace: calls, failures, tokens, cost and time. */
import type { AiCall, AiReport } from '../wire.ts';
import { addTokens } from './conversation.ts';
import { percentile } from './percentiles.ts';
import { PRICES_OF } from './prices.ts';

/** A call, and the route of the request it was made in. */
export interface RoutedCall {
  readonly call: AiCall;
  readonly route?: string | undefined;
}

const MAX_RECENT = 100;
/** These have no tokens: their calls of models stand in the report themselves. */
const NOT_A_MODEL = ['execute_tool', 'invoke_agent', 'invoke_workflow', 'create_agent', 'retrieval'];

function keyOf({ call, route }: RoutedCall, by: AiReport['by']): string {
  const keys = { model: call.model, route, user: call.user, thread: call.thread, trace: call.traceId };
  return keys[by] ?? '';
}

function sorted(values: readonly (number | undefined)[]): Float64Array {
  return Float64Array.from(values.filter((value) => value !== undefined)).sort();
}

function rowOf(key: string, calls: readonly AiCall[]): AiReport['rows'][number] {
  const durations = sorted(calls.map((call) => call.durationMillis));
  const firsts = sorted(calls.map((call) => call.timeToFirstTokenMillis));
  const last = calls.reduce((latest, call) => (call.startMillis > latest.startMillis ? call : latest));
  return {
    key,
    calls: calls.length,
    errors: calls.filter((call) => call.error !== undefined).length,
    tokens: addTokens(calls.map((call) => call.tokens)),
    costUsd: calls.reduce((sum, call) => sum + (call.costUsd ?? 0), 0),
    unpriced: calls.filter((call) => call.costUnknown === true).length,
    p50Millis: percentile(durations, 0.5),
    p95Millis: percentile(durations, 0.95),
    ...(firsts.length === 0 ? {} : { p50FirstTokenMillis: percentile(firsts, 0.5) }),
    lastTraceId: last.traceId,
  };
}

/**
 * Sums calls up.
 *
 * @param calls in any order; agents, tools and searches among them are left out
 * @param by what a row stands for
 * @returns rows by cost, then by tokens, dearest first, and the latest 100 calls
 * @example
 * reportAi([], 'model').rows; // []
 */
export function reportAi(calls: Iterable<RoutedCall>, by: AiReport['by']): AiReport {
  const groups = new Map<string, AiCall[]>();
  const all: AiCall[] = [];
  for (const routed of calls) {
    if (NOT_A_MODEL.includes(routed.call.operation)) continue;
    const key = keyOf(routed, by);
    const group = groups.get(key) ?? [];
    group.push(routed.call);
    groups.set(key, group);
    all.push(routed.call);
  }
  const rows = [...groups].map(([key, group]) => rowOf(key, group));
  const size = (row: AiReport['rows'][number]): number => row.tokens.input + row.tokens.output;
  return {
    by,
    rows: rows.sort((a, b) => b.costUsd - a.costUsd || size(b) - size(a) || b.calls - a.calls),
    recent: all
      .sort((a, b) => b.startMillis - a.startMillis)
      .slice(0, MAX_RECENT)
      .map(({ messages: _messages, documents: _documents, ...call }) => call),
    pricesOf: PRICES_OF,
  };
}
