/**
 * Every wrapper against the bare call: what it returns, what it throws, how often the work runs. Whatever the state of
 * tracing, the program must not be able to tell the difference. One difference is documented: a native promise comes
 * back as another native promise, and a stream handed out by a model as another stream of the same chunks.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import { type Span, type TracerProvider, trace } from '@opentelemetry/api';
import { redirect } from 'next/navigation.js';
import { tracer } from '@/lib/tracing/index.ts';
import { getRuntime } from '@/lib/tracing/runtime.ts';
import { type TestTracing, bootTracing, resetGlobals } from '../../../helpers/test-tracing.ts';
import { SIMPLE_WRAPPERS, WRAPPERS, type Work } from '../../../helpers/wrappers.ts';

const boom = new Error('boom');

class Task extends Promise<unknown> {
  cancelled = false;
  cancel(): void {
    this.cancelled = true;
  }
}

/** A query builder in the style of knex: runs each time it is awaited, and not before. */
class LazyQuery {
  runs = 0;
  // oxlint-disable-next-line unicorn/no-thenable -- the thing under test
  then(onValue?: (value: unknown) => unknown, onError?: (thrown: unknown) => unknown): Promise<unknown> {
    this.runs += 1;
    return Promise.resolve(`rows of run ${this.runs}`).then(onValue, onError);
  }
  catch(onError?: (thrown: unknown) => unknown): Promise<unknown> {
    this.runs += 1;
    return Promise.resolve(`rows of run ${this.runs}`).catch(onError);
  }
}

const fail = (): never => {
  throw boom;
};
const HOSTILE: ProxyHandler<object> = Object.fromEntries(
  ['get', 'has', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor', 'defineProperty', 'set'].map((trap) => [
    trap,
    fail,
  ]),
);

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function* steps(): Generator<string> {
  yield 'a';
}

