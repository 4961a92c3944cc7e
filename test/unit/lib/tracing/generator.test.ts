import { trace } from '@opentelemetry/api';
import { Trace, traceSync } from '@/lib/tracing/index.ts';
import { startedTree } from '../../../helpers/started-tree.ts';
import { tree } from '../../../helpers/trace-tree.ts';
import { type TestTracing, bootTracing } from '../../../helpers/test-tracing.ts';

let tracing: TestTracing;
beforeEach(() => {
  tracing = bootTracing();
});
afterEach(() => tracing.stop());

const shown = (...attributes: string[]): Promise<string> => startedTree(tracing, attributes);

class Steps {
  cleaned = 0;

  @Trace('steps', { attributes: (count: number) => ({ count }) })
  *run(count: number): Generator<number, string, string | undefined> {
    try {
      let heard = '';
      for (let step = 1; step <= count; step++) {
        traceSync(`step ${step}`, () => {});
        heard += (yield step) ?? '';
      }
      return `done${heard}`;
    } finally {
      this.cleaned += 1;
    }
  }

  @Trace('later')
  async *later(count: number): AsyncGenerator<number, string, string | undefined> {
    try {
      for (let step = 1; step <= count; step++) {
        await Promise.resolve();
        traceSync(`step ${step}`, () => {});
        yield step;
      }
      return 'done';
    } finally {
      this.cleaned += 1;
    }
  }

  @Trace('failing')
  // oxlint-disable-next-line require-yield -- it fails before
  *failing(): Generator<number> {
    throw new RangeError('boom');
  }

  @Trace('failing later')
  async *failingLater(): AsyncGenerator<number> {
    yield 1;
    throw new RangeError('boom');
  }

  @Trace('all')
  *all(): Generator<number> {
    yield* this.run(1);
    yield* this.run(1);
  }

  @Trace('strict')
  *strict(count = Steps.refuse()): Generator<number> {
    yield count;
  }

  static refuse(): number {
    throw new TypeError('a count is needed');
  }
}

const STEPS = tree(`
  steps INTERNAL count=2
    step 1 INTERNAL
    step 2 INTERNAL
`);

describe('generators', () => {
  it('open a span at the first step and end it at the last, every step inside', async () => {
    const steps = new Steps();
    const generator = steps.run(2);
    const before = await shown();
    expect([generator.next('ignored'), generator.next('!'), generator.next('?'), generator.next()]).toEqual([
      { done: false, value: 1 },
      { done: false, value: 2 },
      { done: true, value: 'done!?' },
      { done: true, value: undefined },
    ]);
    expect([before, await shown('count'), steps.cleaned]).toEqual(['', STEPS, 1]);
  });

  it('leave the context between the steps to whoever runs them', () => {
    const generator = new Steps().run(2);
    generator.next();
    expect(trace.getActiveSpan()).toBe(undefined);
  });

  it('end with an early break, a destructuring, a return and a throw', async () => {
    const steps = new Steps();
    for (const step of steps.run(9)) if (step === 2) break;
    const [first] = steps.run(9);
    const returned = steps.run(9);
    returned.next();
    const thrown = steps.run(9);
    thrown.next();
    expect([first, returned.return('left'), steps.cleaned]).toEqual([1, { done: true, value: 'left' }, 3]);
    expect(() => thrown.throw(new RangeError('boom'))).toThrow('boom');
    expect([await shown('error.type'), steps.cleaned]).toEqual([
      tree(`
        steps INTERNAL
          step 1 INTERNAL
          step 2 INTERNAL
        steps INTERNAL
          step 1 INTERNAL
        steps INTERNAL
          step 1 INTERNAL
        steps INTERNAL ERROR error.type="RangeError"
          step 1 INTERNAL
      `),
      4,
    ]);
  });

  it('go on after a throw that is caught inside', async () => {
    class Patient {
      @Trace('patient')
      *run(): Generator<string> {
        try {
          yield 'first';
        } catch (error) {
          yield `caught ${String(error)}`;
        }
      }
    }
    const generator = new Patient().run();
    expect([generator.next().value, generator.throw('it').value, await shown(), generator.next().done]).toEqual([
      'first',
      'caught it',
      '',
      true,
    ]);
    expect(await shown()).toBe('patient INTERNAL');
  });

  it('open no span when nobody steps them', async () => {
    const steps = new Steps();
    const unused = steps.run(1);
    steps.run(1).return('unused');
    expect([await shown(), steps.cleaned, unused.next().value]).toEqual(['', 0, 1]);
  });

  it('tell what they throw, and fail at the call where they did', async () => {
    const steps = new Steps();
    expect(() => [...steps.failing()]).toThrow('boom');
    expect(() => steps.strict()).toThrow('a count is needed');
    expect(await shown('error.type')).toBe('failing INTERNAL ERROR error.type="RangeError"');
  });

  it('nest where one delegates to another', async () => {
    expect([...new Steps().all()]).toEqual([1, 1]);
    expect(await shown()).toBe(
      tree(`
        all INTERNAL
          steps INTERNAL
            step 1 INTERNAL
          steps INTERNAL
            step 1 INTERNAL
      `),
    );
  });

  it('are what they were: same prototype, spread, helpers of iterators', () => {
    const generator = new Steps().run(3);
    expect([
      Object.prototype.toString.call(generator),
      generator[Symbol.iterator]() === generator,
      Object.keys(generator),
      Array.from(generator, (step) => step * 2),
    ]).toEqual(['[object Generator]', true, [], [2, 4, 6]]);
  });
});

