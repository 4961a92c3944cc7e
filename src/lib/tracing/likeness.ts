/** Makes what stands for a function look like it. */
import { guarded } from './guard.ts';

/** Any function, before it is known what it takes and gives. */
export type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

/** Marks what has a span of its own, so that no call gets two. */
const TRACED = Symbol.for('throughline.traced');

// Names of a function's own properties that say nothing about what it stands for.
const OWN_BY_NATURE = new Set<PropertyKey>(['length', 'name', 'prototype', 'arguments', 'caller', TRACED]);

interface MetadataReflect {
  getOwnMetadataKeys?(target: object): unknown[];
  getOwnMetadata?(key: unknown, target: object): unknown;
  defineMetadata?(key: unknown, value: unknown, target: object): void;
}

/** Its name, its length, what hangs on it, and its `reflect-metadata`. */
function dressLike(wrapper: AnyFunction, original: AnyFunction): void {
  for (const key of Reflect.ownKeys(original)) {
    const descriptor = OWN_BY_NATURE.has(key) ? undefined : Object.getOwnPropertyDescriptor(original, key);
    if (descriptor) Object.defineProperty(wrapper, key, descriptor);
  }
  Object.defineProperty(wrapper, 'name', { value: original.name, configurable: true });
  Object.defineProperty(wrapper, 'length', { value: original.length, configurable: true });
  const metadata = Reflect as MetadataReflect;
  for (const key of metadata.getOwnMetadataKeys?.(original) ?? []) {
    metadata.defineMetadata?.(key, metadata.getOwnMetadata?.(key, original), wrapper);
  }
}

/**
 * Makes a function that stands for another one.
 *
 * @param original what it looks like: `name`, `length`, own properties and `reflect-metadata` are taken over
 * @param run what it does; it gets `this` and the arguments of the call
 * @returns the function; like a method it cannot be constructed
 */
export function standFor(
  original: AnyFunction,
  run: (self: unknown, args: readonly unknown[]) => unknown,
): AnyFunction {
  // Written as a method, because a method constructs nothing and has no `prototype`: neither may what stands for it.
  // oxlint-disable-next-line typescript/unbound-method -- `this` is given by whoever calls it
  const { wrapper } = {
    wrapper(this: unknown, ...args: unknown[]): unknown {
      return run(this, args);
    },
  };
  guarded('making a wrapper look like its function', () => dressLike(wrapper, original));
  return wrapper;
}

/**
 * Makes a function that stands for another one and opens a span for each call of it.
 *
 * @param original as for `standFor`; one that has a span of its own already is handed back as it is
 * @param run what it does, given `this`, the arguments of the call, and the function that stands for the original
 * @returns the function, or the original
 */
export function standForOnce(
  original: AnyFunction,
  run: (self: unknown, args: readonly unknown[], wrapper: AnyFunction) => unknown,
): AnyFunction {
  const isTraced = guarded('looking at a function', () => Object.hasOwn(original, TRACED));
  if (isTraced === true) return original;
  const wrapper: AnyFunction = standFor(original, (self, args) => run(self, args, wrapper));
  return Object.defineProperty(wrapper, TRACED, { value: true });
}