async function read(stream: ReadableStream<unknown>): Promise<unknown[]> {
  const chunks: unknown[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

/** How a promise or thenable settles, as text. */
async function settled(result: unknown): Promise<string> {
  try {
    return `fulfilled: ${String(await result)}`;
  } catch (thrown) {
    return thrown === boom ? 'rejected: boom' : `rejected: ${String(thrown)}`;
  }
}

interface Return {
  readonly make: () => unknown;
  /** Looks at what came back; by default whether it is what the work returned. */
  readonly look?: (result: never, made: never) => unknown;
  readonly seen: unknown;
}

const RETURNS: Readonly<Record<string, Return>> = {
  'a value': { make: () => 42, seen: true },
  NaN: { make: () => Number.NaN, seen: true },
  undefined: { make: () => undefined, seen: true },
  null: { make: () => null, seen: true },
  'a frozen object': { make: () => Object.freeze({ status: 200 }), seen: true },
  'a function': { make: () => () => 1, seen: true },
  'an object whose getters throw': { make: () => Object.defineProperty({}, 'status', { get: fail }), seen: true },
  'a promise': {
    make: () => Promise.resolve('done'),
    look: async (result: unknown) => [result instanceof Promise, await settled(result)],
    seen: [true, 'fulfilled: done'],
  },
  'a rejected promise': {
    make: () => Promise.reject(boom),
    look: async (result: unknown) => [result instanceof Promise, await settled(result)],
    seen: [true, 'rejected: boom'],
  },
  'a promise with a method of its own': {
    make: () => Object.assign(Promise.resolve('done'), { cancel: () => 'cancelled' }),
    look: async (result: { cancel(): string }) => [result.cancel(), await settled(result)],
    seen: ['cancelled', 'fulfilled: done'],
  },
  'a promise of another realm': {
    make: () => runInNewContext('Promise.resolve("done")') as unknown,
    look: async (result: unknown, made: unknown) => [result === made, await settled(result)],
    seen: [true, 'fulfilled: done'],
  },
  'a thenable awaited twice': {
    make: () => new LazyQuery(),
    look: async (result: LazyQuery, made: LazyQuery) => [
      result === made,
      made.runs,
      await settled(result),
      await settled(result),
      made.runs,
    ],
    seen: [true, 0, 'fulfilled: rows of run 1', 'fulfilled: rows of run 2', 2],
  },
  'a thenable taken by catch': {
    make: () => new LazyQuery(),
    look: async (result: LazyQuery, made: LazyQuery) => [await result.catch(() => 'caught'), made.runs],
    seen: ['rows of run 1', 1],
  },
  'a Promise subclass': {
    make: () => Task.resolve('done'),
    look: async (result: Task, made: Task) => {
      result.cancel();
      const chained = [result.then(String), result.catch(() => {}), result.finally(() => {})];
      return [result === made, made.cancelled, chained.map((one) => one instanceof Task), await settled(result)];
    },
    seen: [true, true, [true, true, true], 'fulfilled: done'],
  },
  'a rejected Promise subclass': {
    make: () => Task.reject(boom),
    look: async (result: Task, made: Task) => {
      let ran = 0;
      const after = result.finally(() => (ran += 1));
      const caught = await result.catch((thrown: unknown) => thrown === boom);
      return [result === made, after instanceof Task, await settled(after), ran, caught, await settled(result)];
    },
    seen: [true, true, 'rejected: boom', 1, true, 'rejected: boom'],
  },
  'a frozen thenable': {
    // oxlint-disable-next-line unicorn/no-thenable -- the thing under test
    make: () => Object.freeze({ then: (onValue: (value: string) => void) => onValue('done') }),
    look: async (result: unknown, made: unknown) => [result === made, await settled(result)],
    seen: [true, 'fulfilled: done'],
  },
  'a thenable whose getter throws': {
    // oxlint-disable-next-line unicorn/no-thenable -- the thing under test
    make: () => Object.defineProperty({}, 'then', { get: fail }),
    look: async (result: unknown, made: unknown) => [result === made, await settled(result)],
    seen: [true, 'rejected: boom'],
  },
  'a thenable whose then throws': {
    // oxlint-disable-next-line unicorn/no-thenable -- the thing under test
    make: () => ({ then: fail }),
    look: async (result: unknown, made: unknown) => [result === made, await settled(result)],
    seen: [true, 'rejected: boom'],
  },
  'a thenable that gives two values': {
    // oxlint-disable-next-line unicorn/no-thenable -- the thing under test
    make: () => ({ then: (onValue: (...values: number[]) => void) => onValue(1, 2) }),
    look: (result: { then(onValue: (...values: number[]) => void): void }) => {
      const values: number[] = [];
      result.then((...given) => values.push(...given));
      return values;
    },
    seen: [1, 2],
  },
  'a Proxy that throws at every touch': { make: () => new Proxy({}, HOSTILE), seen: true },
  'a Proxy of a function that throws at every touch': { make: () => new Proxy(() => {}, HOSTILE), seen: true },
  'a revoked Proxy': { make: revoked, seen: true },
  'a ReadableStream': {
    make: () =>
      new ReadableStream({
        start(controller) {
          for (const chunk of ['a', 'b']) controller.enqueue(chunk);
          controller.close();
        },
      }),
    look: (result: ReadableStream<unknown>) => read(result),
    seen: ['a', 'b'],
  },
  'an async iterable': {
    make: () => ({
      async *[Symbol.asyncIterator]() {
        yield 'a';
        yield 'b';
      },
    }),
    look: async (result: AsyncIterable<string>, made: unknown) => {
      const chunks: string[] = [];
      for await (const chunk of result) chunks.push(chunk);
      return [result === made, chunks];
    },
    seen: [true, ['a', 'b']],
  },
  'a generator': {
    make: () => steps(),
    look: (result: Generator<string>, made: unknown) => [result === made, [...result]],
    seen: [true, ['a']],
  },
  'a Response without a body': { make: () => new Response(null, { status: 204 }), seen: true },
  'a Response of an error': { make: () => Response.error(), seen: true },
};

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('nothing was thrown');
}

const THROWN: Readonly<Record<string, () => unknown>> = {
  'an Error': () => boom,
  'a frozen Error': () => Object.freeze(new Error('frozen')),
  'a string': () => 'text',
  null: () => null,
  undefined: () => undefined,
  zero: () => 0,
  'a symbol': () => Symbol('thrown'),
  'a function': () => () => {},
  'an object whose getters throw': () =>
    Object.defineProperties(
      {},
      Object.fromEntries(
        ['message', 'name', 'stack', 'code', 'cause', 'digest', 'status'].map((key) => [key, { get: fail }]),
      ),
    ),
  'an error that is its own cause': () => {
    const loop = new Error('loop');
    loop.cause = loop;
    return loop;
  },
  'a Response': () => new Response('no', { status: 403 }),
  "Next's redirect": () => thrownBy(() => redirect('/login')),
  'a Proxy that throws at every touch': () => new Proxy({}, HOSTILE),
  'a revoked Proxy': revoked,
};

type Log = Record<string, unknown>;

async function logOf(wrap: (work: Work) => Work): Promise<Log> {
  const log: Log = {};
  for (const [name, { make, look }] of Object.entries(RETURNS)) {
    const made = make();
    let calls = 0;
    const work = wrap(() => {
      calls += 1;
      return made;
    });
    let seen: unknown;
    try {
      const result = Reflect.apply(work, undefined, []);
      seen = look ? await look(result as never, made as never) : Object.is(result, made);
    } catch (thrown) {
      seen = `threw ${String(thrown)}`;
    }
    log[`returns ${name}`] = { seen, calls };
  }
  for (const [name, make] of Object.entries(THROWN)) {
    const thrown = make();
    let calls = 0;
    const work = wrap(() => {
      calls += 1;
      throw thrown;
    });
    let same: unknown = 'returned';
    try {
      Reflect.apply(work, undefined, []);
    } catch (got) {
      same = Object.is(got, thrown);
    }
    log[`throws ${name}`] = { seen: same, calls };
    const promised = wrap(() => Promise.reject(thrown)); // oxlint-disable-line typescript/prefer-promise-reject-errors
    log[`rejects with ${name}`] = {
      seen: await (Reflect.apply(promised, undefined, []) as Promise<unknown>).then(
        () => 'fulfilled',
        (got: unknown) => Object.is(got, thrown),
      ),
    };
  }
  return log;
}

const EXPECTED: Log = {
  ...Object.fromEntries(Object.entries(RETURNS).map(([name, { seen }]) => [`returns ${name}`, { seen, calls: 1 }])),
  ...Object.fromEntries(
    Object.keys(THROWN).flatMap((name): [string, unknown][] => [
      [`throws ${name}`, { seen: true, calls: 1 }],
      [`rejects with ${name}`, { seen: true }],
    ]),
  ),
};

/** A provider of spans that fail whatever is asked of them. */
const brokenSpans: TracerProvider = {
  getTracer: () => ({
    startSpan: () => new Proxy({}, { get: () => fail }) as Span,
    startActiveSpan: fail,
  }),
};

const STATES: Readonly<Record<string, () => TestTracing | undefined>> = {
  booted: () => bootTracing(),
  'booted, nothing sampled': () => bootTracing({ sampling: { ratio: 0 } }),
  'switched off': () => bootTracing({ enabled: false }),
  'with nothing booted': () => {
    resetGlobals();
    return undefined;
  },
  'with a tracer that throws': () => {
    const tracing = bootTracing();
    trace.disable();
    trace.setGlobalTracerProvider({ getTracer: fail });
    return tracing;
  },
  'with spans that throw': () => {
    const tracing = bootTracing();
    trace.disable();
    trace.setGlobalTracerProvider(brokenSpans);
    return tracing;
  },
};

it('the bare calls do what the table says', async () => {
  expect(await logOf((work) => work)).toEqual(EXPECTED);
});

it.each(SIMPLE_WRAPPERS)('$name changes nothing', async ({ wrap }) => {
  expect(await logOf(wrap)).toEqual(EXPECTED);
});

describe.each(Object.entries(STATES))('%s', (_state, enter) => {
  let tracing: TestTracing | undefined;
  beforeEach(() => {
    tracing = enter();
  });
  afterEach(async () => {
    await tracing?.stop();
    resetGlobals();
  });

  it.each(WRAPPERS)('$name changes nothing', async ({ wrap }) => {
    expect(await logOf(wrap)).toEqual(EXPECTED);
  });

  it.each(WRAPPERS.filter(({ forwards }) => forwards))('$name hands on this and the arguments', ({ wrap }) => {
    const self = new Proxy({}, HOSTILE);
    for (const given of [undefined, null, 7, self]) {
      let seen: unknown[] = [];
      const work = wrap(function (this: unknown, ...args) {
        seen = [this, ...args];
      });
      Reflect.apply(work, given, [1, self]);
      expect([Object.is(seen[0], given), seen[1], seen[2] === self]).toEqual([true, 1, true]);
    }
  });

  it('a span that is started by hand can be used', () => {
    const span = tracer.startSpan('by hand', { attributes: { fine: 1 } });
    expect(typeof span.end).toBe('function');
  });
});

describe('spans behind the table', () => {
  it.each(WRAPPERS)('$name leaves no span open', async ({ wrap }) => {
    const tracing = bootTracing();
    await logOf(wrap);
    const ended = (await tracing.spans()).length;
    expect({ open: getRuntime().counters.spansCreated - ended, some: ended > 0 }).toEqual({ open: 0, some: true });
    await tracing.stop();
  });
});

it('a rejection that nobody handles is heard of once, as it is without tracing', async () => {
  const program = join(process.cwd(), 'test', 'helpers', 'dropped-rejections.ts');
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', program]);
  const once = { promise: [1, 0], subclass: [1, 0], foreign: [1, 0] };
  expect(JSON.parse(stdout)).toEqual(
    Object.fromEntries(
      ['bare', ...[...WRAPPERS, ...SIMPLE_WRAPPERS].map(({ name }) => name)].map((name) => [name, once]),
    ),
  );
});
