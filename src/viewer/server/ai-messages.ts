/**
 * Messages of a conversation out of whatever shape they were written in: the conventions' parts, OpenAI's, Anthropic's and
 * the AI SDK's. What is not understood is shown as it came: a message is never dropped for something missing in it.
 */
import type { JsonValue, Message, ToolCall } from '../wire.ts';
import { objectOf, parsed } from './ai-values.ts';

type Json = { readonly [key: string]: JsonValue };

/** A message while its parts are read. */
interface Draft {
  readonly texts: string[];
  readonly calls: ToolCall[];
  /** What tools answered, each a message of its own. */
  readonly answers: Message[];
}

function stringOf(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' ? String(value) : undefined;
}

function firstText(part: Json, ...keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const text = stringOf(part[key]);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** Any value as text to read; the AI SDK wraps results as `{ type, value }`. */
function shown(value: JsonValue | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  const wrapped = objectOf(value);
  if (wrapped !== undefined && typeof wrapped['type'] === 'string' && 'value' in wrapped)
    return shown(wrapped['value']);
  if (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((part) => stringOf(objectOf(part)?.['text']) !== undefined)
  ) {
    return value.map((part) => stringOf(objectOf(part)?.['text'])).join('\n\n');
  }
  return JSON.stringify(value);
}

/**
 * A tool call, as any of the conventions writes it.
 *
 * @param value `{ id, name, arguments }`, `{ id, function: { name, arguments } }`, `{ toolCallId, toolName, input }` ...
 * @returns the call; undefined when it has neither name nor id
 * @example
 * toolCallOf({ id: 'a', function: { name: 'search', arguments: '{"q":"tea"}' } }); // arguments: { q: 'tea' }
 */
export function toolCallOf(value: JsonValue | undefined): ToolCall | undefined {
  const call = objectOf(parsed(value));
  if (call === undefined) return undefined;
  const inner = objectOf(call['function']) ?? call;
  const name = firstText(inner, 'name', 'toolName', 'tool_name') ?? firstText(call, 'name');
  const id = firstText(call, 'id', 'toolCallId', 'tool_call_id', 'call_id');
  if (name === undefined && id === undefined) return undefined;
  const given = parsed(inner['arguments'] ?? inner['args'] ?? inner['input'] ?? call['arguments']);
  return {
    ...(id === undefined ? {} : { id }),
    name: name ?? '',
    ...(given === undefined ? {} : { arguments: given }),
  };
}

function answerOf(part: Json): Message {
  const id = firstText(part, 'id', 'toolCallId', 'tool_call_id', 'tool_use_id', 'call_id');
  const text = shown(part['response'] ?? part['result'] ?? part['output'] ?? part['content']);
  return { role: 'tool', ...(text === undefined ? {} : { text }), ...(id === undefined ? {} : { toolCallId: id }) };
}

function readPart(value: JsonValue, draft: Draft): void {
  if (typeof value === 'string') {
    if (value !== '') draft.texts.push(value);
    return;
  }
  const part = objectOf(value);
  if (part === undefined) {
    draft.texts.push(shown(value) ?? '');
    return;
  }
  const type = stringOf(part['type']) ?? 'text';
  if (/^tool[-_](?:call[-_]response|result)$|^function_call_output$/u.test(type)) {
    draft.answers.push(answerOf(part));
    return;
  }
  if (/^tool[-_](?:call|use)$|^function_call$/u.test(type)) {
    const call = toolCallOf(part);
    if (call !== undefined) draft.calls.push(call);
    return;
  }
  const text = firstText(part, 'content', 'text', 'refusal');
  if (/text$|^refusal$/u.test(type) && text !== undefined) draft.texts.push(text);
  else if (/^(?:reasoning|thinking)$/u.test(type))
    draft.texts.push(`[reasoning] ${text ?? shown(part['thinking']) ?? ''}`.trim());
  else draft.texts.push(text === undefined ? `[${type}]` : text);
}

/** What a part of a message is called, whoever writes it. */
const PART =
  /^(?:(?:in|out)put_)?(?:text|image|image_url|audio|video|file|document)$|^(?:tool|function)[-_]|^(?:refusal|reasoning|thinking)$/u;

/** Content that is a text may be a list of parts as JSON, or a tool's answer that happens to be one: that is shown as it is. */
function contentOf(value: JsonValue | undefined): readonly JsonValue[] {
  const parts = listOf(value);
  const areParts = parts.length > 0 && parts.every((part) => PART.test(stringOf(objectOf(part)?.['type']) ?? ''));
  return typeof value === 'string' && !areParts ? [value] : parts;
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined || value === null) return [];
  const read = parsed(value) ?? null;
  return Array.isArray(read) ? read : [value];
}

