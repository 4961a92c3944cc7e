/** The wait for results, seen from close by; what a caller sees of it is in `differential.test.ts`. */
import { type Context, ROOT_CONTEXT, context, createContextKey } from '@opentelemetry/api';
import { type Outcome, observeThenable } from '@/lib/tracing/observe.ts';
import { type TestTracing, bootTracing } from '../../../helpers/test-tracing.ts';

const WHERE = createContextKey('where');
const inSpan = ROOT_CONTEXT.setValue(WHERE, 'in the span');
const where = (): unknown => context.active().getValue(WHERE) ?? 'outside';

let tracing: TestTracing;
beforeEach(() => {
  tracing = bootTracing(); // for its context manager
});
afterEach(() => tracing.stop());

/** Writes down what it is told; hands on what `replace` makes of a value. */
function listener(replace: (value: unknown) => unknown = (value) => value): Outcome & { readonly told: unknown[] } {
  const told: unknown[] = [];
  return {
    told,
    value: <V>(value: V): V => {
      told.push(['value', value]);
      return replace(value) as V;
    },
    failed: (thrown) => void told.push(['failed', thrown]),
  };
}

/** An eager promise of another class, such as Bluebird's: `catch` and `finally` are its own and do not go through `then`. */
class Flow {
  readonly inner: Promise<unknown>;
  constructor(inner: Promise<unknown>) {
    this.inner = inner;
  }
  // oxlint-disable-next-line unicorn/no-thenable -- the thing under test
  then(onValue?: (value: unknown) => unknown, onError?: (thrown: unknown) => unknown): Flow {
    return new Flow(this.inner.then(onValue, onError));
  }
  catch(kind: (abstract new () => Error) | undefined, onError: (thrown: unknown) => unknown): Flow {
    return new Flow(
      this.inner.catch((thrown: unknown) => {
        if (kind === undefined || thrown instanceof kind) return onError(thrown);
        throw thrown;
      }),
    );
  }
  finally(onSettled: () => void): Flow {
    return new Flow(this.inner.finally(onSettled));
  }
  tap(look: (value: unknown) => void): Flow {
    return new Flow(
      this.inner.then((value) => {
        look(value);
        return value;
      }),
    );
  }
}

it('tells a value at once, and a promise when it settles', async () => {
  const outcome = listener((value) => `${String(value)}!`);
  expect(observeThenable('now', inSpan, outcome)).toBe('now!');
  const later = observeThenable(Promise.resolve('later'), inSpan, outcome);
  expect(outcome.told).toEqual([['value', 'now']]);
  await expect(later).resolves.toBe('later!');
  await expect(observeThenable(Promise.reject(new Error('boom')), inSpan, outcome)).rejects.toThrow('boom');
  expect(outcome.told).toEqual([
    ['value', 'now'],
    ['value', 'later'],
    ['failed', new Error('boom')],
  ]);
});

it('tells once however often a thenable is awaited, and gives each waiter the same value', async () => {
  const outcome = listener((value) => ({ instead: value }));
  const thenable = observeThenable(new Flow(Promise.resolve('rows')), inSpan, outcome);
  const [first, second, third] = [await thenable, await thenable, await thenable.finally(() => {})];
  expect([first, second === first, third === first, outcome.told]).toEqual([
    { instead: 'rows' },
    true,
    true,
    [['value', 'rows']],
  ]);
});

it('keeps every way of calling catch and finally, and the class of what they give', async () => {
  const outcome = listener();
  const failing = observeThenable(new Flow(Promise.reject(new RangeError('boom'))), inSpan, outcome);
  // oxlint-disable-next-line promise/valid-params -- this is no native promise
  const caught = failing.catch(TypeError, () => 'wrong').catch(RangeError, () => 'right');
  let settled = 0;
  const value = await caught.finally(() => (settled += 1)).tap(() => {});
  expect([caught instanceof Flow, value, settled, outcome.told]).toEqual([
    true,
    'right',
    1,
    [['failed', new RangeError('boom')]],
  ]);
});

it('runs the work in the span and the continuation where it was written', async () => {
  const seen: unknown[] = [];
  const lazy = {
    // oxlint-disable-next-line unicorn/no-thenable -- the thing under test
    then(onValue: (value: string) => void) {
      seen.push(`the work ${String(where())}`);
      onValue('rows');
    },
  };
  const observed = observeThenable(lazy, inSpan, listener());
  const here: Context = context.active().setValue(WHERE, 'with the caller');
  context.with(here, () => observed.then(() => seen.push(`the continuation ${String(where())}`)));
  await context.with(here, async () => {
    await observed;
    seen.push(`after await ${String(where())}`);
  });
  expect(seen).toEqual([
    'the work in the span',
    'the continuation with the caller',
    'the work in the span',
    'after await with the caller',
  ]);
});

it('does not touch what it cannot change whole: told at once, handed on as it was', async () => {
  const outcome = listener();
  const half = Object.defineProperty(new Flow(Promise.resolve('rows')), 'catch', { value: () => {}, writable: false });
  const sealed = Object.freeze(new Flow(Promise.resolve('rows')));
  expect([
    observeThenable(half, inSpan, outcome) === half,
    observeThenable(sealed, inSpan, outcome) === sealed,
  ]).toEqual([true, true]);
  expect(await Promise.all([half, sealed])).toEqual(['rows', 'rows']);
  expect(outcome.told).toEqual([
    ['value', half],
    ['value', sealed],
  ]);
});

it('asks for `then` once, and hides what it hangs on the object', () => {
  let asked = 0;
  // oxlint-disable-next-line unicorn/no-thenable -- the thing under test
  const thenable = Object.defineProperty({ id: 7 }, 'then', {
    configurable: true,
    get: () => {
      asked += 1;
      return () => {};
    },
  });
  observeThenable(thenable, inSpan, listener());
  expect([asked, Object.keys(thenable)]).toEqual([1, ['id']]);
});

it('hands on what a promise carries, and leaves a promise without anything as it was', async () => {
  const cancelled: string[] = [];
  const own = Object.defineProperties(Promise.resolve(1), {
    cancel: { value: () => cancelled.push('yes') },
    progress: { get: () => 0.5, enumerable: true },
  }) as Promise<number> & { cancel(): void; readonly progress: number };
  const observed = observeThenable(own, inSpan, listener());
  observed.cancel();
  expect([cancelled, observed.progress, Object.keys(observed), await observed]).toEqual([
    ['yes'],
    0.5,
    ['progress'],
    1,
  ]);
});
