/**
 * Watches a result that may come later, without changing it for the one who waits: same value, same rejection, and a
 * thenable that starts only when it is awaited still starts only then.
 */
import { type Context, context } from '@opentelemetry/api';

/** What to do when the result is there. Neither may throw. */
export interface Outcome {
  /** Sees the value and gives back the one to hand on. */
  value<V>(value: V): V;
  failed(thrown: unknown): void;
}

type AnyCallback = (...given: unknown[]) => unknown;
type Then = (onValue?: unknown, onError?: unknown) => unknown;

/** The `then` of a value that can be awaited. Read once: it may be a getter. */
function thenOf(value: unknown): Then | undefined {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return undefined;
  const { then } = value as { then?: unknown };
  return typeof then === 'function' ? (then as Then) : undefined;
}

/** A promise that is nothing but a promise: chaining loses none of its methods. */
function isPlainPromise(value: unknown): value is Promise<unknown> {
  return value instanceof Promise && Object.getPrototypeOf(value) === Promise.prototype;
}

/** Replaces one method of an object, as quietly as a program can. */
function replaceMethod(target: object, name: PropertyKey, method: (...args: never[]) => unknown): void {
  Object.defineProperty(target, name, { value: method, configurable: true, writable: true, enumerable: false });
}

/** Tells the outcome once, whichever of an object's methods it is awaited by, and gives each of them the same value. */
function once(outcome: Outcome): Outcome {
  let told = false;
  let first: unknown;
  let handedOn: unknown;
  return {
    value: <V>(value: V): V => {
      if (!told) {
        told = true;
        first = value;
        handedOn = outcome.value(value);
      }
      return Object.is(first, value) ? (handedOn as V) : value;
    },
    failed: (thrown) => {
      if (!told) outcome.failed(thrown);
      told = true;
    },
  };
}

/**
 * Replaces the methods with which a thenable is awaited by ones that run it in the span's context and tell the outcome.
 * The object stays the same one: Prisma's lazy promises and openai's `APIPromise` keep all they can do.
 */
function tapThenable(thenable: object, original: Then, own: Context, outcome: Outcome): boolean {
  const then: Then = function (this: unknown, onValue, onError) {
    const handOn = (value: unknown, ...more: unknown[]): unknown => {
      const seen = outcome.value(value);
      return typeof onValue === 'function' ? (onValue as AnyCallback)(seen, ...more) : seen;
    };
    const fail = (thrown: unknown, ...more: unknown[]): unknown => {
      outcome.failed(thrown);
      if (typeof onError === 'function') return (onError as AnyCallback)(thrown, ...more);
      throw thrown;
    };
    // The continuation belongs to whoever awaits, the work itself to the span.
    const caller = context.active();
    const bound = [context.bind(caller, handOn), context.bind(caller, fail)];
    try {
      return context.with(own, () => Reflect.apply(original, this, bound));
    } catch (thrown) {
      outcome.failed(thrown);
      throw thrown;
    }
  };
  try {
    replaceMethod(thenable, 'then', then);
    tapShortcuts(thenable, then, own, outcome);
    return true;
  } catch {
    return false; // frozen: it is handed on as it is
  }
}

/**
 * `catch` and `finally` of such objects need not go through `then` (a native promise's do), and openai's `withResponse` and `asResponse` give the
 * same result in another form (openai 7, `core/api-promise`).
 */
function tapShortcuts(thenable: object, then: Then, own: Context, outcome: Outcome): void {
  const methods = thenable as Record<string, unknown>;
  for (const name of ['catch', 'finally'] as const) {
    const original = methods[name];
    if (typeof original !== 'function' || original === Promise.prototype[name]) continue;
    replaceMethod(thenable, name, (...args: unknown[]) => {
      // What `then` gives back is of the same family: its own `catch` keeps every way of being called.
      const chained = Reflect.apply(then, thenable, []) as Record<string, unknown>;
      const method = chained?.[name];
      return typeof method === 'function'
        ? Reflect.apply(method, chained, args)
        : Reflect.apply(Promise.prototype[name] as AnyCallback, Promise.resolve(chained), args);
    });
  }
  for (const name of ['withResponse', 'asResponse']) {
    const original = methods[name];
    if (typeof original !== 'function') continue;
    replaceMethod(thenable, name, async function (this: unknown, ...args: unknown[]) {
      try {
        const answer: unknown = await context.with(own, () => Reflect.apply(original, this ?? thenable, args));
        if (name === 'asResponse') return outcome.value(answer);
        const { data } = answer as { data: unknown };
        return { ...(answer as object), data: outcome.value(data) };
      } catch (thrown) {
        outcome.failed(thrown);
        throw thrown;
      }
    });
  }
}

function followPromise(promise: Promise<unknown>, outcome: Outcome): Promise<unknown> {
  const followed = promise.then(
    (value) => outcome.value(value),
    (thrown: unknown) => {
      outcome.failed(thrown);
      throw thrown;
    },
  );
  // What the program has hung on its promise (`cancel`, say) hangs on the one that takes its place.
  for (const name of Object.getOwnPropertyNames(promise)) {
    void Object.defineProperty(followed, name, Object.getOwnPropertyDescriptor(promise, name) ?? {});
  }
  return followed;
}

/**
 * Tells the outcome of a result: at once when it is a value, later when it is awaited.
 *
 * @param result what the work returned
 * @param own the context of the span the work belongs to
 * @param outcome what to do then
 * @returns the value itself, the promise to wait for, or the same thenable
 */
export function observeThenable<R>(result: R, own: Context, outcome: Outcome): R {
  let told = outcome;
  try {
    if (isPlainPromise(result)) return followPromise(result, outcome) as R;
    const then = thenOf(result);
    if (then !== undefined) {
      told = once(outcome);
      if (tapThenable(result as object, then, own, told)) return result;
    }
  } catch {
    // A Proxy or a getter that throws will throw again, in the hands of whoever uses it: a plain value for us.
  }
  return told.value(result);
}
