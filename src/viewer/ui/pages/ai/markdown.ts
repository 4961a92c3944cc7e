/** A conversation as text, for an issue or another model. */
import type { Conversation, JsonValue, Message } from '../../../wire.ts';
import { dollars, duration, integer } from '../../units.ts';

export const jsonText = (value: JsonValue): string =>
  typeof value === 'string' ? value : JSON.stringify(value, undefined, 2);

/** A fence longer than any in the text, so that the text cannot end it. */
function fenced(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return `${fence}\n${text}\n${fence}`;
}

function messageText(message: Message): string {
  const calls = (message.toolCalls ?? []).map((call) =>
    [
      `Calls ${call.name}`,
      ...(call.arguments === undefined ? [] : [fenced(jsonText(call.arguments))]),
      ...(call.result === undefined ? [] : ['Result', fenced(jsonText(call.result))]),
    ].join('\n\n'),
  );
  const parts = [...(message.text === undefined ? [] : [fenced(message.text)]), ...calls];
  return [`**${message.role}**`, ...(parts.length === 0 ? ['(content not recorded)'] : parts)].join('\n\n');
}

export function asMarkdown(conversation: Conversation): string {
  const calls = conversation.calls.map((call) => {
    const facts = [
      call.model,
      duration(call.durationMillis),
      call.tokens === undefined
        ? undefined
        : `${integer(call.tokens.input)} tokens in, ${integer(call.tokens.output)} out`,
      call.costUnknown === true ? 'price unknown' : call.costUsd === undefined ? undefined : dollars(call.costUsd),
      call.error,
    ].filter((fact) => fact !== undefined);
    return [`## ${call.name}`, facts.join(', '), ...call.messages.map(messageText)].join('\n\n');
  });
  return `${calls.join('\n\n')}\n`;
}
