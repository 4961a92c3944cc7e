/** The rules of Convex's default runtime, simulated: what there is not, what stands still, how much a log takes. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { bareRealm, compiled } from './realm.ts';

const MINIFIED = {
  module: { type: 'es6' },
  minify: true,
  jsc: { minify: { compress: { passes: 3, module: true }, mangle: { toplevel: true } } },
} as const;

it('is at most 2 KB when minified', () => {
  const code = compiled(MINIFIED);
  expect([Buffer.byteLength(code) <= 2048, /\bimport\b|\brequire\b/.test(code)]).toEqual([true, false]);
});

it('runs where there is nothing but the language', async () => {
  const { simple, run } = bareRealm();
  const globals = run(
    'Object.getOwnPropertyNames(globalThis).filter((name) => /console|process|perf|Timeout/.test(name))',
  );
  const lines: string[] = [];
  const tracer = simple.createTracer({ write: (line) => lines.push(line) });
  await tracer.withSpan('work', {}, run('async () => 1') as () => Promise<number>);
  expect([globals, lines.map((line) => (JSON.parse(line) as { message: string }).message)]).toEqual([
    [],
    ['TRACE: work'],
  ]);
});

it('says nothing and fails nothing where there is no log at all', async () => {
  const { simple, run } = bareRealm();
  expect(await simple.traceChatTurn('turn', {}, run('async () => "answer"') as () => Promise<string>)).toBe('answer');
  expect(simple.tracer.activeSpans).toHaveLength(0);
});

it('asks for no time, no chance and no storage while it is imported', () => {
  const asked: string[] = [];
  const ask =
    (name: string, answer: unknown) =>
    (...given: unknown[]): unknown => {
      asked.push(name);
      return given.length > 0 ? undefined : answer;
    };
  const watched = {
    AsyncLocalStorage: class extends AsyncLocalStorage<unknown> {
      constructor() {
        super();
        asked.push('storage');
      }
    },
    dateNow: ask('date', 0),
    random: ask('chance', 0),
    performance: { now: ask('ticks', 0) },
    setTimeout: ask('timer', 0),
  };
  const { simple, run } = bareRealm(watched, 'Date.now = dateNow; Math.random = random;');
  const atImport = [...asked];
  simple.traceLLMCall('call', {}, run('() => 1') as () => number);
  expect([atImport, [...new Set(asked)].toSorted()]).toEqual([[], ['chance', 'date', 'storage', 'ticks']]);
});

interface Line {
  readonly timestamp: string;
  readonly trace: { readonly traceId: string; readonly spanId: string; readonly duration: string };
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** What the log of a realm has after one span whose work takes as long as the clocks say. */
async function lineWith(
  globals: Readonly<Record<string, unknown>>,
  dates: readonly number[],
): Promise<Line | undefined> {
  const lines: string[] = [];
  const log = (line: string): void => void lines.push(line);
  const { simple, run } = bareRealm(
    { console: { log }, ...globals },
    `{ const dates = ${JSON.stringify(dates)}; Date.now = () => dates.length > 1 ? dates.shift() : dates[0]; }`,
  );
  await simple.tracer.withSpan('work', {}, run('async () => {}') as () => Promise<void>);
  return lines.map((line) => JSON.parse(line) as Line)[0];
}

const clock = (...times: number[]): { performance: { now: () => number } } => ({
  performance: { now: () => times.shift() ?? Number.NaN },
});

it.each<[where: string, globals: object, dates: number[], duration: string, end: string, frozen: true | undefined]>([
  ['an action', clock(5, 1005.4), [1000, 2000], '1000ms', '1970-01-01T00:00:02.000Z', undefined],
  ['a mutation: the date stands still', clock(5, 12), [1000], '7ms', '1970-01-01T00:00:01.007Z', undefined],
  ['parts of a millisecond', clock(5, 7.6), [1000], '3ms', '1970-01-01T00:00:01.003Z', undefined],
  ['a query: everything stands still', clock(5, 5), [1000], '0ms', '1970-01-01T00:00:01.000Z', true],
  ['a runtime without performance', {}, [1000, 1250], '250ms', '1970-01-01T00:00:01.250Z', undefined],
  ['one without it, whose date stands still', {}, [1000], '0ms', '1970-01-01T00:00:01.000Z', true],
])('takes the time of %s', async (_where, globals, dates, duration, end, frozen) => {
  const line = await lineWith({ ...globals }, dates);
  expect([line?.trace.duration, line?.timestamp, line?.attributes?.['clock.frozen']]).toEqual([duration, end, frozen]);
});