const drain = async (generator: AsyncGenerator<number>, until = Infinity): Promise<number[]> => {
  const got: number[] = [];
  for await (const step of generator) {
    got.push(step);
    if (step === until) break;
  }
  return got;
};

describe('async generators', () => {
  it('run to their end, or to an early break', async () => {
    const steps = new Steps();
    expect([await drain(steps.later(2)), await drain(steps.later(9), 1), steps.cleaned]).toEqual([[1, 2], [1], 2]);
    expect(await shown()).toBe(
      tree(`
        later INTERNAL
          step 1 INTERNAL
          step 2 INTERNAL
        later INTERNAL
          step 1 INTERNAL
      `),
    );
  });

  it('take several steps at once in their order', async () => {
    const generator = new Steps().later(2);
    expect(await Promise.all([generator.next(), generator.next(), generator.next(), generator.next()])).toEqual([
      { done: false, value: 1 },
      { done: false, value: 2 },
      { done: true, value: 'done' },
      { done: true, value: undefined },
    ]);
    expect(await shown()).toBe(
      tree(`
        later INTERNAL
          step 1 INTERNAL
          step 2 INTERNAL
      `),
    );
  });

  it('tell what they throw, and what is thrown into them', async () => {
    await expect(drain(new Steps().failingLater())).rejects.toThrow('boom');
    const generator = new Steps().later(9);
    await generator.next();
    await expect(generator.throw(new TypeError('stop'))).rejects.toThrow('stop');
    expect(await shown('error.type')).toBe(
      tree(`
        failing later INTERNAL ERROR error.type="RangeError"
        later INTERNAL ERROR error.type="TypeError"
          step 1 INTERNAL
      `),
    );
  });

  it('open no span when nobody steps them', async () => {
    const generator = new Steps().later(1);
    await generator.return('unused');
    expect([await shown(), await generator.next()]).toEqual(['', { done: true, value: undefined }]);
  });
});

it('a generator runs unchanged when no span can be started', () => {
  trace.disable();
  trace.setGlobalTracerProvider({
    getTracer: () => {
      throw new Error('no tracer');
    },
  });
  expect([...new Steps().run(2)]).toEqual([1, 2]);
});
