import { Trace, traceServerAction, traceServerComponent, withTracing } from '@/lib/tracing/index.ts';
import { type TestTracing, bootTracing } from '../../../helpers/test-tracing.ts';

let tracing: TestTracing;
beforeEach(() => {
  tracing = bootTracing();
});
afterEach(() => tracing.stop());

type Any = (...args: unknown[]) => unknown;

function decorated(work: Any): Any {
  const descriptor = { value: work, configurable: true, writable: true, enumerable: false };
  return (Trace('Service.run')({}, 'run', descriptor) as TypedPropertyDescriptor<Any>).value as Any;
}

const WRAPPERS: readonly (readonly [what: string, wrap: (work: Any) => Any])[] = [
  ['@Trace', decorated],
  ['traceServerAction', (work) => traceServerAction('run', work)],
  ['traceServerComponent', (work) => traceServerComponent('Run', work)],
  ['withTracing', (work) => withTracing(work)],
];

const fail = (): never => {
  throw new Error('not to be touched');
};

describe.each(WRAPPERS)('%s', (_what, wrap) => {
  it('looks like what it stands for', () => {
    const symbol = Symbol('mark');
    const work = (_first: unknown, _second: unknown): void => {};
    Object.defineProperty(work, 'hidden', { value: 1 });
    const stands = wrap(Object.assign(work, { shown: 2, [symbol]: 3 }));
    const own = Object.getOwnPropertyDescriptors(stands);
    expect([
      stands.name,
      stands.length,
      Object.keys(stands),
      Reflect.get(stands, symbol),
      'prototype' in stands,
    ]).toEqual(['work', 2, ['shown'], 3, false]);
    expect(own).toMatchObject({ hidden: { value: 1, enumerable: false, writable: false } });
  });

  it('is bound like it', () => {
    const work: Any = (first) => first;
    const [bare, bound] = [work, wrap(work)].map((one) => one.bind(null, 'first'));
    expect([bound?.(), bound?.name, bound?.length]).toEqual([bare?.(), bare?.name, bare?.length]);
  });

  it('runs a function that cannot be looked at', () => {
    const hostile = new Proxy(() => 'ran', { ownKeys: fail, getOwnPropertyDescriptor: fail });
    expect(wrap(hostile)()).toBe('ran');
  });
});
