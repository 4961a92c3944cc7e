/** Calls of a model as one conversation: in their order, each with what is new in it. */
import type { AiCall, Conversation, Message, TokenUsage } from '../wire.ts';

/**
 * Adds up tokens. Counts of parts are there when any of the sums has them.
 *
 * @param usages what each call used; calls that did not say are left out
 * @returns the sum
 * @example
 * addTokens([{ input: 1, output: 2 }, { input: 3, output: 4, cachedInput: 2 }]); // { input: 4, output: 6, cachedInput: 2 }
 */
export function addTokens(usages: readonly (TokenUsage | undefined)[]): TokenUsage {
  const sum: { input: number; output: number; cachedInput?: number; reasoning?: number } = { input: 0, output: 0 };
  for (const usage of usages) {
    if (usage === undefined) continue;
    sum.input += usage.input;
    sum.output += usage.output;
    if (usage.cachedInput !== undefined) sum.cachedInput = (sum.cachedInput ?? 0) + usage.cachedInput;
    if (usage.reasoning !== undefined) sum.reasoning = (sum.reasoning ?? 0) + usage.reasoning;
  }
  return sum;
}

/** Ids of tool calls differ between what was answered and what is sent back, and so does the way arguments are written. */
function fingerprint(message: Message): string {
  const calls = (message.toolCalls ?? []).map(({ name, arguments: given }) => [name, given ?? null]);
  return JSON.stringify([message.role, message.text?.trim() ?? '', calls]);
}

/** How many messages at the start of `now` are, one by one, those at the start of `before`. */
function commonStart(before: readonly string[], now: readonly string[]): number {
  let same = 0;
  while (same < before.length && same < now.length && before[same] === now[same]) same += 1;
  return same;
}

/**
 * Puts calls together. A call that sends the history again shows only what comes after it: its messages are compared, from
 * the first on, with those of the earlier calls of its thread (of the trace, when it names none), the longest match counts.
 *
 * @param calls in any order, with all their messages
 * @returns calls by start, tokens and cost; agents and tools have no tokens of their own
 * @example
 * conversationOf([]).calls; // []
 */
export function conversationOf(calls: readonly AiCall[]): Conversation {
  const ordered = [...calls].sort((a, b) => a.startMillis - b.startMillis || a.spanId.localeCompare(b.spanId));
  const shown = new Map<string, (readonly string[])[]>();
  const fresh = ordered.map((call): AiCall => {
    const thread = call.thread ?? `trace ${call.traceId}`;
    const histories = shown.get(thread) ?? [];
    const prints = call.messages.map(fingerprint);
    // A tool's or an agent's span tells its part once more by nature; only calls of a model carry a history.
    if (call.operation === 'execute_tool') return call;
    const known = Math.max(0, ...histories.map((history) => commonStart(history, prints)));
    shown.set(thread, [...histories.filter((history) => commonStart(history, prints) < history.length), prints]);
    return known === 0 ? call : { ...call, messages: call.messages.slice(known) };
  });
  return {
    calls: fresh,
    tokens: addTokens(ordered.map((call) => call.tokens)),
    costUsd: ordered.reduce((sum, call) => sum + (call.costUsd ?? 0), 0),
    unpriced: ordered.filter((call) => call.costUnknown === true).length,
  };
}
