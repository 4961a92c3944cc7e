import { messagesOf } from '../../../src/viewer/server/ai-messages.ts';
import type { JsonValue } from '../../../src/viewer/wire.ts';

test.each<[what: string, content: JsonValue, text: string | undefined]>([
  ['a text', 'Tea?', 'Tea?'],
  ['a list of parts', [{ type: 'text', text: 'Tea?' }], 'Tea?'],
  ['a list of parts as JSON', '[{"type":"text","text":"Tea?"},{"type":"image_url"}]', 'Tea?\n\n[image_url]'],
  ['an answer that is a list', '[{"id":"t-2","name":"Fjell 2"}]', '[{"id":"t-2","name":"Fjell 2"}]'],
  ['an answer whose things have types', '[{"type":"tent"}]', '[{"type":"tent"}]'],
  ['an answer that is a list of texts', '["Fjell 2"]', '["Fjell 2"]'],
  ['a list of numbers', '[1, 2]', '[1, 2]'],
  ['an empty list', '[]', '[]'],
  ['an object', '{"type":"text"}', '{"type":"text"}'],
  ['numbers among parts', [1, { type: 'text', text: 'of 2' }], '1\n\nof 2'],
  ['nothing', null, undefined],
])('content that is %s', (_what, content, text) => {
  const message = { role: 'tool', ...(text !== undefined && { text }) };
  expect(messagesOf({ role: 'tool', content }, 'user')).toEqual([message]);
});
