/** Traces generators: the span opens with the first step and ends with the last, and every step runs inside it. */
import { context } from '@opentelemetry/api';
import { abandonedStreams } from './body.ts';
import { type ActiveSpanOptions, type OpenSpan, openSpan } from './span.ts';

type Step = (...args: unknown[]) => unknown;

/**
 * Says whether calling a function makes a generator.
 *
 * @param fn any function
 * @returns `true` for `function*` and `async function*`, methods included
 */
export function isGeneratorFunction(fn: unknown): boolean {
  const tag = Object.prototype.toString.call(fn);
  return tag === '[object GeneratorFunction]' || tag === '[object AsyncGeneratorFunction]';
}

function isDone(result: unknown): boolean {
  return (result as IteratorResult<unknown> | undefined)?.done === true;
}

/** Runs one step inside the span and ends it when that was the last one. */
function runStep(open: OpenSpan | undefined, step: () => unknown): unknown {
  if (open === undefined) return step();
  let result: unknown;
  try {
    result = context.with(open.context, step);
  } catch (thrown) {
    open.end({ thrown });
    throw thrown;
  }
  if (!(result instanceof Promise)) {
    if (isDone(result)) open.end();
    return result;
  }
  return result.then(
    (settled: unknown) => {
      if (isDone(settled)) open.end();
      return settled;
    },
    (thrown: unknown) => {
      open.end({ thrown });
      throw thrown;
    },
  );
}

/**
 * Calls a generator function and traces what it gives. The generator is the same object: only its `next`, `return` and
 * `throw` are replaced. One that is never stepped opens no span; one that is left in
 * the middle ends its span when it is collected.
 *
 * @param name span name
 * @param options kind and attributes
 * @param make calls the generator function
 * @returns the generator
 * @throws what `make` throws, unchanged
 */
export function traceGenerator<R>(name: string, options: ActiveSpanOptions, make: () => R): R {
  const generator = make();
  // Apart from the generator, so that what is told of its end does not keep it alive.
  const state: { open?: OpenSpan | undefined; started: boolean } = { started: false };
  for (const method of ['next', 'return', 'throw'] as const) {
    const original = (generator as unknown as Record<string, unknown>)[method] as Step;
    const replacement: Step = (...args) => {
      if (!state.started && method === 'next') state.open = openSpan(name, options);
      state.started = true;
      return runStep(state.open, () => Reflect.apply(original, generator, args));
    };
    Object.defineProperty(generator, method, { value: replacement, configurable: true, writable: true });
  }
  abandonedStreams.register(generator as object, () => state.open?.end());
  return generator;
}
