import { inspect } from 'node:util';
import { readTraceLine } from '@/lib/tracing/boot/trace-line.ts';

const TRACE = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  operation: 'chat.turn',
  duration: '12ms',
  status: 'OK',
};
const LINE = {
  timestamp: '2025-08-16T15:27:07.073Z',
  level: 'INFO',
  message: 'TRACE: chat.turn',
  trace: TRACE,
  attributes: { 'service.name': 'shop', 'thread.id': `it's "7"\\8` },
  events: [{ name: 'chat.turn.start', timestamp: 1_755_358_027_061 }],
};
const SPAN = {
  traceId: TRACE.traceId,
  spanId: TRACE.spanId,
  parentSpanId: undefined,
  operation: 'chat.turn',
  endMillis: Date.UTC(2025, 7, 16, 15, 27, 7, 73),
  durationMillis: 12,
  failed: false,
  attributes: LINE.attributes,
  events: [{ name: 'chat.turn.start', timeMillis: 1_755_358_027_061 }],
};
const text = JSON.stringify(LINE);
/** As Convex's console prints a text (`object-inspect`). */
const printed = `'${text.replace(/['\\]/g, '\\$&')}'`;

it.each<[where: string, line: string]>([
  ['as it is', text],
  ['with carriage return', `${text}\r`],
  ['behind a prefix', `8/16/2025, 3:27:07 PM [CONVEX A(chat:send)] [LOG] ${printed}`],
  ['in the log stream of Convex', JSON.stringify({ topic: 'console', message: printed, log_level: 'LOG' })],
  ['in a field of another logger', JSON.stringify({ level: 'info', message: text })],
  ['in a field of a field', JSON.stringify({ message: JSON.stringify({ message: text }) })],
  ['as Node prints it inside a list', inspect([text], { breakLength: Infinity })],
])('a line is found %s', (_where, line) => {
  expect(readTraceLine(line)).toEqual({ kind: 'span', span: SPAN });
});

it('a line may have little', () => {
  const { attributes: _attributes, events: _events, ...little } = LINE;
  const parentSpanId = '00f067aa0ba902b8';
  const failed = { ...little, trace: { ...TRACE, parentSpanId, duration: '0.5ms', status: 'ERROR' } };
  expect(readTraceLine(JSON.stringify(failed))).toEqual({
    kind: 'span',
    span: { ...SPAN, parentSpanId, durationMillis: 0.5, failed: true, attributes: {}, events: [] },
  });
});

it.each([
  '',
  'GET / 200',
  '{"message":"hello"}',
  'TRACE: a word of another logger',
  JSON.stringify({ message: 'TRACE: x' }),
])('another line is left alone: %s', (line) => {
  expect(readTraceLine(line)).toEqual({ kind: 'other' });
});

const changed = (change: object, trace: object = {}): string =>
  JSON.stringify({ ...LINE, trace: { ...TRACE, ...trace }, ...change });

it.each<[line: string, problem: string]>([
  [text.slice(0, 200), 'it is no whole JSON object; was it cut off?'],
  [changed({ trace: 'none' }), 'trace should be an object, got "none"'],
  [changed({ timestamp: undefined }), 'timestamp should be a date, got nothing'],
  [changed({ timestamp: 'soon' }), 'timestamp should be a date, got "soon"'],
  [changed({}, { traceId: 'unique-trace-id' }), 'trace.traceId should be 32 hexadecimal digits, not all zero, got "unique-trace-id"'], // prettier-ignore
  [changed({}, { traceId: '0'.repeat(32) }), `trace.traceId should be 32 hexadecimal digits, not all zero, got "${'0'.repeat(32)}"`], // prettier-ignore
  [changed({}, { spanId: 7 }), 'trace.spanId should be 16 hexadecimal digits, not all zero, got 7'],
  [changed({}, { parentSpanId: null }), 'trace.parentSpanId should be 16 hexadecimal digits, not all zero, got null'],
  [changed({}, { operation: '' }), 'trace.operation should be a name, got ""'],
  [changed({}, { duration: '12s' }), 'trace.duration should be milliseconds, such as "42ms", got "12s"'],
  [changed({}, { duration: '-1ms' }), 'trace.duration should be milliseconds, such as "42ms", got "-1ms"'],
  [changed({}, { status: 'ada@example.com' }), 'trace.status should be "OK" or "ERROR", got "[REDACTED]"'],
  [changed({ events: {} }), 'events should be a list, got {}'],
  [
    changed({ events: [{ name: 'a' }] }),
    'an event should have a name and a timestamp in milliseconds, got {"name":"a"}',
  ],
  [changed({}, { status: 'x'.repeat(1000) }), `trace.status should be "OK" or "ERROR", got "${'x'.repeat(39)}`],
])('what is wrong with a line is said: %#', (line, problem) => {
  expect(readTraceLine(line)).toEqual({ kind: 'bad', problem });
});
