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

type Then = (onValue?: unknown, onError?: unknown) => unknown;

function isThenable(value: unknown): value is { then: Then } {
  return (
    value !== null &&
    (typeof value === 'object' || typeof value === 'function') &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}

/** A promise that is nothing but a promise: chaining loses none of its methods. */
function isPlainPromise(value: unknown): value is Promise<unknown> {
  return value instanceof Promise && Object.getPrototypeOf(value) === Promise.prototype;
}

/** Replaces one method of an object, as quietly as a program can. */
function replaceMethod(target: object, name: PropertyKey, method: (...args: never[]) => unknown): void {
  Object.defineProperty(target, name, { value: method, configurable: true, writable: true, enumerable: false });
}

/** Tells the outcome once, whichever of an object's methods it is awaited by. */
function once(outcome: Outcome): Outcome {
  let told = false;
  return {
    value: (value) => {
      if (told) return value;
      told = true;
      return outcome.value(value);
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
function tapThenable(thenable: { then: Then }, own: Context, outcome: Outcome): boolean {
  const original = thenable.then;
  const then: Then = function (this: unknown, onValue, onError) {
    const handOn = (value: unknown): unknown => {
      const seen = outcome.value(value);
      return typeof onValue === 'function' ? (onValue as (value: unknown) => unknown)(seen) : seen;
    };
    const fail = (thrown: unknown): unknown => {
      outcome.failed(thrown);
      if (typeof onError === 'function') return (onError as (thrown: unknown) => unknown)(thrown);
      throw thrown;
    };
    // The continuation belongs to whoever awaits, the work itself to the span.
    const caller = context.active();
    const bound = [context.bind(caller, handOn), context.bind(caller, fail)];
    return context.with(own, () => Reflect.apply(original, this, bound));
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
 * `catch` and `finally` of such objects do not go through `then`, and openai's `withResponse` and `asResponse` give the
 * same result in another form (`genai.md`, B8).
 */
function tapShortcuts(thenable: object, then: Then, own: Context, outcome: Outcome): void {
  const methods = thenable as Record<string, unknown>;
  if (typeof methods['catch'] === 'function') {
    replaceMethod(thenable, 'catch', (onError: unknown) => Reflect.apply(then, thenable, [undefined, onError]));
  }
  if (typeof methods['finally'] === 'function') {
    replaceMethod(thenable, 'finally', (onSettled: () => void) =>
      new Promise((resolve, reject) => Reflect.apply(then, thenable, [resolve, reject])).finally(onSettled),
    );
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

/**
 * Tells the outcome of a result: at once when it is a value, later when it is awaited.
 *
 * @param result what the work returned
 * @param own the context of the span the work belongs to
 * @param outcome what to do then
 * @returns the value itself, the promise to wait for, or the same thenable
 */
export function observeThenable<R>(result: R, own: Context, outcome: Outcome): R {
  if (isPlainPromise(result)) {
    return result.then(
      (value) => outcome.value(value),
      (thrown: unknown) => {
        outcome.failed(thrown);
        throw thrown;
      },
    ) as R;
  }
  let thenable = false;
  try {
    thenable = isThenable(result);
  } catch {
    // A getter that throws will throw again, in the hands of whoever awaits: no thenable for us.
  }
  if (thenable && tapThenable(result as { then: Then }, own, once(outcome))) return result;
  return outcome.value(result);
}
