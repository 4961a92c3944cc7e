import { Component, Suspense, createElement, forwardRef, lazy, memo, use } from 'react';
import { renderToReadableStream } from 'react-dom/server.edge';
import { notFound } from 'next/navigation.js';
import { traceAsync, traceServerComponent } from '@/lib/tracing/index.ts';
import { startedTree } from '../../../../helpers/started-tree.ts';
import { type TestTracing, bootTracing, resetGlobals } from '../../../../helpers/test-tracing.ts';
import { tree } from '../../../../helpers/trace-tree.ts';

const SHOWN = ['throughline.next.control_flow', 'error.type'];
const SECRET = 'planted-ada-4711';

interface Props {
  readonly id: string;
}

let tracing: TestTracing;
beforeEach(() => {
  tracing = bootTracing();
});
afterEach(() => tracing.stop());

it('gives one span to a call, whatever it comes to', async () => {
  const calls = [
    traceServerComponent('Reviews', async ({ id }: Props) => traceAsync('find the reviews', async () => id)),
    traceServerComponent('Price', ({ id }: Props) => id.length),
    traceServerComponent('Lost', async () => notFound()),
    traceServerComponent('Broken', () => {
      throw new RangeError('no such part');
    }),
  ];
  for (const call of calls) await (async () => call({ id: 'p-1' }))().catch(() => {});
  expect(await startedTree(tracing, SHOWN)).toBe(
    tree(`
      Reviews INTERNAL
        find the reviews INTERNAL
      Price INTERNAL
      Lost INTERNAL throughline.next.control_flow="not_found"
      Broken INTERNAL ERROR error.type="RangeError"
    `),
  );
});

it('hands on the props and nothing else, so that a cached component stays cached', () => {
  const seen: unknown[][] = [];
  const Cached = traceServerComponent('Cached', (...given: unknown[]) => void seen.push(given));
  const props = { id: 'p-1' };
  Reflect.apply(Cached, undefined, [props, undefined]);
  Reflect.apply(Cached, undefined, [props, { a: 'ref' }, 3]);
  Reflect.apply(Cached, undefined, []);
  expect([seen, seen[0]?.[0] === props]).toEqual([[[props], [props], []], true]);
});

it('looks like the component', () => {
  const marks = { displayName: 'The Price', defaultProps: { id: 'none' } };
  const Original = Object.assign(function Price({ id }: Props) {
    return id;
  }, marks);
  const traced = traceServerComponent('the price', Original);
  expect([traced.name, traced.length, traced.displayName, traced.defaultProps, 'prototype' in traced]).toEqual([
    'Price',
    1,
    'The Price',
    { id: 'none' },
    false,
  ]);
});

it('follows a component that waits: React calls it once more, and neither call is a failure', async () => {
  let arrive = (_amount: number): void => {};
  const amount = new Promise<number>((resolve) => (arrive = resolve));
  const Stock = traceServerComponent('Stock', (props: { amount: Promise<number> }) => {
    setImmediate(arrive, 7);
    return `${use(props.amount)} in stock`;
  });
  const page = createElement(Suspense, { fallback: '...' }, createElement(Stock, { amount }));
  const stream = await renderToReadableStream(page);
  await stream.allReady;
  expect([(await new Response(stream).text()).includes('7 in stock'), await startedTree(tracing, SHOWN)]).toEqual([
    true,
    'Stock INTERNAL throughline.next.control_flow="suspended"\nStock INTERNAL',
  ]);
});

class Clock extends Component {
  override render(): string {
    return 'noon';
  }
}
const clientReference = Object.defineProperty(() => {}, '$$typeof', { value: Symbol.for('react.client.reference') });
const wrapped = traceServerComponent('Price', () => 1);

it.each<[what: string, given: object]>([
  ['a class', Clock],
  ['a component of the browser', clientReference],
  ['what memo gives', memo(() => null)],
  ['what lazy gives', lazy(async () => ({ default: () => null }))],
  ['what forwardRef gives', forwardRef(() => null)],
  ['what is wrapped already', wrapped],
  ['a Proxy that throws at every touch', new Proxy({}, { get: () => raise(), getPrototypeOf: () => raise() })],
  ['a function behind such a Proxy', new Proxy(() => {}, { get: () => raise(), getOwnPropertyDescriptor: () => raise() })], // prettier-ignore
])('hands back %s as it is', (_what, given) => {
  expect(traceServerComponent('Any', given) === given).toBe(true);
});

function raise(): never {
  throw new Error('not to be touched');
}

it.each([undefined, null, 'Price', 7])('takes no %p for a component', (given) => {
  expect(() => traceServerComponent('Price', given as never)).toThrow(
    new TypeError(`throughline: traceServerComponent takes a name and a component, got ${String(given)}`),
  );
});

it('opens nothing in a build worker, where nothing is booted', async () => {
  await tracing.stop();
  resetGlobals();
  const Still = traceServerComponent('Still', async ({ id }: Props) => id);
  expect(await Still({ id: 'p-1' })).toBe('p-1');
  tracing = bootTracing();
  expect(await tracing.spans()).toEqual([]);
});

it('records nothing of props and of what was rendered', async () => {
  const Reviews = traceServerComponent('Reviews', async ({ id }: Props) => ({ rendered: id }));
  const result = await Reviews({ id: SECRET });
  const bytes = await tracing.bytes();
  expect([result, bytes.includes('planted'), bytes.includes('Reviews')]).toEqual([{ rendered: SECRET }, false, true]);
});
