import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT_CONTEXT, context, createContextKey } from '@opentelemetry/api';
import { type StreamEnd, watchStream } from '@/lib/tracing/body.ts';
import { type TestTracing, bootTracing } from '../../../helpers/test-tracing.ts';

const WHERE = createContextKey('where');
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const inSpan = ROOT_CONTEXT.setValue(WHERE, 'in the span');

let tracing: TestTracing;
beforeEach(() => {
  tracing = bootTracing(); // for its context manager
});
afterEach(() => tracing.stop());

interface Watched {
  readonly stream: ReadableStream<string>;
  /** What happened, in order: chunks and ends as the watcher was told, and what the source was asked. */
  readonly log: string[];
  feed: ReadableStreamDefaultController<string>;
}

function watch(): Watched {
  const log: string[] = [];
  let feed!: ReadableStreamDefaultController<string>;
  const source = new ReadableStream<string>(
    {
      start: (controller) => void (feed = controller),
      pull: () => void log.push(`pulled ${String(context.active().getValue(WHERE))}`),
      cancel: (reason) => void log.push(`source cancelled: ${String(reason)}`),
    },
    { highWaterMark: 0 },
  );
  const stream = watchStream(source, inSpan, {
    chunk: (chunk) => log.push(`chunk ${chunk}`),
    end: (how: StreamEnd) => log.push(how.kind === 'failed' ? `failed: ${String(how.thrown)}` : how.kind),
  });
  return { stream, log, feed };
}

it('passes chunks on as they are asked for, inside the given context', async () => {
  const { stream, log, feed } = watch();
  const reader = stream.getReader();
  await nextTurn(); // a stream is open one turn after it was made
  expect(log).toEqual([]);
  const first = reader.read();
  feed.enqueue('a');
  await expect(first).resolves.toEqual({ done: false, value: 'a' });
  const second = reader.read();
  feed.close();
  await expect(second).resolves.toEqual({ done: true, value: undefined });
  await reader.closed;
  expect(log).toEqual(['pulled in the span', 'chunk a', 'pulled in the span', 'completed']);
});

it('tells of a cancel once, also when it comes in the middle of a read', async () => {
  const { stream, log } = watch();
  const reader = stream.getReader();
  await nextTurn();
  const pending = reader.read();
  await reader.cancel('enough');
  await expect(pending).resolves.toEqual({ done: true, value: undefined });
  await nextTurn();
  expect(log).toEqual(['pulled in the span', 'cancelled', 'source cancelled: enough']);
});

it.each<readonly [what: string, thrown: unknown]>([
  ['an error', new Error('boom')],
  ['null', null],
  ['undefined', undefined],
])('passes %s on as the reason of a failure', async (_what, thrown) => {
  const { stream, log, feed } = watch();
  const reader = stream.getReader();
  feed.enqueue('a');
  await reader.read();
  feed.error(thrown);
  const reason: unknown = await reader.read().then(
    () => 'no failure',
    (error: unknown) => error,
  );
  expect([Object.is(reason, thrown), log.at(-1)]).toEqual([true, `failed: ${String(thrown)}`]);
});

it('refuses a stream that somebody reads already', () => {
  const stream = new ReadableStream<string>();
  stream.getReader();
  expect(() => watchStream(stream, inSpan, { end: () => {} })).toThrow('ReadableStream is locked');
});

const makeFull = (): ReadableStream<string> => {
  const { stream, feed } = watch();
  feed.enqueue('a');
  feed.enqueue('b');
  feed.close();
  return stream;
};

const readAll = async (stream: ReadableStream<string>): Promise<string> => {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
};

it('lets the stream be piped, teed and iterated', async () => {
  const [left, right] = makeFull().tee();
  const piped = makeFull().pipeThrough(new TransformStream<string, string>());
  expect(await Promise.all([readAll(makeFull()), readAll(left), readAll(right), readAll(piped)])).toEqual([
    'ab',
    'ab',
    'ab',
    'ab',
  ]);
});

it('a stream that is forgotten unread ends when nobody can read it any more: of a model, and of a route', async () => {
  const program = join(process.cwd(), 'test', 'helpers', 'forgotten-stream.ts');
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', program]);
  expect(JSON.parse(stdout)).toEqual(['GET: ended', 'chat iterable: abandoned', 'chat stream: abandoned']);
});
