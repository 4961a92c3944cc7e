/** Traces server components. Nothing of their props is looked at. */
import { guarded } from '../guard.ts';
import { type AnyFunction, standForOnce } from '../likeness.ts';
import { isTracing } from '../runtime.ts';
import { withActiveSpan } from '../span.ts';

/** A component of the browser is a reference here, which React knows by a mark; a class is constructed, not called. */
function isServerComponent(Component: object): Component is AnyFunction {
  if (typeof Component !== 'function') return false;
  const { prototype } = Component as { prototype?: { isReactComponent?: unknown } };
  const mark: unknown = Reflect.get(Component, '$$typeof');
  return mark !== Symbol.for('react.client.reference') && prototype?.isReactComponent === undefined;
}

/**
 * Traces a server component, async or not: an INTERNAL span of the given name around its own work, not around that of its
 * children. `notFound()`, a component that waits (`use`) and the bailouts of prerendering are no failures. Props are never
 * recorded. While a build prerenders, nothing is opened.
 *
 * @param name the span's name, low in cardinality
 * @param Component a function that takes props. Client components, classes, `memo` and `lazy` are handed back as they are
 * @returns a component with the same name, `displayName` and properties, that gets the props and nothing else
 * @throws TypeError at once for what is no component
 * @example
 * const Reviews = traceServerComponent('Reviews', async ({ id }: { id: string }) => `reviews of ${id}`);
 * await Reviews({ id: 'p-1' }); // 'reviews of p-1'
 */
export function traceServerComponent<C extends object>(name: string, Component: C): C {
  if ((typeof Component !== 'object' && typeof Component !== 'function') || Component === null) {
    throw new TypeError(`throughline: traceServerComponent takes a name and a component, got ${String(Component)}`);
  }
  const original = guarded('looking at a component', () => (isServerComponent(Component) ? Component : undefined));
  if (original === undefined) return Component;
  return standForOnce(original, (self, args) => {
    // A cached component gets no further argument: it would be part of its key.
    const run = (): unknown => Reflect.apply(original, self, args.slice(0, 1));
    return isTracing() ? withActiveSpan(name, {}, run) : run();
  }) as unknown as C;
}
