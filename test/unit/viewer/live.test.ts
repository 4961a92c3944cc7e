/** The hub on a clock of the test: what is said when, and what to whom is behind. */
import type { DatabaseStore } from '../../../src/viewer/server/index.ts';
import { createLive, type LiveListener } from '../../../src/viewer/server/live.ts';
import type { LiveMessage } from '../../../src/viewer/wire.ts';

const HELLO: LiveMessage = { kind: 'hello', version: '1' };
const RESYNC: LiveMessage = { kind: 'resync' };

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** A store whose rows are their ids, and that counts how often it is asked. */
function fakeStore(fails = false) {
  const asked: (readonly string[])[] = [];
  const query = (_name: string, ids: readonly string[]): Promise<unknown> => {
    asked.push(ids);
    return fails ? Promise.reject(new Error('closed')) : Promise.resolve(ids.map((traceId) => ({ traceId })));
  };
  return { asked, query: query as unknown as DatabaseStore['query'] };
}

function listener() {
  const heard: LiveMessage[] = [];
  const state = { isBehind: false, isClosed: false };
  const listening: LiveListener = {
    send: (message) => heard.push(message),
    isBehind: () => state.isBehind,
    close: () => {
      state.isClosed = true;
    },
  };
  return { heard, state, listening };
}

const pause = () => jest.advanceTimersByTimeAsync(250);
const traces = (versions: Record<string, number>): LiveMessage =>
  ({ kind: 'traces', rows: Object.keys(versions).map((traceId) => ({ traceId })), versions }) as unknown as LiveMessage;

test('what comes within a pause is one message, at most four a second', async () => {
  const store = fakeStore();
  const live = createLive(store, '1');
  const { heard, listening } = listener();
  live.listen(listening);
  for (let millis = 0; millis < 1_000; millis += 10) {
    live.grown({ a: millis });
    await jest.advanceTimersByTimeAsync(10);
  }
  expect([heard.length, store.asked.length]).toEqual([5, 4]);
  expect([heard[0], heard[1]]).toEqual([HELLO, traces({ a: 240 })]);
  live.close();
});

test('a trace that grew and went is only gone', async () => {
  const live = createLive(fakeStore(), '1');
  const { heard, listening } = listener();
  live.listen(listening);
  live.grown({ a: 1, b: 1 });
  live.deleted(['a']);
  await pause();
  expect(heard).toEqual([HELLO, { kind: 'deleted', traceIds: ['a'] }, traces({ b: 1 })]);
  live.close();
});

test('traces that got log records are named once, after those that grew; what is gone has none', async () => {
  const store = fakeStore();
  const live = createLive(store, '1');
  const { heard, listening } = listener();
  live.listen(listening);
  live.logged(['a', 'b']);
  live.logged([]);
  live.grown({ c: 1 });
  live.logged(['b', 'gone']);
  live.deleted(['gone']);
  await pause();
  expect([heard, store.asked]).toEqual([
    [HELLO, { kind: 'deleted', traceIds: ['gone'] }, traces({ c: 1 }), { kind: 'logs', traceIds: ['a', 'b'] }],
    [['c']],
  ]);
  live.close();
});

test('who is behind hears nothing, and of it once when it is no more, though nothing comes', async () => {
  const live = createLive(fakeStore(), '1');
  const slow = listener();
  const quick = listener();
  live.listen(slow.listening);
  live.listen(quick.listening);
  slow.state.isBehind = true;
  live.grown({ a: 1 });
  await pause();
  live.grown({ a: 2 });
  await pause();
  expect([slow.heard, quick.heard]).toEqual([[HELLO], [HELLO, traces({ a: 1 }), traces({ a: 2 })]]);
  slow.state.isBehind = false;
  await pause();
  await pause();
  expect([slow.heard, quick.heard.length]).toEqual([[HELLO, RESYNC], 3]);
  live.grown({ a: 3 });
  await pause();
  expect(slow.heard.at(-1)).toEqual(traces({ a: 3 }));
  live.close();
});

test.each([
  [
    'many grow',
    (live: ReturnType<typeof createLive>, ids: string[]) => live.grown(Object.fromEntries(ids.map((id) => [id, 1]))),
  ],
  ['many log', (live: ReturnType<typeof createLive>, ids: string[]) => live.logged(ids)],
  ['many go', (live: ReturnType<typeof createLive>, ids: string[]) => live.deleted(ids)],
])('when %s at once, everybody asks again', async (_case, act) => {
  const store = fakeStore();
  const live = createLive(store, '1');
  const { heard, listening } = listener();
  live.listen(listening);
  act(
    live,
    Array.from({ length: 300_000 }, (_, index) => String(index)),
  );
  live.grown({ late: 1 });
  await pause();
  expect([heard, store.asked]).toEqual([[HELLO, RESYNC], []]);
  live.close();
});

test('a store that fails is a resync, not silence', async () => {
  const live = createLive(fakeStore(true), '1');
  const { heard, listening } = listener();
  live.listen(listening);
  live.grown({ a: 1 });
  await pause();
  expect(heard).toEqual([HELLO, RESYNC]);
  live.close();
});

test('with nobody listening the store is not asked and nothing is kept', async () => {
  const store = fakeStore();
  const live = createLive(store, '1');
  live.grown({ a: 1 });
  await pause();
  const { heard, listening } = listener();
  const stop = live.listen(listening);
  await pause();
  expect([heard, store.asked]).toEqual([[HELLO], []]);
  stop?.();
  live.grown({ a: 2 });
  await pause();
  expect(store.asked).toEqual([]);
});

test('a hundred listen, the next is told, and all are told of the end', () => {
  const live = createLive(fakeStore(), '1');
  const all = Array.from({ length: 101 }, () => listener());
  const stops = all.map(({ listening }) => live.listen(listening));
  expect([stops.filter((stop) => stop !== undefined).length, all[100]?.heard]).toEqual([100, []]);
  live.close();
  expect(all.filter(({ state }) => state.isClosed).length).toBe(100);
});
