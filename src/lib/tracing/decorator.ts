/** The `@Trace` decorator: on methods and on classes, in the legacy form (TypeScript's flag) and in the standard one. */
import type { SpanKind } from '@opentelemetry/api';
import type { AttributeInput } from './attributes.ts';
import { isGeneratorFunction, traceGenerator } from './generator.ts';
import { guarded } from './guard.ts';
import { type AnyFunction, standForOnce } from './likeness.ts';
import { type ActiveSpanOptions, withActiveSpan } from './span.ts';

/** How a decorated method is traced. */
export interface TraceOptions {
  /** Default: INTERNAL. */
  readonly kind?: SpanKind;
  /** Recorded on each span; a function makes them from the call's arguments. */
  readonly attributes?: AttributeInput | ((...args: never[]) => AttributeInput);
}

/** What `Trace` gives back: it fits wherever a decorator may stand. */
export interface TraceDecorator {
  <T>(target: object, key: string | symbol, descriptor: TypedPropertyDescriptor<T>): TypedPropertyDescriptor<T> | void;
  <C extends abstract new (...args: never[]) => unknown>(target: C): C | void;
  <V>(value: V, context: DecoratorContext): V | void;
}

type Naming = string | ((self: unknown) => string);

function attributesOf(options: TraceOptions, self: unknown, args: readonly unknown[]): AttributeInput | undefined {
  const { attributes } = options;
  if (typeof attributes !== 'function') return attributes;
  return guarded('making the attributes of a method', () => Reflect.apply(attributes, self, args) as AttributeInput);
}

function traceMethod(original: AnyFunction, naming: Naming, options: TraceOptions): AnyFunction {
  const describe = (self: unknown, args: readonly unknown[]): ActiveSpanOptions => ({
    attributes: attributesOf(options, self, args),
    ...(options.kind === undefined ? {} : { kind: options.kind }),
  });
  const nameFor = (self: unknown): string =>
    typeof naming === 'string' ? naming : (guarded('naming a method', () => naming(self)) ?? 'anonymous');
  const run = isGeneratorFunction(original) ? traceGenerator : withActiveSpan;
  return standForOnce(original, (self, args) =>
    run(nameFor(self), describe(self, args), () => Reflect.apply(original, self, args)),
  );
}

function isConstructor(value: object): boolean {
  try {
    // With `new.target` taken from it, a value has to be a constructor; it is not run.
    Reflect.construct(Object, [], value as new () => object);
    return true;
  } catch {
    return false;
  }
}

function isMethod(value: unknown): value is AnyFunction {
  // Methods and arrow functions construct nothing; classes, bound ones too, do, and must stay what they are.
  return typeof value === 'function' && !isConstructor(value);
}

function traceClass(target: object, name: string | undefined, options: TraceOptions): void {
  const { prototype, name: className } = target as { prototype: object; name: string };
  for (const holder of [prototype, target]) {
    for (const key of Reflect.ownKeys(holder)) {
      const descriptor = Object.getOwnPropertyDescriptor(holder, key);
      const value: unknown = descriptor?.value;
      if (key === 'constructor' || !descriptor?.configurable || !isMethod(value)) continue;
      const spanName = `${name ?? className}.${String(key)}`;
      Object.defineProperty(holder, key, { ...descriptor, value: traceMethod(value, spanName, options) });
    }
  }
}

function classNameOf(target: unknown): string {
  const owner = typeof target === 'function' ? target : (target as { constructor?: unknown } | null)?.constructor;
  return typeof owner === 'function' && owner.name !== '' ? owner.name : 'anonymous';
}

function decorateLegacy(
  target: object,
  key: PropertyKey,
  descriptor: PropertyDescriptor,
  name: string | undefined,
  options: TraceOptions,
): PropertyDescriptor {
  const spanName = name ?? `${classNameOf(target)}.${String(key)}`;
  const traced = { ...descriptor };
  if (typeof descriptor.value === 'function') {
    traced.value = traceMethod(descriptor.value as AnyFunction, spanName, options);
  } else {
    const getter: unknown = Reflect.get(descriptor, 'get');
    traced.get = traceMethod(getter as AnyFunction, spanName, options);
  }
  return traced;
}

function decorateStandard(
  value: unknown,
  context: DecoratorContext,
  name: string | undefined,
  options: TraceOptions,
): unknown {
  const naming: Naming = name ?? ((self) => `${classNameOf(self)}.${String(context.name)}`);
  switch (context.kind) {
    case 'class':
      return traceClass(value as object, name, options);
    case 'method':
    case 'getter':
      return traceMethod(value as AnyFunction, naming, options);
    case 'accessor': {
      return { get: traceMethod(Reflect.get(value as object, 'get') as AnyFunction, naming, options) };
    }
    case 'field':
      return (initial: unknown) =>
        typeof initial === 'function' ? traceMethod(initial as AnyFunction, naming, options) : initial;
    default:
      throw misplaced(name);
  }
}

function misplaced(name: string | undefined): TypeError {
  return new TypeError(`throughline: @Trace(${name ?? ''}) stands on something that is no method, getter or class`);
}

function isStandardContext(value: unknown): value is DecoratorContext {
  return typeof value === 'object' && value !== null && typeof (value as DecoratorContext).kind === 'string';
}

/**
 * Traces a method, or every method of a class (static ones too; getters only where they are decorated themselves). Works
 * on sync and async methods, generators and async generators, static methods and getters; `this`, `name`, `length`, own
 * properties and `reflect-metadata` stay as they were. Give the name: production builds minify class names.
 *
 * @param name the span's name, or for a class the part before the dot. Default: class and method
 * @param options kind, and attributes (fixed, or made from the arguments)
 * @returns a decorator in the legacy and in the standard form
 * @throws TypeError, when decorating, for what is neither a method, a getter nor a class
 * @example
 * class MyService {
 *   @Trace('MyService.processData', { attributes: (input: string) => ({ size: input.length }) })
 *   async processData(input: string): Promise<string> {
 *     return input.toUpperCase();
 *   }
 * }
 * await new MyService().processData('abc'); // 'ABC'
 */
export function Trace(name?: string, options: TraceOptions = {}): TraceDecorator {
  const decorate = (target: unknown, second?: unknown, third?: unknown): unknown => {
    if (isStandardContext(second)) return decorateStandard(target, second, name, options);
    const descriptor = third as PropertyDescriptor | undefined;
    if (typeof descriptor?.value === 'function' || typeof Reflect.get(Object(descriptor), 'get') === 'function') {
      return decorateLegacy(target as object, second as PropertyKey, descriptor as PropertyDescriptor, name, options);
    }
    if (typeof target === 'function' && second === undefined && third === undefined) {
      return traceClass(target, name, options);
    }
    throw misplaced(name);
  };
  return decorate as TraceDecorator;
}
