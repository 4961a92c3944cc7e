import { notFound, redirect } from 'next/navigation.js';
import { Trace, traceAsync, traceServerAction } from '@/lib/tracing/index.ts';
import { getRuntime } from '@/lib/tracing/runtime.ts';
import { startedTree } from '../../../../helpers/started-tree.ts';
import { type TestTracing, bootTracing } from '../../../../helpers/test-tracing.ts';
import { tree } from '../../../../helpers/trace-tree.ts';

const SHOWN = ['throughline.next.control_flow', 'error.type', 'code.function.name', 'code.file.path'];
const SECRET = 'planted-ada-4711';

let tracing: TestTracing;
beforeEach(() => {
  tracing = bootTracing();
});
afterEach(() => tracing.stop());

/** What React hangs on a function that pages may call (`registerServerReference`). */
function register<F extends object>(action: F, id: string): F {
  return Object.defineProperties(action, {
    $$typeof: { value: Symbol.for('react.server.reference'), configurable: true },
    $$id: { value: id, configurable: true },
    $$bound: { value: null, configurable: true },
  });
}

it('gives one span to a call, whatever it comes to', async () => {
  const calls = [
    traceServerAction('save', async () => traceAsync('write', async () => 1)),
    traceServerAction('leave', async () => redirect('/about')),
    traceServerAction('lose', async () => notFound()),
    traceServerAction('fail', async () => {
      throw new RangeError('full');
    }),
    traceServerAction('fail at once', () => {
      throw new TypeError('at once');
    }),
  ];
  for (const call of calls) await (async () => call())().catch(() => {});
  expect(await startedTree(tracing, SHOWN)).toBe(
    tree(`
      save INTERNAL
        write INTERNAL
      leave INTERNAL throughline.next.control_flow="redirect"
      lose INTERNAL throughline.next.control_flow="not_found"
      fail INTERNAL ERROR error.type="RangeError"
      fail at once INTERNAL ERROR error.type="TypeError"
    `),
  );
});

it('looks like the action, and can be bound', async () => {
  const marks = { revision: 7 };
  const original = Object.assign(async function save(id: string, amount: number, form: FormData) {
    return [id, amount, form.get('name')];
  }, marks);
  const traced = traceServerAction('save', original);
  const form = new FormData();
  form.set('name', 'Ada');
  const bound = traced.bind(null, 'p-1', 2);
  expect([traced.name, traced.length, Object.entries(traced), await bound(form), 'prototype' in traced]).toEqual([
    'save',
    3,
    [['revision', 7]],
    ['p-1', 2, 'Ada'],
    false,
  ]);
});

it('is wrapped once, however often', async () => {
  const once = traceServerAction('save', async () => 1);
  class Service {
    @Trace('Service.save')
    async save(): Promise<number> {
      return 1;
    }
  }
  const save: () => Promise<number> = Reflect.get(Service.prototype, 'save');
  expect([traceServerAction('again', once) === once, traceServerAction('again', save) === save]).toEqual([true, true]);
});

it('says which action it is, as soon as the build has registered it', async () => {
  getRuntime().actionOf = (id) => (id === 'a1' ? { id, name: 'save', file: 'app/actions.ts' } : undefined);
  const actions = [
    register(
      traceServerAction('known', async () => 1),
      'a1',
    ),
    register(
      traceServerAction('unknown', async () => 1),
      'b2',
    ),
    traceServerAction('unregistered', async () => 1),
  ];
  for (const action of actions) await action();
  expect(await startedTree(tracing, SHOWN)).toBe(
    tree(`
      known INTERNAL code.function.name="save" code.file.path="app/actions.ts"
      unknown INTERNAL
      unregistered INTERNAL
    `),
  );
});

it('runs the action, also where nobody can say which one it is', async () => {
  getRuntime().actionOf = () => {
    throw new Error('no manifest');
  };
  const action = register(
    traceServerAction('save', async () => 'saved'),
    'a1',
  );
  expect([await action(), await action(), await startedTree(tracing, SHOWN), tracing.messages]).toEqual([
    'saved',
    'saved',
    'save INTERNAL\nsave INTERNAL',
    ['throughline: finding a Server Action failed'],
  ]);
});

it('records nothing of arguments, form data, bound values and results', async () => {
  const form = new FormData();
  form.set('name', SECRET);
  form.set('file', new File([SECRET], `${SECRET}.txt`));
  const action = traceServerAction('save', async (_id: string, _state: object, sent: FormData) => ({
    saved: sent.get('name'),
  }));
  const result = await action.bind(null, SECRET)({ before: SECRET }, form);
  const bytes = await tracing.bytes();
  expect([result, bytes.includes('planted'), bytes.includes('save')]).toEqual([{ saved: SECRET }, false, true]);
});

it.each([undefined, null, 'save', {}])('takes no %p for an action', (given) => {
  expect(() => traceServerAction('save', given as never)).toThrow(
    new TypeError(`throughline: traceServerAction takes a name and an action, got ${typeof given}`),
  );
});