it('makes ids that are valid, whatever chance gives', async () => {
  const ids = async (random: string): Promise<unknown> => {
    const lines: string[] = [];
    const { simple } = bareRealm({ console: { log: (line: string) => lines.push(line) } }, `Math.random = ${random};`);
    simple.tracer.withSpan('work', {}, () => {});
    const { traceId, spanId } = (JSON.parse(lines[0] ?? '{}') as Line).trace;
    return [traceId, spanId];
  };
  expect([await ids('() => 0'), await ids('() => 1 - Number.EPSILON')]).toEqual([
    ['1'.repeat(32), '1'.repeat(16)],
    ['f'.repeat(32), 'f'.repeat(16)],
  ]);
});

/** As Convex writes a text into a log: in quotes, with quotes and backslashes escaped (`object-inspect`). */
const bytesInLog = (line: string): number => Buffer.byteLength(`'${line.replace(/['\\]/g, '\\$&')}'`);

describe('the budget of a log', () => {
  const MAX_LOG_LINES = 256;
  const MAX_LOG_LINE_LENGTH = 32_768;

  function linesOf(work: (log: ReturnType<typeof bareRealm>['simple']['tracer']) => void): string[] {
    const lines: string[] = [];
    const { simple } = bareRealm({ console: { log: (line: string) => lines.push(line) }, AsyncLocalStorage });
    work(simple.tracer);
    return lines;
  }
  const failing = (): never => {
    throw new Error('no');
  };
  const attempt = (work: () => unknown): void => {
    try {
      work();
    } catch {} // what fails here has failed on purpose
  };

  it('holds a trace with more spans than a function may write lines', () => {
    const lines = linesOf(({ withSpan }) =>
      withSpan('top', {}, () => {
        for (let count = 0; count < 300; count++) withSpan('child', {}, () => {});
        for (let count = 0; count < 300; count++) attempt(() => withSpan('failure', {}, failing));
      }),
    ).map((line) => JSON.parse(line) as Line & { message: string });
    const counts: Record<string, number> = {};
    for (const { message } of lines) counts[message] = (counts[message] ?? 0) + 1;
    expect([counts, lines.length < MAX_LOG_LINES, lines.at(-1)?.attributes]).toEqual([
      { 'TRACE: child': 200, 'TRACE: failure': 50, 'TRACE: top': 1 },
      true,
      { 'trace.cut': true },
    ]);
  });

  it('is new for each trace', () => {
    const lines = linesOf(({ withSpan }) => {
      for (let count = 0; count < 300; count++) withSpan('top', {}, () => {});
    });
    expect(lines).toHaveLength(300);
  });

  it.each([
    ['letters', 'a'],
    ['quotes', '"'],
    ['single quotes', "'"],
    ['backslashes', '\\'],
    ['line breaks', '\n'],
    ['Chinese', '漢'],
    ['pictures', '🛒'],
    ['halves of pictures', '\ud83d'],
  ])('holds lines of many %s', (_what, letter) => {
    const long = letter.repeat(50_000);
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`key.${index}`, long]));
    const lines = linesOf(({ withSpan }) => {
      withSpan('one long', { text: long }, () => {});
      withSpan('many long', many, () => {});
      withSpan(long, { fine: true }, () => {});
    });
    expect(lines).toHaveLength(3);
    expect(lines.map((line) => bytesInLog(line) < MAX_LOG_LINE_LENGTH)).toEqual([true, true, true]);
    expect(lines.map((line) => Object.keys(JSON.parse(line) as object).length >= 4)).toEqual([true, true, true]);
  });
});
