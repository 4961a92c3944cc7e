/** Server-sent events, however the network cuts them. */
import { EventLines } from '@/lib/tracing/workers-tracing/event-lines.ts';

const STREAM =
  'data: {"response":"Grüße","p":"ab"}\n\n: a remark\ndata: {"response":"","usage":{"prompt_tokens":12}}\r\n\ndata:[DONE]\n\n';

function read(sizes: number): [count: number, told: unknown[]] {
  const told: unknown[] = [];
  const lines = new EventLines((event) => told.push(event));
  const bytes = new TextEncoder().encode(STREAM);
  for (let at = 0; at < bytes.length; at += sizes) lines.add(bytes.slice(at, at + sizes));
  return [lines.count, told];
}

it.each([1, 2, 3, 7, 50, 1000])('are the same in pieces of %d bytes', (size) => {
  expect(read(size)).toEqual([2, [{ response: '', usage: { prompt_tokens: 12 } }]]);
});

it('that never end a line are not kept', () => {
  const lines = new EventLines(() => {});
  for (let at = 0; at < 100; at++) lines.add('x'.repeat(10_000));
  lines.add('\ndata: {"usage":{}}\n');
  expect(lines.count).toBe(1);
});