/**
 * The messages that one written message holds: itself, and one per tool answer in it.
 *
 * @param value a message object, or a text
 * @param role who speaks when the message does not say
 * @returns at least one message for anything but null
 * @example
 * messagesOf({ role: 'user', content: 'Hello' }, 'user'); // [{ role: 'user', text: 'Hello' }]
 */
export function messagesOf(value: JsonValue | undefined, role: string): readonly Message[] {
  if (value === undefined || value === null) return [];
  const message = objectOf(value);
  if (message === undefined) return [{ role, text: shown(value) ?? '' }];
  const nested = objectOf(parsed(message['message']));
  if (nested !== undefined) return messagesOf(nested, stringOf(message['role']) ?? role);
  if (message['role'] === undefined && /^(?:function_call|tool)/u.test(stringOf(message['type']) ?? '')) {
    return partsOf([message], role);
  }
  const speaker = stringOf(message['role']) ?? role;
  const draft: Draft = { texts: [], calls: [], answers: [] };
  const toolId = firstText(message, 'tool_call_id', 'toolCallId', 'id');
  for (const part of contentOf(message['parts'] ?? message['content'] ?? message['text'])) readPart(part, draft);
  for (const each of listOf(message['tool_calls'] ?? message['toolCalls'])) {
    const call = toolCallOf(each);
    if (call !== undefined) draft.calls.push(call);
  }
  return finish(draft, speaker, speaker === 'tool' ? toolId : undefined);
}

function finish(draft: Draft, role: string, toolCallId?: string): readonly Message[] {
  const { texts, calls, answers } = draft;
  if (answers.length > 0 && texts.length === 0 && calls.length === 0) return answers;
  const own: Message = {
    role,
    ...(texts.length === 0 ? {} : { text: texts.join('\n\n') }),
    ...(calls.length === 0 ? {} : { toolCalls: calls }),
    ...(toolCallId === undefined ? {} : { toolCallId }),
  };
  return [...answers, own];
}

/**
 * Parts that belong to one speaker.
 *
 * @param value a list of parts, a text, or either as JSON
 * @param role who speaks
 * @returns the messages; none for nothing
 * @example
 * partsOf([{ type: 'text', content: 'Be brief.' }], 'system');
 */
export function partsOf(value: JsonValue | undefined, role: string): readonly Message[] {
  const parts = listOf(value);
  if (parts.length === 0) return [];
  const draft: Draft = { texts: [], calls: [], answers: [] };
  for (const part of parts) readPart(part, draft);
  return finish(draft, role);
}

/**
 * A list of messages, or one, or a text; also as JSON.
 *
 * @param value as written
 * @param role who speaks where a message does not say
 * @returns every message, in order
 * @example
 * messageListOf('[{"role":"user","content":"Hello"}]', 'user');
 */
export function messageListOf(value: JsonValue | undefined, role: string): readonly Message[] {
  const read = parsed(value);
  if (Array.isArray(read)) return read.flatMap((each: JsonValue) => messagesOf(parsed(each), role));
  const asked = objectOf(read);
  if (asked !== undefined && (asked['messages'] !== undefined || asked['prompt'] !== undefined)) {
    // The AI SDK's `ai.prompt`: what the program gave, system and messages apart.
    return [
      ...messageListOf(asked['system'], 'system'),
      ...messageListOf(asked['prompt'], role),
      ...messageListOf(asked['messages'], role),
    ];
  }
  return messagesOf(read, role);
}
