/** OpenInference writes lists as one attribute per leaf: `llm.input_messages.0.message.content`. */
import type { AiCall, JsonValue, Message } from '../wire.ts';
import { messageListOf, messagesOf } from './ai-messages.ts';
import { numberAt, objectOf, textAt, type Values } from './ai-values.ts';

/** Longer lists are no conversation, and deeper paths no message. */
const MAX_ITEMS = 10_000;
const MAX_DEPTH = 16;

type Tree = { [key: string]: Tree | JsonValue };

function isTree(value: Tree | JsonValue | undefined): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function put(tree: Tree, path: readonly string[], value: JsonValue): void {
  let node = tree;
  for (const step of path.slice(0, -1)) {
    const next = Object.hasOwn(node, step) ? node[step] : undefined;
    if (isTree(next)) node = next;
    else {
      const made = Object.create(null) as Tree;
      node[step] = made;
      node = made;
    }
  }
  const last = path.at(-1);
  if (last !== undefined) node[last] = value;
}

/** An object whose keys are all positions is a list. */
function settle(value: Tree | JsonValue): JsonValue {
  if (!isTree(value)) return value;
  const keys = Object.keys(value);
  const isList = keys.length > 0 && keys.every((key) => /^\d{1,5}$/u.test(key));
  const sorted = isList ? keys.sort((a, b) => Number(a) - Number(b)) : keys;
  const settled = sorted.map((key): readonly [string, JsonValue] => [key, settle(value[key] as Tree | JsonValue)]);
  return isList ? settled.map(([, each]) => each) : Object.fromEntries(settled);
}

/**
 * The list that is written as `{prefix}.{position}.{path}`.
 *
 * @param values attributes
 * @param prefix as in `gen_ai.prompt`
 * @returns its items in order, nested lists as lists; none when there are no such attributes
 * @example
 * indexed(new Map([['gen_ai.prompt.0.content', 'Hello']]), 'gen_ai.prompt'); // [{ content: 'Hello' }]
 */
export function indexed(values: Values, prefix: string): readonly JsonValue[] {
  const tree = Object.create(null) as Tree;
  const start = `${prefix}.`;
  for (const [key, value] of values) {
    if (!key.startsWith(start)) continue;
    const path = key.slice(start.length).split('.');
    if (path.length <= MAX_DEPTH && /^\d{1,5}$/u.test(path[0] ?? '')) put(tree, path, value);
  }
  const list = settle(tree);
  return Array.isArray(list) ? list.slice(0, MAX_ITEMS) : [];
}

/** `{ message: { role, content, contents: [{ message_content: { type, text } }], tool_calls: [{ tool_call }] } }`. */
function messageOf(item: JsonValue, role: string): readonly Message[] {
  const message = objectOf(objectOf(item)?.['message'] ?? item);
  if (message === undefined) return messagesOf(item, role);
  const contents = message['contents'];
  const calls = message['tool_calls'];
  return messagesOf(
    {
      ...message,
      ...(Array.isArray(contents)
        ? { content: contents.map((each) => objectOf(each)?.['message_content'] ?? each) }
        : {}),
      ...(Array.isArray(calls) ? { tool_calls: calls.map((each) => objectOf(each)?.['tool_call'] ?? each) } : {}),
    },
    role,
  );
}

/**
 * What was said: the messages, else the whole input and output.
 *
 * @param values the span's attributes
 * @returns messages in order
 * @example
 * readOpenInferenceMessages(new Map([['input.value', 'Hello']])); // [{ role: 'user', text: 'Hello' }]
 */
export function readOpenInferenceMessages(values: Values): readonly Message[] {
  const asked = indexed(values, 'llm.input_messages').flatMap((item) => messageOf(item, 'user'));
  const answered = indexed(values, 'llm.output_messages').flatMap((item) => messageOf(item, 'assistant'));
  const embedded = indexed(values, 'embedding.embeddings').flatMap((item) =>
    messagesOf(objectOf(objectOf(item)?.['embedding'])?.['text'], 'user'),
  );
  const input = [...asked, ...embedded];
  return [
    ...(input.length > 0 ? input : messageListOf(values.get('input.value'), 'user')),
    ...(answered.length > 0
      ? answered
      : messageListOf(embedded.length > 0 ? undefined : values.get('output.value'), 'assistant')),
  ];
}

/**
 * What a search or a reranker found.
 *
 * @param values the span's attributes
 * @returns documents in order; undefined when there are none
 * @example
 * readOpenInferenceDocuments(new Map([['retrieval.documents.0.document.id', 'a']])); // [{ id: 'a' }]
 */
export function readOpenInferenceDocuments(values: Values): AiCall['documents'] {
  const found = [...indexed(values, 'retrieval.documents'), ...indexed(values, 'reranker.output_documents')];
  if (found.length === 0) return undefined;
  return found.map((item) => {
    const document = new Map(Object.entries(objectOf(objectOf(item)?.['document']) ?? {}));
    const id = textAt(document, 'id');
    const text = textAt(document, 'content');
    const score = numberAt(document, 'score');
    return { ...(id && { id }), ...(text && { text }), ...(score !== undefined && { score }) };
  });
}
