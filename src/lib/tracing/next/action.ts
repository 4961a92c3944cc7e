/** Traces Server Actions. Nothing of what an action is called with is looked at. */
import { context } from '@opentelemetry/api';
import { guarded } from '../guard.ts';
import { type AnyFunction, standForOnce } from '../likeness.ts';
import { type ServerAction, servedRequest } from '../request.ts';
import { getRuntime, isTracing } from '../runtime.ts';
import { codeAttributes } from '../semconv/code.ts';
import { withActiveSpan } from '../span.ts';

/**
 * The compiler registers what a file with `'use server'` exports, so that the wrapper itself carries the identifier
 * (`registerServerReference` of `react-server-dom`). Without JavaScript in the browser no header names the action.
 */
function actionOf(wrapper: AnyFunction): ServerAction | undefined {
  return guarded('finding a Server Action', () => {
    const id: unknown = Reflect.get(wrapper, '$$id');
    const action = typeof id === 'string' ? getRuntime().actionOf?.(id) : undefined;
    const served = servedRequest(context.active());
    if (served !== undefined) served.action ??= action;
    return action;
  });
}

/**
 * Traces a Server Action: an INTERNAL span of the given name, with the action's name and file where the build knows them.
 * `redirect()` and `notFound()` are no failures. Arguments, form data and results are never recorded. Made for what a file
 * with `'use server'` exports; inside a component, wrap what the action calls.
 *
 * @param name the span's name, low in cardinality
 * @param action the action; it may be bound and given to `useActionState` as before
 * @returns an action with the same `this`, arguments, `name` and `length`, that returns and throws what the action does
 * @throws TypeError at once for what is no function; later whatever the action throws, unchanged
 * @example
 * export const save = traceServerAction('save the profile', async (form: FormData) => {
 *   await db.query('UPDATE users SET name = $1', [form.get('name')]);
 * });
 */
export function traceServerAction<A extends readonly unknown[], R>(
  name: string,
  action: (...args: A) => R,
): (...args: A) => R {
  if (typeof action !== 'function') {
    throw new TypeError(`throughline: traceServerAction takes a name and an action, got ${typeof action}`);
  }
  const original = action as unknown as AnyFunction;
  const traced = standForOnce(original, (self, args, wrapper) => {
    const run = (): unknown => Reflect.apply(original, self, args);
    if (!isTracing()) return run();
    const known = actionOf(wrapper);
    return withActiveSpan(name, known === undefined ? {} : { attributes: codeAttributes(known) }, run);
  });
  return traced as unknown as (...args: A) => R;
}
